// SPDX-License-Identifier: Apache-2.0
//
// Logical time of one register of caspaxos, and how many members elect and commit.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/api/membership.h"
#include "plugins/backend/caspaxos/mutation.h"

namespace parley::caspaxos {

/// round * members + rank of the proposer, round from 1: unique per attempt on a
/// register, and its owner can be read off it. 0 is before every ballot.
using Ballot = std::uint64_t;

/// Larger ones are malformed, so that arithmetic on ballots cannot overflow.
inline constexpr Ballot ballot_max = Ballot{1} << 62;

/// The least ballot of `rank` above `floor`. May exceed ballot_max, never overflows.
constexpr Ballot next_ballot(Ballot floor, std::uint64_t rank, std::uint64_t members) {
  const Ballot candidate = (floor / members) * members + rank;
  const bool usable = candidate > floor && candidate >= members;
  return usable ? candidate : candidate + members;
}

/// How many members make a pull and how many make a push: any two such sets
/// intersect, which is all that agreement rests on.
constexpr std::size_t quorum(std::size_t members) {
  return majority(members) - (mutated(Mutation::SmallerQuorum) ? 1 : 0);
}

}  // namespace parley::caspaxos
