// SPDX-License-Identifier: Apache-2.0
#include "core/host/deployment/units.h"

#include <charconv>
#include <limits>
#include <span>

namespace parley {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t factor;
};

constexpr Unit duration_units[] = {
    {"h", 3'600'000'000'000}, {"m", 60'000'000'000}, {"s", 1'000'000'000},
    {"ms", 1'000'000},        {"us", 1'000},         {"ns", 1},
};
constexpr Unit size_units[] = {
    {"GiB", std::int64_t{1} << 30}, {"MiB", std::int64_t{1} << 20}, {"KiB", 1024}, {"B", 1}};
constexpr Unit drift_units[] = {{"ppm", 1}};

std::optional<std::int64_t> parse(std::string_view text, std::span<const Unit> units) {
  std::int64_t number = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (status != std::errc{} || number < 0) return std::nullopt;
  const std::string_view name = text.substr(static_cast<std::size_t>(end - text.data()));
  for (const Unit& unit : units) {
    if (unit.name != name) continue;
    if (number > std::numeric_limits<std::int64_t>::max() / unit.factor) return std::nullopt;
    return number * unit.factor;
  }
  return std::nullopt;
}

std::string print(std::int64_t value, std::span<const Unit> units) {
  for (const Unit& unit : units) {
    if (value != 0 && value % unit.factor == 0) {
      return std::to_string(value / unit.factor) + std::string{unit.name};
    }
  }
  return std::to_string(value) + std::string{units.back().name};
}

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) {
  const std::optional<std::int64_t> count = parse(text, duration_units);
  if (!count) return std::nullopt;
  return Duration{*count};
}

std::optional<std::int64_t> parse_size(std::string_view text) {
  return parse(text, size_units);
}

std::optional<std::int64_t> parse_drift(std::string_view text) {
  return parse(text, drift_units);
}

std::string duration_text(Duration duration) {
  return duration.count() == 0 ? "0s" : print(duration.count(), duration_units);
}

std::string size_text(std::int64_t bytes) {
  return print(bytes, size_units);
}

}  // namespace parley
