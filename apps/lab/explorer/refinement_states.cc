// SPDX-License-Identifier: Apache-2.0
#include "apps/lab/explorer/refinement_states.h"

#include <utility>

#include "core/base/assert.h"

namespace parley {
namespace {

/// Guess of what a checker takes beyond its encoded bytes, for the memory bound.
constexpr std::size_t state_overhead_bytes = 4'096;

}  // namespace

RefinementStates::RefinementStates(const System& system) : system_(system) {
  intern({});
}

std::vector<Performed::Noted> RefinementStates::concerned(
    const std::vector<Performed::Noted>& notes) {
  std::vector<Performed::Noted> found;
  for (const Performed::Noted& noted : notes) {
    if (notes_.concerns(noted.note.declaration)) found.push_back(noted);
  }
  return found;
}

RefinementStates::Next RefinementStates::after(std::uint32_t state, PrincipalId principal,
                                               const std::vector<Performed::Noted>& notes) {
  State next = states_[state];
  for (const Performed::Noted& noted : notes) {
    auto refinement = next.find(noted.instance);
    if (refinement == next.end()) {
      const InstanceRoute* route = system_.instance(noted.instance);
      PARLEY_ASSERT(route != nullptr);
      // The counterexample tells the events, and equal states must not differ in them.
      Refinement made{{.members = route->membership->members,
                       .epoch = route->membership->epoch.value,
                       .recent_max = 0}};
      refinement = next.emplace(noted.instance, std::move(made)).first;
    }
    if (auto violation = refinement->second.on_note(principal, noted.note)) {
      return {state, std::move(violation)};
    }
  }
  return {intern(std::move(next)), std::nullopt};
}

std::size_t RefinementStates::memory() const {
  return numbers_.memory() * 3 + states_.size() * state_overhead_bytes;
}

std::uint32_t RefinementStates::intern(State state) {
  Bytes key;
  Writer writer{key};
  for (const auto& [instance, refinement] : state) {
    writer.varint(instance.value);
    refinement.encode(key);
  }
  const ByteInterner::Number number = numbers_.intern(key);
  if (number.is_new) states_.push_back(std::move(state));
  return number.id;
}

}  // namespace parley
