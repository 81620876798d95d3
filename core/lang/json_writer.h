// SPDX-License-Identifier: Apache-2.0
//
// Writes JSON as text, two spaces deep per level. The caller keeps the order of
// calls sensible: a key before each value of an object. Bytes that are not
// UTF-8 become U+FFFD, so the result always parses.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace parley {

class JsonWriter {
 public:
  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }
  JsonWriter& key(std::string_view name);
  JsonWriter& text(std::string_view value);
  JsonWriter& number(std::int64_t value) { return word(std::to_string(value)); }
  JsonWriter& boolean(bool value) { return word(value ? "true" : "false"); }
  JsonWriter& null() { return word("null"); }

  /// The text, with a newline at its end.
  std::string take() { return std::move(out_) + '\n'; }

 private:
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  JsonWriter& word(std::string_view word);
  void separate();
  void quote(std::string_view text);

  std::string out_;
  std::vector<bool> levels_have_items_;
  bool after_key_ = false;
};

/// The length in bytes of the well-formed UTF-8 sequence that `text` begins with; 0: none.
std::size_t utf8_sequence_size(std::string_view text);

}  // namespace parley
