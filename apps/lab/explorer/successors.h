// SPDX-License-Identifier: Apache-2.0
//
// All that can happen next in a global state: the semantics of exploration.
//
//   deliver   any message in flight reaches its destination, and is used up
//             unless duplicates are explored
//   timer     any running timer fires, except a lease's Wait while the lease
//             is held anywhere
//   call      a client makes its next call
//   crash     a principal loses its memory and starts again from its log
//
// Each is one transition per outcome of its Draws. A message that is never
// delivered needs no transition of its own.
#pragma once

#include <algorithm>
#include <functional>

#include "apps/lab/explorer/global_state.h"
#include "apps/lab/explorer/transitions.h"

namespace parley {

/// One transition, as numbers.
struct Step {
  PrincipalId principal;
  LocalId local;  ///< Where the principal was.
  LocalEvent event;
  std::uint32_t branch;
};

class Successors {
 public:
  /// `transitions` outlives it.
  Successors(Transitions& transitions, bool duplicates)
      : transitions_(transitions), duplicates_(duplicates) {}

  /// Effect: appends to `into` what the branch puts in flight, keeping it sorted.
  void put_in_flight(std::span<const MessageId> sends, std::vector<MessageId>& into) const;

  /// Calls visit(step, successor, violation) for each transition; it returns
  /// whether to go on. The successor is valid during the call only.
  template <class Visit>
  void for_each(const GlobalState& state, Visit&& visit) {
    for (std::size_t i = 0; i < state.messages.size(); ++i) {
      if (i > 0 && state.messages[i] == state.messages[i - 1]) continue;
      const MessageId message = state.messages[i];
      const Taken taken{i, !duplicates_};
      const LocalEvent event = LocalEvent::of(LocalEvent::Kind::Deliver, message);
      if (!each_branch(state, transitions_.destination(message), event, taken, visit)) return;
    }
    for (std::uint32_t i = 0; i < state.locals.size(); ++i) {
      const LocalId local = state.locals[i];
      // By position: stepping may move the list.
      for (std::size_t own = 0; own < transitions_.own_events(local).size(); ++own) {
        const OwnEvent next = transitions_.own_events(local)[own];
        if (next.waits_for && held(state, *next.waits_for)) continue;
        if (!each_branch(state, PrincipalId{i}, next.event, {}, visit)) return;
      }
      if (state.crashes_left == 0 || !transitions_.can_crash(local)) continue;
      const LocalEvent crash = LocalEvent::of(LocalEvent::Kind::Crash);
      if (!each_branch(state, PrincipalId{i}, crash, {}, visit)) return;
    }
  }

 private:
  /// The message that an event uses up, by its place among those in flight.
  struct Taken {
    std::size_t place = 0;
    bool used_up = false;
  };

  template <class Visit>
  bool each_branch(const GlobalState& state, PrincipalId principal, LocalEvent event, Taken taken,
                   Visit& visit) {
    const LocalId local = state.locals[principal.value];
    const std::span<const Consequence> branches = transitions_.branches(local, event);
    for (std::uint32_t i = 0; i < branches.size(); ++i) {
      const Violation* violation = make(state, principal, event, taken, branches[i]);
      if (!visit(Step{principal, local, event, i}, next_, violation)) return false;
    }
    return true;
  }

  /// Effect: next_ becomes the state after the branch. Returns what it violates.
  const Violation* make(const GlobalState& state, PrincipalId principal, LocalEvent event,
                        Taken taken, const Consequence& branch);
  bool held(const GlobalState& state, const Lease& lease) const;

  Transitions& transitions_;
  bool duplicates_;
  GlobalState next_;
};

}  // namespace parley
