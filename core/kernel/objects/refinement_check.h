// SPDX-License-Identifier: Apache-2.0
//
// The structural checks of refinement, on the events of one partition, each when
// it happens and without reordering: most invariants are about the shape of the
// cache tree, and a commit may be put into it late.
//
// Where each invariant is checked (Honore et al., OOPSLA 2021 and PLDI 2022; the
// numbers are those of the models in apps/lab/models):
//
//   I1   tree order               Elected: the base exists and is earlier
//   I2   unique leader            Elected: nobody owns that time yet
//   I3   contiguous term          Append, Reconfigure: the owner, the next version;
//                                 Accept, Install: the place was appended
//   I4   linear log               commit: comparable with the latest commit
//   I5   election follows commit  Elected, and commit for later elections
//   I6   commit parent            Accept: a method's place, of the accepted time
//   I7   times of supporters      Elected: each voter promised this time to its owner
//   I8   quorum evidence          Elected: voters; CommitClaim: a commit stands behind it
//   I9   monotone                 Promise, Accept: times; Accept, Install: logs
//   I10  log holds its commits    Install: never drops a commit that the node made
//   I11  log match                Promise: the log ends where the events left it
//   I12  push max                 Accept: never less than before in the same time
//   I13  prune soundness          follows from I4 and I5, which say it of each branch
//   I14  single live owner        Elected: no earlier owner can commit any more
//   I15  commit immutability      Append: one method per place
//   I16  states from commits      CommitClaim, as I8
//   I17  elect the maximum        Elected: the base is no less than any voter's log
//   I18  reconfiguration guards   Reconfigure: R1+, R2 and R3, the place itself included
//   I19  commit in a fork         follows from R3; the models check it
//
// Methods' results and AdoB's timeouts (I20, I21) are not looked at.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "core/kernel/invariants.h"
#include "core/kernel/objects/cache_tree.h"
#include "core/kernel/objects/quorum_rule.h"
#include "core/kernel/objects/refinement_event.h"

namespace parley {

class RefinementCheck {
 public:
  /// Elections that are waited for, by time; promises for older ones are forgotten.
  static constexpr std::size_t candidacies_max = 256;

  /// `rule` outlives it.
  RefinementCheck(const QuorumRule& rule, Configuration initial,
                  CacheTree::Keep keep = CacheTree::Keep::Needed);

  /// Whether all that the event depends on has been seen: the promises of an
  /// election, the append of an accepted or installed place.
  bool ready(const RefinementEvent& event) const;

  /// Effect: the event has happened. An event that is not ready is a violation.
  std::optional<Violation> on_event(const RefinementEvent& event);

  const CacheTree& tree() const { return tree_; }
  /// Canonical: equal checks, equal bytes.
  void encode(Bytes& out) const;

 private:
  /// What is known of one node.
  struct Replica {
    std::uint64_t time = 0;  ///< The largest time it promised or accepted.
    Position log{};          ///< Where its log ends.
    Position committed{};    ///< The latest commit that it is one of the makers of.
  };
  struct Vote {
    PrincipalId candidate;
    Position last;
  };
  struct Fault {
    std::string expected;
    std::string found;
  };

  std::optional<Violation> on_promise(const RefinementEvent& event);
  std::optional<Violation> on_elected(const RefinementEvent& event);
  std::optional<Violation> on_append(const RefinementEvent& event);
  std::optional<Violation> on_reconfigure(const RefinementEvent& event);
  std::optional<Violation> on_accept(const RefinementEvent& event);
  std::optional<Violation> on_install(const RefinementEvent& event);
  std::optional<Violation> on_commit_claim(const RefinementEvent& event) const;

  std::optional<Violation> check_voters(const RefinementEvent& event) const;
  std::optional<Violation> check_votes(const RefinementEvent& event) const;
  std::optional<Fault> check_follows_commits(std::uint64_t time) const;
  std::optional<Fault> check_single_owner() const;
  std::optional<Violation> check_appended(const RefinementEvent& event) const;
  std::optional<Violation> check_guards(const RefinementEvent& event) const;
  std::optional<Violation> commit_if_quorum(std::uint64_t time);
  std::optional<Violation> commit(Position place);

  /// Whether those who promised and accepted nothing later could still commit for it.
  bool can_commit(std::uint64_t time, const CacheTree::Term& term) const;
  PrincipalSet accepted_at_least(const CacheTree::Term& term, std::uint32_t version) const;
  void prune();

  const QuorumRule* rule_;
  CacheTree tree_;
  std::map<PrincipalId, Replica> replicas_;
  std::map<std::uint64_t, std::map<PrincipalId, Vote>> votes_;  ///< By time, while not elected.
  std::uint64_t votes_forgotten_ = 0;                           ///< Of times up to this one.
  std::size_t prune_at_ = 32;
};

}  // namespace parley
