// SPDX-License-Identifier: Apache-2.0
//
// CASPaxos: one register per partition of the object, each agreed on by itself,
// without a log. A register's value is the object's part of that partition; a
// pull is phase 1 at a quorum, a push is phase 2 with the changed value. With
// `one_round_trip` a vote also promises the proposer its next ballot, so that a
// member that changes a register again and again asks only once each time.
//
// Assumes crash faults, a log that remembers what it said it did, and members
// that never change. Safe for any delay, loss, duplication and reordering; live
// while a quorum answers and callers back off when they are preempted.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>

#include "core/api/machine.h"
#include "core/api/object.h"
#include "core/base/duration.h"
#include "plugins/backend/caspaxos/records.h"

namespace parley::caspaxos {

/// Pulls of one partition that wait on one member; more are answered Preempted.
inline constexpr std::size_t waiting_max = 1'024;
/// So many branches are made durable at a time.
inline constexpr Branch branches_per_record = 4'096;

struct Options {
  Duration call_timeout{};
  bool one_round_trip = true;
  /// The log becomes a snapshot after so many bytes, or the registers' if they are more.
  std::uint64_t snapshot_after = std::uint64_t{4} << 20;
};

class CasPaxos final : public Machine {
 public:
  /// `initial` outlives the machine.
  CasPaxos(const Object& initial, const Options& options) : initial_(initial), options_(options) {}

  void step(const Input& input, Effects& effects) override;
  /// Ballots carry the rank of their proposer, so members that propose are not
  /// interchangeable under a renaming; those that only accept are.
  void encode(StateWriter& out) const override;
  std::unique_ptr<Machine> clone() const override { return std::make_unique<CasPaxos>(*this); }

  std::size_t registers_count() const { return registers_.size(); }
  /// Partitions on which this member has a call under way.
  std::size_t proposers_count() const { return proposers_.size(); }

 private:
  struct Register {
    Ballot promised = 0;
    std::optional<Vote> accepted{};
    // What follows is forgotten in a crash.
    Ballot seen = 0;            ///< The latest promise that a refusal told of.
    Ballot committed = 0;       ///< The latest ballot whose value is known to be committed.
    std::uint64_t decided = 0;  ///< Position of this life's last Decide; 0: none yet.
    /// Who promised `promised` to this member, where the next pull need not ask:
    /// they elect it, `accepted` is the base and committed, nothing is invoked yet.
    PrincipalSet holders{};
    bool announced = false;  ///< That election was noted.
  };
  using Registers = std::map<Partition, Register, std::less<>>;
  using Entry = Registers::value_type;

  struct Caller {
    RequestId request;
    bool with_state;
  };
  /// What a voter said of itself.
  struct Heard {
    Ballot accepted;
    bool decided;
  };

  // What this member does on one partition as a proposer. A role names its ballot
  // and its branch: answers to any other are late, calls on any other stale.
  struct Preparing {
    Ballot ballot;
    Branch branch;
    Caller caller;
    std::map<PrincipalId, Heard> voters;
    std::optional<Vote> base;  ///< The latest vote among the voters'.
  };
  struct Open {
    Ballot ballot;
    Branch branch;
    bool with_state;
    std::optional<Vote> base;
    bool committed;  ///< The base is known to be; none is.
  };
  struct Invoked {
    Ballot ballot;
    Branch branch;
    bool with_state;
    std::optional<SharedBytes> proposal;  ///< None: the method changes nothing.
    Ballot committed;                     ///< Of the base, if it is known to be; else 0.
    SharedBytes result;
  };
  struct Accepting {
    Ballot ballot;
    Branch branch;
    std::optional<RequestId> request;  ///< None: the value is written back for nobody.
    std::optional<SharedBytes> proposal;
    Ballot next;  ///< Promised together with the votes; 0: none.
    SharedBytes result;
    PrincipalSet voters;
    PrincipalSet refusers;
  };
  using Role = std::variant<std::monostate, Preparing, Open, Invoked, Accepting>;

  struct Proposer {
    TimerId timer{};
    bool timed = false;
    Role role{};
    std::deque<Caller> waiting{};
  };

  void on_start(const Start& start);
  void on_submit(const Submit& submit, Effects& effects);
  void on_pull(const Submit& submit, Effects& effects);
  bool on_invoke(const Submit& submit, Effects& effects);
  bool on_push(const Submit& submit, Effects& effects);
  void on_deliver(const Deliver& deliver, Effects& effects);
  void on_timer(TimerId timer, Effects& effects);

