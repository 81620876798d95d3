// SPDX-License-Identifier: Apache-2.0
//
// Known mistakes, one at a time, for the checkers to find: a checker that finds
// nothing wrong with any of them checks nothing. The plugin itself is built
// without one; modules for tests are built with PARLEY_MUTATION defined as its
// name.
#pragma once

#ifndef PARLEY_MUTATION
#define PARLEY_MUTATION None
#endif

namespace parley::vertical_paxos {

enum class Mutation {
  None,
  ConsultsLastEpochOnly,  ///< A new leader asks only the epoch before, not all since the completed.
  CompletesBeforeTransfer,  ///< An epoch is reported as completed when its leader is known.
  AdoptsOwnLog,             ///< A new leader goes on with its own log, whoever's is greater.
  AcceptsBelowEpoch,        ///< Entries of earlier epochs are taken.
  SmallerWriteQuorum,       ///< One member less commits.
  SmallerReadQuorum,        ///< One member less elects.
  NoBarrier,                ///< Inherited entries commit without one of the new epoch.
  ReadsUnconfirmed,         ///< A leader answers reads without asking anybody.
  ForgetsEntries,           ///< Entries are not persisted.
  ForgetsEpoch,             ///< An epoch is not persisted.
  TrimsWithoutSnapshot,     ///< The log is trimmed and nothing kept instead.
  SnapshotWithoutTail,      ///< A snapshot leaves out the entries after it.
  PushesOnMovedBase,        ///< A push goes on although the log moved since the pull.
  SharesBranch,             ///< Two pulls open one branch.
};

/// Whether this build makes that mistake.
constexpr bool mutated(Mutation mistake) {
  return mistake == Mutation::PARLEY_MUTATION;
}

}  // namespace parley::vertical_paxos
