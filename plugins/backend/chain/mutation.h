// SPDX-License-Identifier: Apache-2.0
//
// Known mistakes, one at a time, for the checkers to find: a checker that finds
// nothing wrong with any of them checks nothing. The plugins themselves are built
// without one; modules for tests are built with PARLEY_MUTATION defined as its
// name.
#pragma once

#ifndef PARLEY_MUTATION
#define PARLEY_MUTATION None
#endif

namespace parley::chain {

enum class Mutation {
  None,
  NoBarrier,              ///< A new head adds no entry of its own epoch.
  ShufflesOrder,          ///< Survivors are proposed in the reverse of their order.
  UncheckedEpoch,         ///< Messages of other epochs are obeyed.
  CommitsBeforeTail,      ///< The head commits what its neighbour has.
  ReadsUnconfirmed,       ///< A head answers reads without asking the members.
  ForgetsEntries,         ///< Entries are not persisted.
  ForgetsEpoch,           ///< An epoch is not persisted.
  AcknowledgesInherited,  ///< Inherited entries commit before the barrier does.
  TrimsWithoutSnapshot,   ///< The log is trimmed and nothing kept instead.
  SnapshotWithoutTail,    ///< A snapshot leaves out the entries after it.
  PushesOnMovedBase,      ///< A push goes on although the log moved since the pull.
  SharesBranch,           ///< Two pulls open one branch.
};

/// Whether this build makes that mistake.
constexpr bool mutated(Mutation mistake) {
  return mistake == Mutation::PARLEY_MUTATION;
}

}  // namespace parley::chain
