// SPDX-License-Identifier: Apache-2.0
//
// A key-value object spoken to as over redis-cli, at a moment that the test sets.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/api/command.h"
#include "core/base/digest.h"
#include "plugins/object/kv/kv.h"
#include "plugins/object/kv/limits.h"
#include "plugins/object/kv/words.h"

namespace parley::kv {

inline Bytes snapshot_of(const Object& object) {
  Bytes out;
  object.snapshot(out);
  return out;
}

class KvTest : public testing::Test {
 protected:
  Bytes method(std::vector<std::string> words) const { return encode_command({now_ms, words}); }

  CommandReply call(std::vector<std::string> words) {
    const auto reply = decode_command_reply(object.apply(method(std::move(words))));
    EXPECT_TRUE(reply.has_value());
    return reply.value_or(CommandReply{});
  }
  /// The line's answer, as redis-cli prints it.
  std::string say(std::string_view line) { return print_reply(call(*split_words(line))); }

  KeyValues object;
  std::uint64_t now_ms = 1'000'000;
};

/// Keys of 16 bytes with one hash: the second word undoes what the first did.
inline std::string colliding_key(std::uint64_t number) {
  Fingerprint sum;
  sum.add(std::uint64_t{16});
  sum.add(number);
  const std::uint64_t words[] = {number, sum.value() ^ 0x1234'5678'9ABC'DEF0};
  return {reinterpret_cast<const char*>(words), sizeof(words)};
}

inline constexpr const char* ok = "OK";
inline constexpr const char* nil = "(nil)";
inline constexpr const char* not_integer = "(error) ERR value is not an integer or out of range";
inline constexpr const char* syntax = "(error) ERR syntax error";

inline std::string integer(std::int64_t number) {
  return "(integer) " + std::to_string(number);
}
inline std::string text(const std::string& value) {
  return '"' + value + '"';
}

}  // namespace parley::kv