  // The acceptor (acceptor.cc).
  void on_prepare(PrincipalId issuer, const Prepare& prepare, Effects& effects);
  void on_accept(PrincipalId issuer, const Accept& accept, Effects& effects);
  void on_confirm(PrincipalId issuer, const Confirm& confirm, Effects& effects);
  void on_committed(PrincipalId issuer, const Committed& committed, Effects& effects);
  void on_learn(PrincipalId issuer, const Learn& learn, Effects& effects);
  void promise(Entry& at, Ballot ballot, PrincipalId candidate, Effects& effects);
  void vote(Entry& at, const Vote& vote, Ballot next, PrincipalId candidate, Effects& effects);
  void refuse(PrincipalId issuer, const Entry& at, Ballot ballot, Effects& effects);
  bool learn(Entry& at, const Vote& vote, Effects& effects);
  Entry& entry(Partition partition);

  // The proposer: from the call to the election (pull.cc).
  bool begin(Entry& at, Proposer& proposer, Caller caller, Effects& effects);
  void on_promise(PrincipalId issuer, Promise promise, Effects& effects);
  void elect_if_quorum(Entry& at, Proposer& proposer, Effects& effects);
  void open(const Entry& at, Proposer& proposer, Open role, Caller caller, Effects& effects);
  void end_role(Entry& at, Proposer& proposer, Effects& effects);
  void yield_to(Entry& at, Ballot later, Effects& effects);
  void refuse_waiting(Proposer& proposer, OutcomeKind kind, Effects& effects);
  void start_timer(Proposer& proposer, Effects& effects);
  void stop_timer(Proposer& proposer, Effects& effects);
  Proposer& add_proposer(const Partition& partition);
  Branch new_branch(Effects& effects);

  // From the method to its commit (push.cc).
  void invoke(Entry& at, Proposer& proposer, RequestId request, ByteView method, Effects& effects);
  void propose(Entry& at, Proposer& proposer, const Invoked& invoked,
               std::optional<RequestId> request, Effects& effects);
  void on_accepted(PrincipalId issuer, const Accepted& accepted, Effects& effects);
  void on_confirmed(PrincipalId issuer, const Confirmed& confirmed, Effects& effects);
  void on_refused(PrincipalId issuer, const Refused& refused, Effects& effects);
  void commit_if_quorum(Entry& at, Proposer& proposer, Effects& effects);
  void tell_committed(const Entry& at, const Vote& vote, bool peers_too, Effects& effects) const;

  // The log (durability.cc).
  void persist(const Record& record, Effects& effects);
  void persist_vote(const Entry& at, Effects& effects);
  void compact_if_due(Effects& effects);
  void recover(const Recovered& recovered);
  void apply(Record record);

  static void encode_proposer(StateWriter& out, const Proposer& proposer);
  static void encode_voters_heard(StateWriter& out, const Preparing& role);

  Proposer* proposer_at(std::string_view partition);
  Proposer* proposer_of(Branch branch);
  std::size_t members() const { return membership_->order.size(); }
  PrincipalSet peers() const;
  bool owns(PrincipalId issuer, Ballot ballot) const {
    return membership_->order[ballot % members()] == issuer;
  }

  const Object& initial_;
  Options options_;
  SharedMembership membership_;
  PrincipalId self_{};
  std::optional<std::uint64_t> rank_;  ///< None: a learner.

  Registers registers_;
  std::uint64_t registers_bytes_ = 0;  ///< Of partitions and values.
  LogIndex last_index_{};
  std::uint64_t log_bytes_ = 0;  ///< Appended since the last snapshot.
  Branch next_branch_ = 1;
  Branch branch_limit_ = 1;  ///< Later lives begin here.

  std::map<Partition, Proposer, std::less<>> proposers_;
  // Found in proposers_ as well; kept for the way back.
  std::map<Branch, Partition> branches_;
  std::map<TimerId, Partition> timers_;
};

// Helpers of more than one file.

/// What notes call the partition: 0 is the whole object.
std::uint64_t tree_of(std::string_view partition);
Position position_of(const std::optional<Vote>& base);
void reply(RequestId request, const Outcome& outcome, Effects& effects);

inline PublicationId publication_of(Branch branch) {
  return PublicationId{branch};
}

}  // namespace parley::caspaxos
