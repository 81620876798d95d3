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

namespace parley::multi_paxos {

enum class Mutation {
  None,
  SmallerQuorum,          ///< A majority is one too low, to elect and to commit.
  MinorityElection,       ///< A majority is one too low, to elect.
  VotesForShorterLog,     ///< A vote is given without comparing logs.
  VotesForOlderBallot,    ///< A vote is given below the promise.
  AcceptsBelowPromise,    ///< Entries are accepted below the promise.
  CommitsAfterOneAccept,  ///< One follower's answer commits.
  CommitsInherited,       ///< Entries of older ballots commit without an own one (Raft, figure 8).
  ForgetsPromise,         ///< A vote is not persisted.
  ForgetsEntries,         ///< Accepted entries are not persisted.
  TrimsWithoutSnapshot,   ///< The log is trimmed and nothing kept instead.
  SnapshotWithoutTail,    ///< A snapshot leaves out the entries after it.
  ReadsUnconfirmed,       ///< A leader answers reads without lease or question.
  VotesDuringLease,       ///< A vote is given while the leader's lease may run.
  ForgetsLease,           ///< A restarted member votes at once.
  PushesOnMovedBase,      ///< A push goes on although the log moved since the pull.
  SharesBranch,           ///< Two pulls open one branch.
  SkipsRule1,             ///< Reconfiguration: any members may follow any others.
  SkipsRule2,             ///< Reconfiguration: while another is not committed.
  StrictRule2,            ///< Rule 2 does not look at the end of the log itself.
  SkipsRule3,             ///< Reconfiguration: before an entry of this ballot is committed.
};

/// Whether this build makes that mistake.
constexpr bool mutated(Mutation mistake) {
  return mistake == Mutation::PARLEY_MUTATION;
}

}  // namespace parley::multi_paxos
