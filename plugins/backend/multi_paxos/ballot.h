// SPDX-License-Identifier: Apache-2.0
//
// Logical time of multi_paxos, and how many members elect and commit.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/api/membership.h"
#include "core/base/limits.h"
#include "plugins/backend/multi_paxos/mutation.h"

namespace parley::multi_paxos {

/// round * principals_count_max + the proposer: unique per attempt, also across
/// changes of members, and its owner can be read off it. Rounds count from 1; 0
/// is before every ballot.
using Ballot = std::uint64_t;
/// Position in the replicated log, from 1.
using Index = std::uint64_t;

inline constexpr std::uint64_t owners_max = limits::principals_count_max;
/// Branches carry the round in their upper bits.
inline constexpr unsigned branch_counter_bits = 36;
inline constexpr std::uint64_t rounds_max = std::uint64_t{1} << (64 - branch_counter_bits);
/// Larger ones are malformed, so that arithmetic on ballots cannot overflow.
inline constexpr Ballot ballot_max = rounds_max * owners_max - 1;
inline constexpr Index index_max = std::uint64_t{1} << 62;

constexpr PrincipalId owner_of(Ballot ballot) {
  return PrincipalId{static_cast<std::uint32_t>(ballot % owners_max)};
}

constexpr std::uint64_t round_of(Ballot ballot) {
  return ballot / owners_max;
}

/// The least ballot of `owner` above `floor`. May exceed ballot_max, never overflows.
constexpr Ballot next_ballot(Ballot floor, PrincipalId owner) {
  const Ballot candidate = round_of(floor) * owners_max + owner.value;
  return candidate > floor && round_of(candidate) > 0 ? candidate : candidate + owners_max;
}

/// How many members make a push and confirm a leader: any two such sets, and any
/// such set and one that elects, intersect.
constexpr std::size_t commit_quorum(std::size_t members) {
  if (mutated(Mutation::CommitsAfterOneAccept)) return members > 1 ? 2 : 1;
  return majority(members) - (mutated(Mutation::SmallerQuorum) && members > 1 ? 1 : 0);
}

constexpr std::size_t election_quorum(std::size_t members) {
  const bool smaller = mutated(Mutation::SmallerQuorum) || mutated(Mutation::MinorityElection);
  return majority(members) - (smaller && members > 1 ? 1 : 0);
}

}  // namespace parley::multi_paxos
