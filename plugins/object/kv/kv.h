// SPDX-License-Identifier: Apache-2.0
//
// The object behind the Redis port: keys, values and deadlines, changed by the
// data commands of Redis. A method is an encoded Command, a result an encoded
// CommandReply (core/api/command.h); every error is a reply.
//
// Time is the latest stamp of a method that may write. A method that only reads
// sees the keys as they are at its own stamp, if that is later, and changes nothing.
#pragma once

#include "core/api/object.h"
#include "plugins/object/kv/keys.h"

namespace parley::kv {

class KeyValues final : public Object {
 public:
  Bytes apply(ByteView method) override;
  void snapshot(Bytes& out) const override { write_snapshot(state_, out); }
  bool restore(ByteView snapshot) override { return read_snapshot(snapshot, state_); }
  /// O(1): shares the tree.
  std::unique_ptr<Object> clone() const override { return std::make_unique<KeyValues>(*this); }

  /// True of everything that can only be answered with an error, too.
  bool reads_only(ByteView method) const override;
  /// The one key that all of the method is about, if that is not empty.
  std::optional<Bytes> partition(ByteView method) const override;

  /// A command line as redis-cli takes it (`set k "two words"`), at the stamp 0.
  /// nullopt: quotes that do not match, no command, or the wrong number of words.
  std::optional<Bytes> parse_method(std::string_view words) const override;
  /// As redis-cli prints it.
  std::string describe(ByteView result) const override;

 private:
  State state_;
};

}  // namespace parley::kv
