// SPDX-License-Identifier: Apache-2.0
//
// Reads one line of a history as a JSON object whose values are scalars and
// lists, and keeps where each value is, so that a later complaint can point at
// it. No numbers but integers, no nested objects: a history has neither.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "apps/lab/history/event.h"

namespace parley::history {

inline constexpr std::size_t nesting_max = 8;

struct JsonMember {
  std::string name;
  Field name_at;
  Value value;
  Field value_at;
};

/// What is wrong at a column: what was expected and what was found.
struct JsonFault {
  Field at;
  std::string message;
};

using JsonLine = std::variant<std::vector<JsonMember>, JsonFault>;

/// `line` is without its newline. Total: any bytes give members or a fault.
JsonLine parse_json_line(std::string_view line);

}  // namespace parley::history
