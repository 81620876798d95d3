// SPDX-License-Identifier: Apache-2.0
//
// Which members elect an owner of a time and which commit for it, as the cache
// tree is checked against. Safe by itself is no rule: what makes one safe is that
// who elects a time meets everybody who may have committed for an earlier one.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/api/object.h"
#include "core/base/principal_set.h"

namespace parley {

/// Who decides, from some place of the cache tree on.
struct Configuration {
  PrincipalSet members;
  std::uint64_t epoch = 0;
  friend bool operator==(const Configuration&, const Configuration&) = default;
};
using SharedConfiguration = std::shared_ptr<const Configuration>;

/// At least `least` of `among`.
struct Quorum {
  PrincipalSet among;
  std::size_t least = 0;

  bool holds(const PrincipalSet& present) const { return (present & among).size() >= least; }
};

class QuorumRule {
 public:
  virtual ~QuorumRule() = default;
  /// All of these must hold of the voters for `time` on `base`, whose branch has
  /// this configuration.
  virtual std::vector<Quorum> electing(std::uint64_t time, Position base,
                                       const Configuration& configuration) const = 0;
  /// Must hold of those who accepted a place of `time`.
  virtual Quorum committing(std::uint64_t time, const Configuration& configuration) const = 0;
  /// Who may vote. Others among the voters are a fault.
  virtual PrincipalSet electors(std::uint64_t time, Position base,
                                const Configuration& configuration) const = 0;
  /// R1+ of Adore: whether every quorum of one meets every quorum of the other, by
  /// the law of the scheme. Reflexive.
  virtual bool may_follow(const Configuration& now, const Configuration& next) const = 0;
};

/// A majority of the members elects and commits; members change one at a time.
class MajorityRule final : public QuorumRule {
 public:
  std::vector<Quorum> electing(std::uint64_t time, Position base,
                               const Configuration& configuration) const override;
  Quorum committing(std::uint64_t time, const Configuration& configuration) const override;
  PrincipalSet electors(std::uint64_t time, Position base,
                        const Configuration& configuration) const override;
  bool may_follow(const Configuration& now, const Configuration& next) const override;
};

/// Fixed sizes and members that never change: (all, 1), (1, all), or mistakes
/// such as (1, 2) of 3 that a test wants to be found.
class SizedRule final : public QuorumRule {
 public:
  SizedRule(std::size_t elect, std::size_t commit) : elect_(elect), commit_(commit) {}
  std::vector<Quorum> electing(std::uint64_t time, Position base,
                               const Configuration& configuration) const override;
  Quorum committing(std::uint64_t time, const Configuration& configuration) const override;
  PrincipalSet electors(std::uint64_t time, Position base,
                        const Configuration& configuration) const override;
  bool may_follow(const Configuration& now, const Configuration& next) const override;

 private:
  std::size_t elect_;
  std::size_t commit_;
};

/// Members and commit size of each time come from outside (vertical_paxos, chain).
/// The voters for a time meet every commit quorum of each configured time from
/// the base's or the last completed one's on. A chain is the case where all members commit, so that
/// any one of them may elect.
class TimedRule final : public QuorumRule {
 public:
  /// Effect: from this time on, until the next configured one, these members decide
  /// and `commit` of them commit. Precondition: 1 <= commit <= members.
  void configure(std::uint64_t time, PrincipalSet members, std::size_t commit);
  void configure_chain(std::uint64_t time, const PrincipalSet& members) {
    configure(time, members, members.size());
  }
  /// Effect: what was committed before that time need be asked of nobody but its
  /// own members, to whom all of it was transferred.
  void complete(std::uint64_t time) { completed_ = std::max(completed_, time); }

  std::vector<Quorum> electing(std::uint64_t time, Position base,
                               const Configuration& configuration) const override;
  Quorum committing(std::uint64_t time, const Configuration& configuration) const override;
  PrincipalSet electors(std::uint64_t time, Position base,
                        const Configuration& configuration) const override;
  /// No method changes the members.
  bool may_follow(const Configuration&, const Configuration&) const override { return false; }

 private:
  struct Timed {
    PrincipalSet members;
    std::size_t commit;
  };
  /// What holds at that time; null before the first.
  const Timed* at(std::uint64_t time) const;

  std::map<std::uint64_t, Timed> timed_;
  std::uint64_t completed_ = 0;
};

std::string in_words(const PrincipalSet& set);
std::string in_words(const Quorum& quorum);

}  // namespace parley
