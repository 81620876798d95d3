// SPDX-License-Identifier: Apache-2.0
//
// A Note is declared once and serves four uses: Prometheus counter, action name
// in the trace and in TLA+, coverage probe in simulation, expectation in a
// scenario test. Protocol code has no other metric, log or test hook.
#pragma once

#include <array>
#include <cstdint>

#include "core/base/bytes.h"

namespace parley {

/// One per kind of note, `inline constexpr` beside the machine that emits it and
/// listed in the plugin's descriptor. Both strings live as long as the plugin.
struct NoteDeclaration {
  const char* name;         ///< snake_case, prefixed with the plugin's name.
  const char* help;         ///< One sentence: what happened, seen from the node.
  const char* fields = "";  ///< Names of `values`, separated by spaces; may be empty.
};

struct Note {
  static constexpr std::size_t values_max = 6;

  const NoteDeclaration* declaration;
  std::array<std::uint64_t, values_max> values{};
  SharedBytes detail{};
};

}  // namespace parley
