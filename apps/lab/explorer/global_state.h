// SPDX-License-Identifier: Apache-2.0
//
// The whole of a deployment at one moment, as numbers: where each principal is,
// what is in flight, what has been decided, how many crashes are still allowed.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "apps/lab/explorer/transitions.h"
#include "core/base/bytes.h"

namespace parley {

struct GlobalState {
  std::vector<LocalId> locals;      ///< By principal.
  std::vector<MessageId> messages;  ///< In flight; sorted, a multiset.
  std::uint32_t history = History::empty;
  std::uint32_t crashes_left = 0;

  friend bool operator==(const GlobalState&, const GlobalState&) = default;
};

/// Effect: appends the state's bytes: equal states of one system, equal bytes.
void append_state(Bytes& out, const GlobalState& state);

/// Effect: `state` becomes what append_state wrote for a system of that many principals.
void read_state(ByteView bytes, std::size_t principals_count, GlobalState& state);

}  // namespace parley
