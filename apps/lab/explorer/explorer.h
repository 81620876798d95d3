// SPDX-License-Identifier: Apache-2.0
//
// Exhaustive breadth-first exploration of a deployment's machines: every order
// of every message, timer, call, crash and draw. Counts are exact, for states are
// compared whole; a counterexample is as short as any. What it cannot decide in
// its bounds it says it did not decide. Single-threaded and without a clock.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "apps/lab/explorer/system.h"
#include "core/kernel/invariants.h"

namespace parley {

struct ExploreOptions {
  /// Who calls the object with which method; at most one client per principal.
  struct Client {
    PrincipalId at;
    Bytes method;
  };
  InstanceId object{};  ///< What clients call. Precondition: all of them host it.
  std::vector<Client> clients{};
  std::uint32_t attempts = 1;  ///< Pulls a client may make.
  std::uint32_t crashes = 0;   ///< In one behaviour, over all principals.
  bool duplicates = false;     ///< Messages may be delivered any number of times.
  bool timers = true;
  PrincipalSet symmetric{};  ///< Principals that may be exchanged.
  /// What backends note of refinement is checked, and is part of the states: there
  /// are more of them. Not together with symmetry, for it names principals.
  bool refinement = false;

  std::uint64_t depth_max = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t states_max = std::numeric_limits<std::uint64_t>::max();
  std::size_t memory_max = std::size_t{8} << 30;
};

/// Why these options cannot be explored; nullopt when they can.
std::optional<std::string> options_fault(const System& system, const ExploreOptions& options);

/// A shortest way to break an invariant, in words.
struct Counterexample {
  struct Step {
    std::string principal;
    std::string event;
    std::vector<std::string> effects;  ///< Notes, messages, decisions, answers.
  };
  Violation violation;
  std::vector<Step> starts;  ///< What the machines did when they started, if anything.
  std::vector<Step> steps;   ///< The last one breaks the invariant.
};

struct Exploration {
  std::uint64_t states = 0;            ///< Distinct; with symmetry, one per orbit.
  std::uint64_t states_unreduced = 0;  ///< The sum of the orbits' sizes.
  std::uint64_t initial_states = 0;
  std::uint64_t transitions = 0;  ///< Generated, leading to new states or known ones.
  std::uint64_t depth = 0;        ///< Of the deepest state found.
  std::uint64_t frontier = 0;     ///< States found but not looked at.
  std::uint64_t local_states = 0;
  std::uint64_t messages = 0;  ///< Different ones.
  std::size_t memory_bytes = 0;
  std::vector<std::string> bounds_hit{};  ///< Empty: everything was looked at.
  std::optional<Counterexample> counterexample{};

  bool exhausted() const { return bounds_hit.empty() && !counterexample; }
};

/// Called now and then with the counts so far; false stops the exploration.
using ExploreProgress = std::function<bool(const Exploration& so_far)>;

/// Precondition: options_fault finds nothing. `system` outlives the call.
Exploration explore(const System& system, const ExploreOptions& options,
                    const ExploreProgress& progress = {});

}  // namespace parley
