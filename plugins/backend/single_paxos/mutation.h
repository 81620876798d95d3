// SPDX-License-Identifier: Apache-2.0
//
// Known mistakes, one at a time, for the checkers to find: a checker that finds
// nothing wrong with any of them checks nothing. The plugin itself is built
// without one; tests/CMakeLists.txt builds a module for each with
// PARLEY_MUTATION defined as its name.
#pragma once

#ifndef PARLEY_MUTATION
#define PARLEY_MUTATION None
#endif

namespace parley::single_paxos {

enum class Mutation {
  None,
  SmallerQuorum,         ///< A majority is one too low.
  ForgetsPromise,        ///< A promise to another member is not persisted.
  ForgetsVote,           ///< A vote for another member's ballot is not persisted.
  ForgetsOwnBallot,      ///< A ballot is used before it is persisted.
  AnswersBeforePersist,  ///< A vote is persisted when it is asked for once more.
  SnapshotWithoutVote,   ///< A snapshot leaves the vote out.
  TrimsWithoutSnapshot,  ///< The log is trimmed and nothing kept instead.
  RecoversFirstRecord,   ///< Recovery reads the oldest record, not the latest.
  AdoptsMinimum,         ///< A pull takes over the earliest vote, not the latest.
  DropsBase,             ///< A pull takes over no vote at all.
  AcceptsBelowPromise,   ///< An acceptor votes in a ballot below its promise.
  ReadsUnconfirmed,      ///< A push that changes nothing asks nobody.
  ResultOfInitialState,  ///< invoke answers as if nothing had been accepted.
  SharesBranch,          ///< invoke and push go to whatever branch is open.
  RefusesWhatMayCommit,  ///< One refused vote ends a push as Stale: never applied.
};

/// Whether this build makes that mistake.
constexpr bool mutated(Mutation mistake) {
  return mistake == Mutation::PARLEY_MUTATION;
}

}  // namespace parley::single_paxos
