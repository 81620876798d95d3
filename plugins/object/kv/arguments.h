// SPDX-License-Identifier: Apache-2.0
//
// What the words of a command mean: numbers, options and patterns, as strictly as
// Redis reads them, and the errors that say what was wrong with them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/api/command.h"

namespace parley::kv {

using Words = std::span<const std::string_view>;

std::string lower_case(std::string_view word);
/// Whether the words are equal but for the case of letters. `lower` has none above.
bool is_word(std::string_view word, std::string_view lower);

/// Decimal, with no sign but a minus, no leading zero and nothing else.
std::optional<std::int64_t> parse_integer(std::string_view word);

/// Whether text matches a glob of `*`, `?`, `[a-z]`, `[^x]` and `\`. Takes time in
/// the product of both sizes at most.
bool glob_matches(std::string_view pattern, std::string_view text);

CommandReply ok_reply();
CommandReply number_reply(std::size_t number);
/// A bulk string.
CommandReply text_reply(std::string_view text);
/// `ERR text`
CommandReply error(std::string text);
CommandReply syntax_error();
CommandReply not_an_integer();
CommandReply string_too_large();
CommandReply reply_too_large();
CommandReply invalid_expire_time(std::string_view command);

}  // namespace parley::kv
