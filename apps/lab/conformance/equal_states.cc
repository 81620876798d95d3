// SPDX-License-Identifier: Apache-2.0
#include "apps/lab/conformance/equal_states.h"

#include <algorithm>

#include "apps/lab/conformance/effect_text.h"
#include "core/base/digest.h"

namespace parley {
namespace {

constexpr std::uint32_t inputs_count = 8;  // Of one comparison.
constexpr std::uint32_t draws_per_step_max = 64;

/// Steps the machine, answers what it draws with the least number, and tells
/// what it did and where it is.
std::string put(Machine& machine, const Input& input) {
  Effects effects;
  machine.step(input, effects);
  std::size_t first = 0;
  for (std::uint32_t i = 0; i < draws_per_step_max; ++i) {
    const bool draws =
        std::any_of(effects.begin() + static_cast<std::ptrdiff_t>(first), effects.end(),
                    [](const Effect& effect) { return std::holds_alternative<Draw>(effect); });
    if (!draws) break;
    first = effects.size();
    machine.step(Drawn{0}, effects);
  }
  return describe(effects) + "state " + to_hex(encoded(machine)) + "\n";
}

std::optional<std::string> compare(const Machine& earlier, const Machine& later,
                                   const std::function<OwnedInput()>& next) {
  const auto one = earlier.clone();
  const auto other = later.clone();
  if (one == nullptr || other == nullptr) return std::nullopt;  // Another rule's business.
  if (encoded(*one) != encoded(*other)) return std::nullopt;    // Likewise: no deep copies.
  for (std::uint32_t i = 0; i < inputs_count; ++i) {
    const OwnedInput put_to_both = next();
    const std::string of_one = put(*one, put_to_both.input);
    const std::string of_other = put(*other, put_to_both.input);
    if (of_one != of_other) return "one did\n" + of_one + "the other\n" + of_other;
  }
  return std::nullopt;
}

}  // namespace

Bytes encoded(const Machine& machine) {
  Bytes out;
  StateWriter writer{out};
  machine.encode(writer);
  return out;
}

std::optional<std::string> EqualStates::add(const Machine& machine,
                                            const std::function<OwnedInput()>& next) {
  const auto [at, is_new] = seen_.try_emplace(encoded(machine));
  Seen& seen = at->second;
  std::optional<std::string> difference;
  if (is_new) {
    seen.first = machine.clone();
  } else {
    if (seen.first != nullptr) difference = compare(*seen.first, machine, next);
    if (!difference && seen.latest != nullptr) difference = compare(*seen.latest, machine, next);
  }
  seen.latest = machine.clone();
  return difference;
}

}  // namespace parley
