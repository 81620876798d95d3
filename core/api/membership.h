// SPDX-License-Identifier: Apache-2.0
//
// Who takes part in one machine instance, as one immutable numbered map.
// Shared by pointer: a million simulated nodes hold one copy.
#pragma once

#include <memory>
#include <vector>

#include "core/base/ids.h"
#include "core/base/principal_set.h"

namespace parley {

struct Membership {
  Epoch epoch{};
  /// Full members: those that vote, verify, contribute.
  PrincipalSet members{};
  /// Those that follow without counting in any quorum.
  PrincipalSet learners{};
  /// The members in protocol order (chain order, ring order). A permutation of
  /// `members`; the first is the leader where a protocol needs one.
  std::vector<PrincipalId> order{};
};

using SharedMembership = std::shared_ptr<const Membership>;

/// The least number of `count` members any two of which sets intersect.
constexpr std::size_t majority(std::size_t count) {
  return count / 2 + 1;
}

}  // namespace parley
