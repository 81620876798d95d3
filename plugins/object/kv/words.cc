// SPDX-License-Identifier: Apache-2.0
#include "plugins/object/kv/words.h"

#include <array>
#include <charconv>

#include "core/base/digest.h"

namespace parley::kv {
namespace {

struct Escape {
  char letter;
  char meaning;
};
constexpr std::array escapes =
    std::to_array<Escape>({{'n', '\n'}, {'r', '\r'}, {'t', '\t'}, {'b', '\b'}, {'a', '\a'}});

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

char take(std::string_view& line) {
  const char c = line.front();
  line.remove_prefix(1);
  return c;
}

/// What stands behind a backslash inside double quotes.
char take_escaped(std::string_view& line) {
  const char letter = take(line);
  if (letter == 'x' && line.size() >= 2) {
    const int high = hex_digit(line[0]);
    const int low = hex_digit(line[1]);
    if (high >= 0 && low >= 0) {
      line.remove_prefix(2);
      return static_cast<char>(high * 16 + low);
    }
  }
  for (const Escape& escape : escapes) {
    if (escape.letter == letter) return escape.meaning;
  }
  return letter;
}

/// Reads to the closing quote. Effect: the line starts behind it.
bool take_quoted(std::string_view& line, char quote, std::string& word) {
  while (!line.empty()) {
    const char c = take(line);
    if (c == quote) return line.empty() || is_space(line.front());
    const bool escapes_next = c == '\\' && !line.empty() && (quote == '"' || line.front() == '\'');
    if (!escapes_next) {
      word += c;
    } else {
      word += quote == '"' ? take_escaped(line) : take(line);
    }
  }
  return false;
}

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    char letter = c == '"' || c == '\\' ? c : '\0';
    for (const Escape& escape : escapes) {
      if (escape.meaning == c) letter = escape.letter;
    }
    if (letter != '\0') {
      result += '\\';
      result += letter;
    } else if (byte >= 0x20 && byte < 0x7F) {
      result += c;
    } else {
      result += "\\x" + to_hex(ByteView{&byte, 1});
    }
  }
  return result + '"';
}

std::string print(const CommandReply& reply, std::size_t indent);

/// Lines of one thing each, numbered to the same width, behind the same margin.
template <class Items, class Print>
std::string print_items(const Items& items, char mark, std::size_t indent, Print&& print_item) {
  const std::size_t width = std::to_string(items.size()).size();
  std::string lines;
  std::size_t number = 0;
  for (const auto& item : items) {
    std::string label = std::to_string(++number);
    label.insert(0, width - label.size(), ' ');
    if (number > 1) lines += '\n' + std::string(indent, ' ');
    lines += label + mark + ' ' + print_item(item, indent + width + 2);
  }
  return lines;
}

std::string print(const CommandReply& reply, std::size_t indent) {
  return std::visit(
      overloaded{
          [](const CommandReply::Nil&) { return std::string{"(nil)"}; },
          [](std::int64_t number) { return "(integer) " + std::to_string(number); },
          [](const std::string& text) { return quoted(text); },
          [](const CommandReply::Status& status) { return status.text; },
          [](const CommandReply::Failure& failure) { return "(error) " + failure.text; },
          [&](const CommandReply::Array& items) {
            if (items.empty()) return std::string{"(empty array)"};
            return print_items(items, ')', indent, print);
          },
          [&](const CommandReply::Map& entries) {
            if (entries.empty()) return std::string{"(empty hash)"};
            return print_items(entries, '#', indent, [](const auto& entry, std::size_t inner) {
              return print(entry.first, inner) + " => " + print(entry.second, inner);
            });
          },
          [](bool truth) { return std::string{truth ? "(true)" : "(false)"}; },
          [](double number) {
            std::array<char, 32> digits{};
            const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number);
            return "(double) " + std::string(digits.data(), end.ptr);
          },
      },
      reply.value);
}

}  // namespace

std::optional<std::vector<std::string>> split_words(std::string_view line) {
  std::vector<std::string> words;
  while (true) {
    while (!line.empty() && is_space(line.front())) take(line);
    if (line.empty()) return words;
    std::string& word = words.emplace_back();
    while (!line.empty() && !is_space(line.front())) {
      const char c = take(line);
      if (c != '"' && c != '\'') {
        word += c;
      } else if (!take_quoted(line, c, word)) {
        return std::nullopt;
      }
    }
  }
}

std::string print_reply(const CommandReply& reply) {
  return print(reply, 0);
}

}  // namespace parley::kv
