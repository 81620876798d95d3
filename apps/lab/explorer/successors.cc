// SPDX-License-Identifier: Apache-2.0
#include "apps/lab/explorer/successors.h"

namespace parley {

void Successors::put_in_flight(std::span<const MessageId> sends,
                               std::vector<MessageId>& into) const {
  for (const MessageId message : sends) {
    const auto at = std::lower_bound(into.begin(), into.end(), message);
    // What can be delivered any number of times is in flight or is not.
    if (duplicates_ && at != into.end() && *at == message) continue;
    into.insert(at, message);
  }
}

const Violation* Successors::make(const GlobalState& state, PrincipalId principal, LocalEvent event,
                                  Taken taken, const Consequence& branch) {
  next_.locals = state.locals;
  next_.locals[principal.value] = branch.local;
  next_.messages = state.messages;
  if (taken.used_up) {
    next_.messages.erase(next_.messages.begin() + static_cast<std::ptrdiff_t>(taken.place));
  }
  put_in_flight(transitions_.sends(branch), next_.messages);
  next_.crashes_left = state.crashes_left - (event.kind() == LocalEvent::Kind::Crash ? 1 : 0);
  const History::Next after = transitions_.history().after(state.history, branch.claim);
  next_.history = after.history;
  return after.violation != nullptr ? after.violation : transitions_.violation(branch);
}

bool Successors::held(const GlobalState& state, const Lease& lease) const {
  return std::any_of(state.locals.begin(), state.locals.end(), [&](LocalId local) {
    const auto held = transitions_.leases_held(local);
    return std::find(held.begin(), held.end(), lease) != held.end();
  });
}

}  // namespace parley
