// SPDX-License-Identifier: Apache-2.0
#include "plugins/object/kv/arguments.h"

#include <algorithm>
#include <charconv>
#include <tuple>
#include <utility>

#include "plugins/object/kv/limits.h"

namespace parley::kv {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// Reads one `[...]`, from behind the bracket. Effect: `pattern` starts behind it.
/// One that is not closed ends with the pattern.
bool class_matches(std::string_view& pattern, char c) {
  const auto take = [&pattern] {
    const auto first = static_cast<unsigned char>(pattern.front());
    pattern.remove_prefix(1);
    return first;
  };
  const auto wanted = static_cast<unsigned char>(c);
  const bool negated = pattern.starts_with('^');
  if (negated) take();
  bool found = false;
  while (!pattern.empty()) {
    unsigned char low = take();
    if (low == ']') break;
    if (low == '\\' && !pattern.empty()) {
      found = found || take() == wanted;
      continue;
    }
    unsigned char high = low;
    if (pattern.size() >= 2 && pattern.front() == '-') {
      take();
      high = take();
    }
    if (low > high) std::swap(low, high);
    found = found || (low <= wanted && wanted <= high);
  }
  return found != negated;
}

/// Matches the pattern's first part, which is not a star, with one character.
/// Effect: `pattern` starts behind the part.
bool one_matches(std::string_view& pattern, char c) {
  char first = pattern.front();
  pattern.remove_prefix(1);
  if (first == '?') return true;
  if (first == '[') return class_matches(pattern, c);
  if (first == '\\' && !pattern.empty()) {
    first = pattern.front();
    pattern.remove_prefix(1);
  }
  return first == c;
}

}  // namespace

std::string lower_case(std::string_view word) {
  std::string result{word};
  std::transform(result.begin(), result.end(), result.begin(), lower);
  return result;
}

bool is_word(std::string_view word, std::string_view lower_word) {
  return std::equal(word.begin(), word.end(), lower_word.begin(), lower_word.end(),
                    [](char one, char other) { return lower(one) == other; });
}

std::optional<std::int64_t> parse_integer(std::string_view word) {
  const std::string_view digits = word.substr(word.starts_with('-') ? 1 : 0);
  if (digits.starts_with('0') && word != "0") return std::nullopt;
  std::int64_t number = 0;
  const char* const last = word.data() + word.size();
  const auto [end, failure] = std::from_chars(word.data(), last, number);
  if (failure != std::errc{} || end != last) return std::nullopt;
  return number;
}

bool glob_matches(std::string_view pattern, std::string_view text) {
  // Only the last star passed can have taken too little: those before it left a
  // match of their parts that is as early as can be.
  std::optional<std::pair<std::string_view, std::string_view>> star;
  while (true) {
    if (pattern.starts_with('*')) {
      pattern.remove_prefix(1);
      if (pattern.empty()) return true;
      star = {pattern, text};
      continue;
    }
    if (text.empty() && pattern.empty()) return true;
    if (!text.empty() && !pattern.empty()) {
      if (one_matches(pattern, text.front())) {
        text.remove_prefix(1);
        continue;
      }
    }
    if (!star || star->second.empty()) return false;
    star->second.remove_prefix(1);
    std::tie(pattern, text) = *star;
  }
}

CommandReply ok_reply() {
  return {CommandReply::Status{"OK"}};
}

CommandReply number_reply(std::size_t number) {
  return {static_cast<std::int64_t>(number)};
}

CommandReply text_reply(std::string_view text) {
  return {std::string{text}};
}

CommandReply error(std::string text) {
  return {CommandReply::Failure{"ERR " + std::move(text)}};
}

CommandReply syntax_error() {
  return error("syntax error");
}

CommandReply not_an_integer() {
  return error("value is not an integer or out of range");
}

CommandReply string_too_large() {
  return error("string exceeds maximum allowed size (proto-max-bulk-len)");
}

CommandReply reply_too_large() {
  return error("reply exceeds maximum allowed size (" + std::to_string(reply_size_max) +
               " bytes), ask for less");
}

CommandReply invalid_expire_time(std::string_view command) {
  return error("invalid expire time in '" + std::string{command} + "' command");
}

}  // namespace parley::kv
