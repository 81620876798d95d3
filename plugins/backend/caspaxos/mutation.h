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

namespace parley::caspaxos {

enum class Mutation {
  None,
  SmallerQuorum,         ///< A majority is one too low.
  ForgetsPromise,        ///< A promise to another member is not persisted.
  ForgetsVote,           ///< A vote for another member's ballot is not persisted.
  ForgetsOwnBallot,      ///< A ballot is used before it is persisted.
  ForgetsNextPromise,    ///< The promise that a vote carries is not persisted.
  ForgetsBranches,       ///< Branches are numbered from 1 in every life.
  SnapshotWithoutVote,   ///< A snapshot leaves the values out.
  TrimsWithoutSnapshot,  ///< The log is trimmed and nothing kept instead.
  AdoptsMinimum,         ///< A pull takes over the earliest value, not the latest.
  DropsBase,             ///< A pull takes over no value at all.
  AcceptsBelowPromise,   ///< An acceptor votes in a ballot below its promise.
  ReadsUnconfirmed,      ///< A push that changes nothing asks nobody.
  TrustsMinority,        ///< A value that one member accepted is taken for committed.
  SharesBranch,          ///< invoke and push go to whatever branch is open.
};

/// Whether this build makes that mistake.
constexpr bool mutated(Mutation mistake) {
  return mistake == Mutation::PARLEY_MUTATION;
}

}  // namespace parley::caspaxos
