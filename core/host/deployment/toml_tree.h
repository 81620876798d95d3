// SPDX-License-Identifier: Apache-2.0
//
// A TOML text as a tree in the order of the file, every key and value with its
// place. Keeps the TOML library out of the code that checks deployments, and
// keeps the order that the library's sorted tables lose.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/lang/diagnostics.h"

namespace parley {

struct TomlEntry;

struct TomlValue {
  enum class Kind : std::uint8_t { Table, Array, String, Integer, Float, Boolean, Date };

  Kind kind = Kind::Table;
  SourceSpan span{};  ///< A table's or array's begins at its header or bracket.
  bool boolean = false;
  std::int64_t integer = 0;
  std::string text{};              ///< A string's content; a float or date as printed.
  std::vector<TomlValue> items;    ///< Of an array.
  std::vector<TomlEntry> entries;  ///< Of a table, in the order of the file.

  const TomlEntry* find(std::string_view key) const;
};

struct TomlEntry {
  std::string key;
  SourceSpan key_span;
  TomlValue value;
};

/// "a string", "a table", for messages.
const char* described(TomlValue::Kind kind);

/// The tree of `text`; nullopt after an error, which is then in `diagnostics`.
/// Total: any bytes may come. Places are of source number 0.
std::optional<TomlValue> parse_toml(std::string_view text, Diagnostics& diagnostics);

}  // namespace parley
