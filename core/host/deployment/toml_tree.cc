// SPDX-License-Identifier: Apache-2.0
#include "core/host/deployment/toml_tree.h"

#include <toml++/toml.h>

#include <algorithm>
#include <sstream>

#include "core/base/limits.h"
#include "core/host/deployment/codes.h"

namespace parley {

const TomlEntry* TomlValue::find(std::string_view key) const {
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const TomlEntry& entry) { return entry.key == key; });
  return found == entries.end() ? nullptr : &*found;
}

const char* described(TomlValue::Kind kind) {
  switch (kind) {
    case TomlValue::Kind::Table:
      return "a table";
    case TomlValue::Kind::Array:
      return "an array";
    case TomlValue::Kind::String:
      return "a string";
    case TomlValue::Kind::Integer:
      return "an integer";
    case TomlValue::Kind::Float:
      return "a float";
    case TomlValue::Kind::Boolean:
      return "a boolean";
    case TomlValue::Kind::Date:
      return "a date";
  }
  return "a value";
}

namespace {

// The library recurses once per part of a dotted key, without a bound, and at
// most 256 times into brackets: bounding the parts of one line bounds the stack.
constexpr std::size_t dots_per_line_max = 128;

SourcePlace place(const toml::source_position& position) {
  return {position.line, position.column};
}

SourceSpan span(const toml::source_region& region) {
  return {0, place(region.begin), place(region.end)};
}

template <class Scalar>
std::string printed(const Scalar& scalar) {
  std::ostringstream out;
  out << scalar;
  return out.str();
}

TomlValue convert(const toml::node& node);

void convert_table(const toml::table& table, TomlValue& value) {
  value.kind = TomlValue::Kind::Table;
  value.entries.reserve(table.size());
  for (const auto& [key, child] : table) {
    value.entries.push_back({std::string{key.str()}, span(key.source()), convert(child)});
  }
  std::sort(value.entries.begin(), value.entries.end(),
            [](const TomlEntry& left, const TomlEntry& right) {
              return left.key_span.begin < right.key_span.begin;
            });
}

TomlValue convert(const toml::node& node) {
  TomlValue value;
  value.span = span(node.source());
  if (const toml::table* table = node.as_table()) {
    convert_table(*table, value);
  } else if (const toml::array* array = node.as_array()) {
    value.kind = TomlValue::Kind::Array;
    value.items.reserve(array->size());
    for (const toml::node& item : *array) value.items.push_back(convert(item));
  } else if (const auto* text = node.as_string()) {
    value.kind = TomlValue::Kind::String;
    value.text = text->get();
  } else if (const auto* integer = node.as_integer()) {
    value.kind = TomlValue::Kind::Integer;
    value.integer = integer->get();
  } else if (const auto* boolean = node.as_boolean()) {
    value.kind = TomlValue::Kind::Boolean;
    value.boolean = boolean->get();
  } else if (const auto* real = node.as_floating_point()) {
    value.kind = TomlValue::Kind::Float;
    value.text = printed(real->get());
  } else {
    value.kind = TomlValue::Kind::Date;
  }
  return value;
}

/// The first line with too many dots; 0: none.
std::uint32_t line_too_deep(std::string_view text) {
  std::uint32_t line = 1;
  std::size_t dots = 0;
  for (const char c : text) {
    if (c == '\n') {
      ++line;
      dots = 0;
    } else if (c == '.' && ++dots > dots_per_line_max) {
      return line;
    }
  }
  return 0;
}

bool fits(std::string_view text, Diagnostics& diagnostics) {
  if (text.size() > limits::toml_size_max) {
    diagnostics.error(codes::file_too_large, {},
                      "expected a file of at most " + std::to_string(limits::toml_size_max >> 20) +
                          " MiB, found " + std::to_string(text.size()) + " bytes");
    return false;
  }
  if (const std::uint32_t line = line_too_deep(text); line != 0) {
    diagnostics.error(
        codes::too_deep, {0, {line, 1}, {line, 1}},
        "expected at most " + std::to_string(dots_per_line_max) + " dots in one line, found more");
    return false;
  }
  return true;
}

/// The library says "Error while parsing X: what"; diagnostics are lower case.
std::string message_of(const toml::parse_error& error) {
  std::string message{error.description()};
  constexpr std::string_view opening = "Error while ";
  if (message.starts_with(opening)) message.erase(0, opening.size());
  if (!message.empty() && message[0] >= 'A' && message[0] <= 'Z') {
    message[0] = static_cast<char>(message[0] - 'A' + 'a');
  }
  return message;
}

}  // namespace

std::optional<TomlValue> parse_toml(std::string_view text, Diagnostics& diagnostics) {
  if (!fits(text, diagnostics)) return std::nullopt;
  try {
    const toml::table table = toml::parse(text, std::string_view{});
    TomlValue root;
    convert_table(table, root);
    return root;
  } catch (const toml::parse_error& error) {
    Diagnostic& found =
        diagnostics.error(codes::syntax, span(error.source()), "not TOML: " + message_of(error));
    if (found.message.find("unescaped control") != std::string::npos) {
      found.message = "not TOML: a string is not closed on its line, or holds a control character";
    }
    if (found.message.find("redefine") != std::string::npos) {
      found.suggest("a key may be given once; a table may be opened once");
    }
  }
  return std::nullopt;
}

}  // namespace parley
