// SPDX-License-Identifier: Apache-2.0
#include "apps/lab/history/json_line.h"

#include <charconv>
#include <utility>

#include "core/lang/json_writer.h"

namespace parley::history {
namespace {

/// A recursive descent over the line. After the first fault every function
/// returns at once.
class LineParser {
 public:
  explicit LineParser(std::string_view line) : rest_(line) {}

  JsonLine parse() {
    std::vector<JsonMember> members;
    skip_blanks();
    if (expect('{', "an object: {\"process\": ...")) {
      skip_blanks();
      if (!take('}')) parse_members(members);
    }
    skip_blanks();
    if (!fault_ && !rest_.empty()) refuse("the end of the line after the object");
    if (fault_) return *std::move(fault_);
    return members;
  }

 private:
  void parse_members(std::vector<JsonMember>& members) {
    while (!fault_) {
      JsonMember member;
      skip_blanks();
      member.name_at.begin = column_;
      if (rest_.empty() || rest_.front() != '"') return refuse("a name in quotes");
      member.name = parse_text();
      member.name_at.end = column_;
      skip_blanks();
      if (!expect(':', "':' after the name")) return;
      skip_blanks();
      member.value_at.begin = column_;
      member.value = parse_value(0);
      member.value_at.end = column_;
      members.push_back(std::move(member));
      skip_blanks();
      if (fault_ || take('}')) return;
      if (!expect(',', "',' or '}'")) return;
    }
  }

  Value parse_value(std::size_t depth) {
    if (take_word("null")) return Scalar{Null{}};
    if (take_word("true")) return Scalar{true};
    if (take_word("false")) return Scalar{false};
    if (!rest_.empty() && rest_.front() == '"') return Scalar{parse_text()};
    if (!rest_.empty() && rest_.front() == '[') return parse_list(depth);
    return parse_integer();
  }

  Value parse_list(std::size_t depth) {
    std::vector<Value> list;
    if (depth == nesting_max) {
      refuse("lists at most " + std::to_string(nesting_max) + " deep");
      return {};
    }
    take('[');
    skip_blanks();
    if (take(']')) return list;
    while (!fault_) {
      skip_blanks();
      list.push_back(parse_value(depth + 1));
      skip_blanks();
      if (fault_ || take(']')) break;
      if (!expect(',', "',' or ']'")) break;
    }
    return list;
  }

  Value parse_integer() {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), number);
    const auto size = static_cast<std::size_t>(end - rest_.data());
    if (error == std::errc::result_out_of_range) {
      refuse("an integer of 64 bits", size);
    } else if (error != std::errc{}) {
      refuse("null, true, false, an integer, a text or a list");
    } else if (size < rest_.size() && (rest_[size] == '.' || (rest_[size] | 0x20) == 'e')) {
      refuse("an integer; fractions are compared by nobody alike");
    } else if (rest_[rest_.front() == '-' ? 1 : 0] == '0' && size > 1) {
      refuse("an integer without a leading zero");  // Also -0, which is no other number.
    } else {
      advance(size);
    }
    return Scalar{number};
  }

  std::string parse_text() {
    std::string text;
    take('"');
    while (!fault_) {
      if (rest_.empty()) {
        refuse("'\"' at the end of the text");
      } else if (take('"')) {
        break;
      } else if (rest_.front() == '\\') {
        parse_escape(text);
      } else if (static_cast<unsigned char>(rest_.front()) < 0x20) {
        refuse("control characters as \\u00XX");
      } else if (const std::size_t size = utf8_sequence_size(rest_); size == 0) {
        refuse("UTF-8");
      } else {
        text += rest_.substr(0, size);
        advance_point(size);
      }
    }
    return text;
  }

  void parse_escape(std::string& text) {
    constexpr std::string_view signs = "\"\\/bfnrt";
    constexpr std::string_view meant = "\"\\/\b\f\n\r\t";
    if (rest_.size() > 1 && rest_[1] == 'u') return parse_code_point(text);
    const std::size_t which = rest_.size() > 1 ? signs.find(rest_[1]) : std::string_view::npos;
    if (which == std::string_view::npos)
      return refuse("one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u", 2);
    text += meant[which];
    advance(2);
  }

  void parse_code_point(std::string& text) {
    std::uint32_t point = parse_hex();
    if (fault_) return;
    if (point >= 0xD800 && point < 0xDC00 && rest_.starts_with("\\u")) {
      const std::uint32_t low = parse_hex();
      if (fault_) return;
      if (low < 0xDC00 || low > 0xDFFF) return refuse("the second half of a surrogate pair");
      point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
    }
    if (point >= 0xD800 && point < 0xE000) return refuse("both halves of a surrogate pair");
    append_utf8(text, point);
  }

  /// The number of "\uXXXX", which is taken.
  std::uint32_t parse_hex() {
    std::uint32_t number = 0;
    const std::string_view digits = rest_.substr(std::min<std::size_t>(2, rest_.size()), 4);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
    if (digits.size() < 4 || error != std::errc{} || end != digits.data() + 4) {
      refuse("four hexadecimal digits after \\u", 2);
    } else {
      advance(6);
    }
    return number;
  }

  static void append_utf8(std::string& text, std::uint32_t point) {
    const auto tail = [&](int shift) {
      text += static_cast<char>(0x80 | ((point >> shift) & 0x3F));
    };
    if (point < 0x80) {
      text += static_cast<char>(point);
    } else if (point < 0x800) {
      text += static_cast<char>(0xC0 | (point >> 6));
      tail(0);
    } else if (point < 0x10000) {
      text += static_cast<char>(0xE0 | (point >> 12));
      tail(6), tail(0);
    } else {
      text += static_cast<char>(0xF0 | (point >> 18));
      tail(12), tail(6), tail(0);
    }
  }

  void skip_blanks() {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\t')) advance(1);
  }

  bool take(char sign) {
    if (rest_.empty() || rest_.front() != sign) return false;
    advance(1);
    return true;
  }

  bool take_word(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    advance(word.size());
    return true;
  }

  bool expect(char sign, std::string_view what) {
    if (fault_ || take(sign)) return !fault_;
    refuse(std::string{what});
    return false;
  }

  void advance(std::size_t bytes) {
    rest_.remove_prefix(bytes);
    column_ += static_cast<std::uint32_t>(bytes);
  }

  void advance_point(std::size_t bytes) {
    rest_.remove_prefix(bytes);
    ++column_;
  }

  void refuse(std::string expected, std::size_t width = 1) {
    if (fault_) return;
    std::string found = "the end of the line";
    if (!rest_.empty()) {
      const std::size_t size = utf8_sequence_size(rest_);
      found =
          size == 0 ? "a byte that is not UTF-8" : "'" + std::string{rest_.substr(0, size)} + "'";
    }
    const auto end = column_ + static_cast<std::uint32_t>(width);
    fault_ = JsonFault{{column_, end}, "expected " + std::move(expected) + ", found " + found};
  }

  std::string_view rest_;
  std::uint32_t column_ = 1;
  std::optional<JsonFault> fault_;
};

}  // namespace

JsonLine parse_json_line(std::string_view line) {
  return LineParser{line}.parse();
}

}  // namespace parley::history
