// SPDX-License-Identifier: Apache-2.0
//
// Single-decree Paxos as an object of one slot: pull is phase 1 at a quorum,
// push is phase 2, and the one method that is ever decided is the object's whole
// history. Every member is an acceptor and may propose; learners follow.
//
// Assumes crash faults, a log that remembers what it said it did, and members
// that never change. Safe for any delay, loss, duplication and reordering; live
// while a quorum answers and callers do not keep preempting each other.
#pragma once

#include <memory>
#include <optional>
#include <variant>

#include "core/api/machine.h"
#include "core/api/object.h"
#include "core/base/duration.h"
#include "plugins/backend/single_paxos/messages.h"

namespace parley::single_paxos {

inline constexpr PublicationId publication_prepare{1};
inline constexpr PublicationId publication_accept{2};
inline constexpr PublicationId publication_decided{3};
inline constexpr TimerId timer_call{1};

/// Every so many records the log becomes one snapshot.
inline constexpr std::uint64_t records_per_snapshot = 64;

class SinglePaxos final : public Machine {
 public:
  /// `initial` outlives the machine.
  SinglePaxos(const Object& initial, Duration call_timeout)
      : initial_(initial), call_timeout_(call_timeout) {}

  void step(const Input& input, Effects& effects) override;
  /// Ballots carry the rank of their proposer, so members that propose are not
  /// interchangeable under a renaming; those that only accept are.
  void encode(StateWriter& out) const override;
  std::unique_ptr<Machine> clone() const override { return std::make_unique<SinglePaxos>(*this); }

 private:
  // What this member is doing as a proposer. A role names its ballot, which is
  // also its branch: answers to any other are late, calls on any other stale.
  struct Idle {};
  struct Preparing {
    Ballot ballot;
    RequestId request;
    bool with_state;
    PrincipalSet voters;
    std::optional<Vote> base;  ///< The latest vote among the voters'.
  };
  struct Prepared {
    Ballot ballot;
    std::optional<Vote> base;
  };
  struct Invoked {
    Ballot ballot;
    std::optional<SharedBytes> proposal;  ///< None: the method changes nothing.
    SharedBytes result;
  };
  struct Accepting {
    Ballot ballot;
    RequestId request;
    std::optional<SharedBytes> proposal;
    SharedBytes result;
    PrincipalSet voters;
    PrincipalSet refusers;
  };
  using Role = std::variant<Idle, Preparing, Prepared, Invoked, Accepting>;

  void on_start(const Start& start, Effects& effects);
  void on_submit(const Submit& submit, Effects& effects);
  void on_pull(const Submit& submit, Effects& effects);
  void on_deliver(const Deliver& deliver, Effects& effects);
  void on_timer(Effects& effects);

  // The acceptor (single_paxos.cc).
  void on_prepare(PrincipalId issuer, const Prepare& prepare, Effects& effects);
  void on_accept(PrincipalId issuer, const Accept& accept, Effects& effects);
  void on_decided(PrincipalId issuer, const Decided& decided, Effects& effects);
  void promise(Ballot ballot, PrincipalId candidate, Effects& effects);
  void vote(Ballot ballot, const SharedBytes& method, Effects& effects);
  bool decide(const SharedBytes& method, PrincipalId claimant, Effects& effects);
  void refuse(PrincipalId issuer, Ballot ballot, Effects& effects);
  void persist(Effects& effects);
  void recover(const Recovered& recovered);

  // The proposer (proposer.cc).
  void pull(RequestId request, bool with_state, Effects& effects);
  void invoke(RequestId request, ByteView method, Effects& effects);
  void push(RequestId request, Effects& effects);
  void on_promise(PrincipalId issuer, Promise promise, Effects& effects);
  void on_accepted(PrincipalId issuer, const Accepted& accepted, Effects& effects);
  void on_refused(PrincipalId issuer, const Refused& refused, Effects& effects);
  void elect_if_quorum(Effects& effects);
  void commit_if_quorum(Effects& effects);
  void yield_to(Ballot later, Effects& effects);
  void refuse_call(const Submit& submit, OutcomeKind kind, Effects& effects);
  void end_call(RequestId request, PublicationId publication, const Outcome& outcome,
                Effects& effects);
  void start_timer(Effects& effects) const;

  static bool serves(Branch branch, Ballot ballot) {
    return branch == ballot || mutated(Mutation::SharesBranch);
  }
  std::size_t members() const { return membership_->order.size(); }
  PrincipalSet peers() const;
  bool owns(PrincipalId issuer, Ballot ballot) const {
    return membership_->order[ballot % members()] == issuer;
  }

  const Object& initial_;
  Duration call_timeout_;
  SharedMembership membership_;
  PrincipalId self_{};
  std::optional<std::uint64_t> rank_;  ///< None: a learner.

  Memory memory_;
  LogIndex last_index_{};
  Ballot seen_ = 0;  ///< The latest promise that a refusal told of.
  Role role_;
};

}  // namespace parley::single_paxos
