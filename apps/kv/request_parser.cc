// SPDX-License-Identifier: Apache-2.0
#include "apps/kv/request_parser.h"

#include <charconv>
#include <utility>

namespace parley::resp {
namespace {

/// Room for a sign, a number of 64 bits and the line's end.
constexpr std::size_t header_max = 32;
/// The buffer's front is given back when so much of it has been taken.
constexpr std::size_t taken_max = std::size_t{64} << 10;

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\v' || c == '\f' || c == '\0';
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// The character that the escape at `line[at]`, a backslash, stands for inside
/// double quotes. Effect: moves `at` to the escape's last character.
char unescape(std::string_view line, std::size_t& at) {
  if (at + 3 < line.size() && line[at + 1] == 'x' && hex_digit(line[at + 2]) >= 0 &&
      hex_digit(line[at + 3]) >= 0) {
    at += 3;
    return static_cast<char>(hex_digit(line[at - 1]) * 16 + hex_digit(line[at]));
  }
  switch (const char escaped = line[++at]) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'b':
      return '\b';
    case 'a':
      return '\a';
    default:
      return escaped;
  }
}

/// A quoted part from `line[at]`, its opening quote, on. Effect: moves `at` behind
/// the closing one. False: there is none.
bool take_quoted(std::string_view line, std::size_t& at, std::string& word) {
  const char quote = line[at++];
  for (; at < line.size(); ++at) {
    if (line[at] == quote) return ++at, true;
    const bool escapes = line[at] == '\\' && at + 1 < line.size();
    if (escapes && quote == '"') {
      word += unescape(line, at);
    } else if (escapes && line[at + 1] == '\'') {
      word += line[++at];
    } else {
      word += line[at];
    }
  }
  return false;
}

}  // namespace

void RequestParser::receive(ByteView bytes) {
  if (fault_.empty()) buffer_.append(text_of(bytes));
}

std::optional<Words> RequestParser::next() {
  while (fault_.empty() && at_ < buffer_.size()) {
    if (words_left_ == 0) {
      const bool array = buffer_[at_] == '*';
      if (!(array ? read_count() : read_inline())) break;
    } else if (!read_word()) {
      break;
    }
    if (words_left_ > 0 || words_.empty() || !fault_.empty()) continue;
    words_bytes_ = 0;
    drop_taken();
    return std::exchange(words_, {});
  }
  drop_taken();
  return std::nullopt;
}

/// "*N": an array of so many words begins. False: more bytes are needed, or it is
/// malformed, as for all of these.
bool RequestParser::read_count() {
  const std::optional<std::int64_t> count = read_number("multibulk length");
  if (!count) return false;
  if (*count > 0 && static_cast<std::uint64_t>(*count) > limits_.words_max) {
    fail("invalid multibulk length: at most " + std::to_string(limits_.words_max) +
         " words are accepted, found " + std::to_string(*count));
    return false;
  }
  // An array of none, or less, is no request at all.
  words_left_ = *count > 0 ? static_cast<std::size_t>(*count) : 0;
  words_.reserve(words_left_ < 64 ? words_left_ : 64);
  return true;
}

/// "$N", then N bytes and a line's end.
bool RequestParser::read_word() {
  if (!word_size_) {
    if (buffer_[at_] != '$') {
      const char found = buffer_[at_];
      const bool printable = found >= ' ' && found <= '~';
      fail(std::string{"expected '$', got '"} + (printable ? found : '?') + '\'');
      return false;
    }
    const std::optional<std::int64_t> size = read_number("bulk length");
    if (!size) return false;
    if (*size < 0 || static_cast<std::uint64_t>(*size) > limits_.bulk_max) {
      fail("invalid bulk length: 0 to " + std::to_string(limits_.bulk_max) +
           " bytes are accepted, found " + std::to_string(*size));
      return false;
    }
    word_size_ = static_cast<std::size_t>(*size);
  }
  if (buffered() < *word_size_ + 2) return false;
  if (buffer_[at_ + *word_size_] != '\r' || buffer_[at_ + *word_size_ + 1] != '\n') {
    fail("expected CRLF behind a bulk string of " + std::to_string(*word_size_) + " bytes");
    return false;
  }
  std::string word = buffer_.substr(at_, *word_size_);
  at_ += *word_size_ + 2;
  word_size_.reset();
  --words_left_;
  return add_word(std::move(word));
}

bool RequestParser::add_word(std::string word) {
  words_bytes_ += word.size();
  if (words_bytes_ > limits_.request_max || words_.size() >= limits_.words_max) {
    fail("request too long: at most " + std::to_string(limits_.request_max) + " bytes in " +
         std::to_string(limits_.words_max) + " words are accepted");
    return false;
  }
  words_.push_back(std::move(word));
  return true;
}

/// The number between a type's character and the line's end.
std::optional<std::int64_t> RequestParser::read_number(const char* what) {
  const std::string_view rest = std::string_view{buffer_}.substr(at_, header_max);
  const std::size_t end = rest.find('\n');
  if (end == std::string_view::npos) {
    if (rest.size() == header_max) fail(std::string{"invalid "} + what);
    return std::nullopt;
  }
  std::int64_t number = 0;
  const char* const last = rest.data() + end - 1;
  const auto [stop, status] = std::from_chars(rest.data() + 1, last, number);
  if (end < 3 || *last != '\r' || status != std::errc{} || stop != last) {
    fail(std::string{"invalid "} + what);
    return std::nullopt;
  }
  at_ += end + 1;
  return number;
}

/// A command as a person types it: words on one line.
bool RequestParser::read_inline() {
  const std::size_t end = buffer_.find('\n', at_ + scanned_);
  const std::size_t size = end == std::string::npos ? buffered() : end - at_;
  if (size > inline_max) {
    fail("too big inline request: at most " + std::to_string(inline_max) + " bytes are accepted");
    return false;
  }
  if (end == std::string::npos) {
    scanned_ = size;
    return false;
  }
  scanned_ = 0;
  const bool good = split_inline(std::string_view{buffer_}.substr(at_, size));
  at_ = end + 1;
  return good;
}

bool RequestParser::split_inline(std::string_view line) {
  for (std::size_t at = 0; at < line.size();) {
    if (is_space(line[at])) {
      ++at;
      continue;
    }
    std::string word;
    while (at < line.size() && !is_space(line[at])) {
      const bool quoted = line[at] == '"' || line[at] == '\'';
      if (!quoted) {
        word += line[at++];
        continue;
      }
      const bool closed = take_quoted(line, at, word);
      if (closed && (at == line.size() || is_space(line[at]))) break;
      fail("unbalanced quotes in request");
      return false;
    }
    if (word.size() > limits_.bulk_max) {
      fail("invalid bulk length: at most " + std::to_string(limits_.bulk_max) +
           " bytes are accepted, found " + std::to_string(word.size()));
      return false;
    }
    if (!add_word(std::move(word))) return false;
  }
  return true;
}

void RequestParser::fail(std::string what) {
  fault_ = "Protocol error: " + std::move(what);
}

void RequestParser::drop_taken() {
  if (!fault_.empty()) {
    buffer_.clear();
    at_ = 0;
    words_.clear();
  } else if (at_ == buffer_.size()) {
    buffer_.clear();
    at_ = 0;
  } else if (at_ > taken_max) {
    buffer_.erase(0, at_);
    at_ = 0;
  }
}

}  // namespace parley::resp
