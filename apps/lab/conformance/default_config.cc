// SPDX-License-Identifier: Apache-2.0
#include "apps/lab/conformance/default_config.h"

#include <array>
#include <charconv>
#include <limits>
#include <span>

namespace parley {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t factor;
};

constexpr std::array<Unit, 6> duration_units = {{{"ns", 1},
                                                 {"us", 1'000},
                                                 {"ms", 1'000'000},
                                                 {"s", 1'000'000'000},
                                                 {"min", 60'000'000'000},
                                                 {"h", 3'600'000'000'000}}};
constexpr std::array<Unit, 5> size_units = {
    {{"", 1}, {"B", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}}};

std::optional<std::int64_t> parse_with_unit(std::string_view text, std::span<const Unit> units) {
  std::int64_t number = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (status != std::errc{} || number < 0) return std::nullopt;
  std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  while (!unit.empty() && unit.front() == ' ') unit.remove_prefix(1);
  for (const Unit& known : units) {
    if (unit != known.name) continue;
    if (number > std::numeric_limits<std::int64_t>::max() / known.factor) return std::nullopt;
    return number * known.factor;
  }
  return std::nullopt;
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t number = 0;
  const char* last = text.data() + text.size();
  const auto [end, status] = std::from_chars(text.data(), last, number);
  if (status != std::errc{} || end != last) return std::nullopt;
  return number;
}

std::optional<std::int64_t> parse_number(parley_field_type type, std::string_view text) {
  if (type == PARLEY_FIELD_SIZE) return parse_with_unit(text, size_units);
  if (type == PARLEY_FIELD_DURATION) return parse_with_unit(text, duration_units);
  return parse_integer(text);
}

PrincipalSet first_three() {
  return {PrincipalId{0}, PrincipalId{1}, PrincipalId{2}};
}

ConfigValue number_value(parley_field_type type, std::int64_t number) {
  if (type == PARLEY_FIELD_DURATION) return Duration{number};
  return number;
}

/// What stands in for a required field, which has no default.
ConfigValue placeholder(const parley_field& field) {
  switch (field.type) {
    case PARLEY_FIELD_BOOL:
      return false;
    case PARLEY_FIELD_STRING:
      return std::string{};
    case PARLEY_FIELD_GROUP:
      return first_three();
    case PARLEY_FIELD_INT:
    case PARLEY_FIELD_SIZE:
    case PARLEY_FIELD_DURATION:
      break;
  }
  return number_value(field.type, field.min);
}

}  // namespace

std::optional<ConfigValue> field_value(const parley_field& field, std::string_view text) {
  switch (field.type) {
    case PARLEY_FIELD_BOOL:
      if (text != "true" && text != "false") return std::nullopt;
      return text == "true";
    case PARLEY_FIELD_STRING:
      return std::string{text};
    case PARLEY_FIELD_GROUP:
      return first_three();
    case PARLEY_FIELD_INT:
    case PARLEY_FIELD_SIZE:
    case PARLEY_FIELD_DURATION:
      break;
  }
  const auto number = parse_number(field.type, text);
  if (!number) return std::nullopt;
  const bool bounded = field.min != field.max;
  if (bounded && (*number < field.min || *number > field.max)) return std::nullopt;
  return number_value(field.type, *number);
}

Config default_config(const parley_plugin& plugin) {
  std::map<std::string, ConfigValue, std::less<>> values;
  for (std::uint32_t i = 0; i < plugin.fields_count; ++i) {
    const parley_field& field = plugin.fields[i];
    std::optional<ConfigValue> value;
    if (field.required == 0 && field.default_value != nullptr) {
      value = field_value(field, field.default_value);
    }
    values.insert_or_assign(field.name, value ? *value : placeholder(field));
  }
  return Config{std::move(values)};
}

}  // namespace parley
