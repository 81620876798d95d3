// SPDX-License-Identifier: Apache-2.0
//
// Replies as bytes of the Redis protocol, version 2 or 3. Pure.
#pragma once

#include <string>

#include "core/api/command.h"

namespace parley::resp {

enum class Protocol : std::uint8_t { Resp2 = 2, Resp3 = 3 };

/// What version 2 has no form for becomes: a map, its keys and values in turn; a
/// truth value, 1 or 0; a number with a point, a string. Line ends in a status or
/// an error, which would end it early, become spaces.
void append_reply(std::string& out, const CommandReply& reply, Protocol protocol);

/// The answer of an EXEC that a WATCH prevented: no array.
void append_null_array(std::string& out, Protocol protocol);

// Replies in short.
inline CommandReply ok_reply() {
  return {CommandReply::Status{"OK"}};
}
inline CommandReply failure(std::string text) {
  return {CommandReply::Failure{std::move(text)}};
}
inline CommandReply number_reply(std::uint64_t number) {
  return {static_cast<std::int64_t>(number)};
}

}  // namespace parley::resp
