// SPDX-License-Identifier: Apache-2.0
#include "core/lang/json_writer.h"

#include "core/base/assert.h"

namespace parley {

std::size_t utf8_sequence_size(std::string_view text) {
  if (text.empty()) return 0;
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  // Overlong forms, surrogates, and what lies beyond U+10FFFF.
  const unsigned second = byte(1);
  if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
      (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F)) {
    return 0;
  }
  return size;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  separate();
  quote(name);
  out_ += ": ";
  after_key_ = true;
  return *this;
}

JsonWriter& JsonWriter::text(std::string_view value) {
  separate();
  quote(value);
  return *this;
}

JsonWriter& JsonWriter::word(std::string_view word) {
  separate();
  out_ += word;
  return *this;
}

JsonWriter& JsonWriter::open(char bracket) {
  separate();
  out_ += bracket;
  levels_have_items_.push_back(false);
  return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
  PARLEY_ASSERT(!levels_have_items_.empty());
  const bool had_items = levels_have_items_.back();
  levels_have_items_.pop_back();
  if (had_items) out_ += '\n' + std::string(levels_have_items_.size() * 2, ' ');
  out_ += bracket;
  return *this;
}

void JsonWriter::separate() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  if (levels_have_items_.empty()) return;
  if (levels_have_items_.back()) out_ += ',';
  levels_have_items_.back() = true;
  out_ += '\n' + std::string(levels_have_items_.size() * 2, ' ');
}

void JsonWriter::quote(std::string_view text) {
  constexpr char digits[] = "0123456789abcdef";
  out_ += '"';
  while (!text.empty()) {
    const std::size_t size = utf8_sequence_size(text);
    const auto first = static_cast<unsigned char>(text.front());
    if (size == 0) {
      out_ += "\\ufffd";
    } else if (first == '"' || first == '\\') {
      out_ += {'\\', text.front()};
    } else if (first == '\n') {
      out_ += "\\n";
    } else if (first < 0x20 || first == 0x7F) {
      out_ += {'\\', 'u', '0', '0', digits[first >> 4], digits[first & 15]};
    } else {
      out_ += text.substr(0, size);
    }
    text.remove_prefix(size == 0 ? 1 : size);
  }
  out_ += '"';
}

}  // namespace parley
