// SPDX-License-Identifier: Apache-2.0
//
// What the port knows of an object's commands, learnt from the object itself: it
// is asked once, on an empty copy, what COMMAND answers. Pure.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/kv/request_parser.h"
#include "core/api/command.h"
#include "core/api/object.h"

namespace parley::resp {

/// Lower case, as Redis names commands.
std::string lower_case(std::string_view text);
bool equal_words(std::string_view left, std::string_view right);

struct KeyVersion {
  std::string_view key;
  std::string_view version;
};
/// PARLEY.EXEC, the number of watched keys, each with its version, then for each
/// command its number of words and its words: a method that runs all commands,
/// unless a watched key has another version.
Bytes encode_exec(std::uint64_t stamp_ms, const std::vector<KeyVersion>& watched,
                  const std::vector<const Words*>& commands);
/// PARLEY.BATCH, then the commands in the same form: a method that runs them in
/// order, at least the first, and as many as there is room for their replies.
Bytes encode_batch(std::uint64_t stamp_ms, const std::vector<const Words*>& commands);

class DataCommands {
 public:
  /// `object` outlives this.
  explicit DataCommands(const Object& object);

  /// In lower case, sorted.
  const std::vector<std::string>& names() const { return names_; }

  struct Judgement {
    std::size_t index;  ///< Position in names(), or its size for an unknown command.
    /// Why the object would refuse the command whatever its state is: it does not
    /// know it, or the number of words is wrong. nullopt: it may take it.
    std::optional<CommandReply> refusal{};
  };
  Judgement judge(const Words& words) const;
  /// Whether the object knows PARLEY.BATCH.
  bool has_batch() const { return known_.contains("parley.batch"); }
  /// What an empty object answers.
  CommandReply ask_empty(const Words& words) const;

 private:
  struct Known {
    std::size_t index;   ///< Position in names().
    std::int64_t arity;  ///< With the name; negative: at least so many.
  };

  const Object& object_;
  std::vector<std::string> names_;
  std::map<std::string, Known, std::less<>> known_;
};

}  // namespace parley::resp
