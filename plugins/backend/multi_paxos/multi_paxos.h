// SPDX-License-Identifier: Apache-2.0
//
// Multi-Paxos in the shape of Raft: one member leads in a ballot, its whole log
// is adopted by others entry after entry, and what a majority holds in the
// leader's ballot is committed, with all before it. A pull opens a branch at the
// leader, on the end of its log; a push makes the branch's methods entries.
//
// Assumes crash faults, a log that remembers what it said it did, and clocks that
// drift no further than said (for lease reads alone). Members change one by one,
// by entries of the log. Learners follow and count in no quorum.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <variant>

#include "core/api/machine.h"
#include "core/api/object.h"
#include "plugins/backend/multi_paxos/messages.h"
#include "plugins/backend/multi_paxos/options.h"
#include "plugins/backend/multi_paxos/records.h"

namespace parley::multi_paxos {

inline constexpr TimerId timer_heartbeat{1};
inline constexpr TimerId timer_election{2};
inline constexpr TimerId timer_hold_even{3};
inline constexpr TimerId timer_hold_odd{4};
inline constexpr TimerId timer_wait{5};
inline constexpr TimerId timer_calls{6};

/// Messages with entries that a follower may owe an answer to.
inline constexpr std::size_t window_messages = 4;
/// Chunks of an image, likewise.
inline constexpr std::uint64_t window_chunks = 4;
inline constexpr std::size_t branches_max = 16'384;
inline constexpr std::size_t branch_bytes_max = std::size_t{8} << 20;
/// All branches of a member together.
inline constexpr std::size_t branches_bytes_max = std::size_t{64} << 20;
/// How many times what a snapshot takes the log may grow for a follower that is
/// being sent an image, so that it finds there what comes after.
inline constexpr std::uint64_t intervals_kept_for_image = 4;
/// Entries that are not committed, beyond which pushes are refused.
inline constexpr std::uint64_t uncommitted_bytes_max = std::uint64_t{64} << 20;

/// An object that is copied with whoever holds it.
class OwnObject {
 public:
  explicit OwnObject(const Object& object) : object_(object.clone()) {}
  OwnObject(const OwnObject& other) : object_(other.object_->clone()) {}
  OwnObject(OwnObject&&) = default;
  OwnObject& operator=(OwnObject other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~OwnObject() = default;
  Object* operator->() const { return object_.get(); }
  Object& operator*() const { return *object_; }

 private:
  std::unique_ptr<Object> object_;
};

class MultiPaxos final : public Machine {
 public:
  /// `initial` outlives the machine.
  MultiPaxos(const Object& initial, const Options& options)
      : initial_(initial), options_(options), state_(initial) {}

  void step(const Input& input, Effects& effects) override;
  /// Ballots carry their proposer, so members that propose are not interchangeable
  /// under a renaming.
  void encode(StateWriter& out) const override;
  std::unique_ptr<Machine> clone() const override { return std::make_unique<MultiPaxos>(*this); }

 private:
  /// A call that waits, and whether timer_calls saw it before.
  struct Waiting {
    RequestId request{};
    bool aged = false;
  };
  struct Pull : Waiting {
    bool with_state = false;
  };
  /// A push or a reconfiguration whose last entry is at `index`.
  struct Push : Waiting {
    Index index = 0;
    PortId port{};
  };
  struct Read : Waiting {
    Index index = 0;          ///< What must be committed first.
    std::uint64_t round = 0;  ///< What must be confirmed first, where no lease is held.
    SharedBytes method{};     ///< The last one: none of them changes anything.
  };
  struct BranchState {
    Index base = 0;  ///< The end of the log at the pull.
    std::vector<SharedBytes> methods{};
    std::size_t bytes = 0;
  };

  struct Transfer {
    std::uint64_t acknowledged = 0;
    std::uint64_t sent = 0;
    bool moved = true;  ///< Since the last heartbeat.
  };
  /// What the leader knows of another member or learner.
  struct Peer {
    Index match = 0;                 ///< Its log agrees with the leader's up to here.
    Index next = 0;                  ///< The first entry not sent to it yet.
    std::vector<Index> in_flight{};  ///< Last indices of messages not answered. Ascending.
    Index unanswered = 0;            ///< The first entry of the oldest of them.
    bool probing = true;             ///< Where the logs agree is being searched for.
    bool heard = false;              ///< Since the last heartbeat.
    std::uint64_t round = 0;         ///< The latest heartbeat it acknowledged.
    Index commit_told = 0;
    std::optional<Transfer> transfer{};
  };
  struct SentImage {
    Index index = 0;
    Ballot time = 0;
    SharedBytes bytes{};
  };
  struct Leader {
    Ballot ballot = 0;
    Index first = 0;             ///< Of its own entries.
    std::uint64_t branches = 0;  ///< Opened so far.
    std::map<PrincipalId, Peer> peers{};
    std::uint64_t round = 0;  ///< The latest heartbeat begun.
    std::uint64_t round_confirmed = 0;
    std::optional<std::uint64_t> lease{};    ///< A confirmed round whose Hold runs.
    std::optional<std::uint64_t> offered{};  ///< A later round, unconfirmed, whose Hold runs.
    std::uint32_t silent_heartbeats = 0;
    std::deque<Push> pushes{};  ///< Ascending indices.
    std::vector<Read> reads{};
    std::optional<SentImage> image{};  ///< While a transfer needs it.
  };
  struct Candidate {
    Ballot ballot = 0;
    bool trial = true;
    PrincipalSet voters{};
    PrincipalSet refusers{};
    std::set<Ballot> asked{};  ///< Whose leaders were asked to resign.
    std::set<Ballot> resigned{};
  };
  struct Follower {};
  using Role = std::variant<Follower, Candidate, Leader>;

  struct Config {
    Index index = 0;  ///< Of its entry; 0 or the log's base for the first.
    SharedMembership membership{};
  };
  /// An image on its way to this node.
  struct Incoming {
    Index index = 0;
    Ballot time = 0;
    std::uint64_t size = 0;
    Bytes bytes{};
  };

  // Dispatch and start (multi_paxos.cc).
  void on_start(const Start& start, Effects& effects);
  void on_deliver(const Deliver& deliver, Effects& effects);
  void on_timer(TimerId timer, Effects& effects);
  void malformed(PrincipalId issuer, StatementType type, Effects& effects) const;
  void late(PrincipalId issuer, StatementType type, Effects& effects) const;

  // Durability (durability.cc).
  void recover(const Recovered& recovered, Effects& effects);
  void persist_promise(Effects& effects);
  void persist_entries(Index first, Effects& effects);
  void persist(const SharedBytes& record, Effects& effects);
  void compact_if_due(Effects& effects);
  void compact(Effects& effects);
  Index droppable() const;
  Image image_now() const;

  // The log, its members, and what is applied (applied.cc).
  void append(Entry entry);
  void truncate(Index index, Effects& effects);
  void commit_to(Index index, Effects& effects);
  void apply(Index index, Effects& effects);
  bool take_image(const Image& image, Effects& effects);
  void announce_members(Effects& effects);
  const Membership& membership() const { return *configs_.back().membership; }
  bool is_member() const { return membership().members.contains(self_); }
  PrincipalSet peers() const;

  // Elections (election.cc).
  void campaign(Effects& effects);
  void campaign_instead(Effects& effects);
  void ask_votes(Effects& effects);
  void ask_resign(Ballot ballot, Effects& effects);
  void begin_election(Effects& effects);
  void on_ask_vote(PrincipalId issuer, AskVote message, Effects& effects);
  void on_vote(PrincipalId issuer, Vote message, Effects& effects);
  void on_refused(PrincipalId issuer, Refused message, Effects& effects);
  void on_ask_resign(PrincipalId issuer, AskResign message, Effects& effects);
  void on_resign_answer(PrincipalId issuer, ResignAnswer message, Effects& effects);
  bool resign(PrincipalId to, Effects& effects);
  void note_resigned(Ballot ballot, Effects& effects);
  void count_votes(Effects& effects);
  void lose_campaign(Ballot later, Effects& effects);
  void promise(Ballot ballot, Effects& effects);
  Ballot held_against(const AskVote& message) const;
  void follow(Effects& effects);
  void set_election_timer(Effects& effects) const;
  void on_election_timer(Effects& effects);
  void on_wait_over(Effects& effects);

  // Following (follower.cc).
  void on_accept_entries(PrincipalId issuer, AcceptEntries message, Effects& effects);
  void on_committed(PrincipalId issuer, Committed message, Effects& effects);
  bool obey(PrincipalId issuer, Ballot ballot, std::uint64_t round, StatementType type,
            Effects& effects);
  bool take_entries(PrincipalId issuer, const AcceptEntries& message, Effects& effects);
  Index agreement_hint(Index previous) const;
  void note_place(Ballot ballot, Effects& effects) const;

  // Leading (leader.cc).
  void lead(Effects& effects);
  void step_down(Effects& effects);
  Index append_own(EntryKind kind, const std::vector<SharedBytes>& methods, Effects& effects);
  void on_heartbeat_timer(Effects& effects);
  void probe(PrincipalId to, Peer& peer, Effects& effects);
  void send_heartbeat(PrincipalId to, Peer& peer, Effects& effects);
  void send_entries(PrincipalId to, Peer& peer, Effects& effects);
  void send_accept(PrincipalId to, Peer& peer, Index previous, Index last, Effects& effects);
  void serve(PrincipalId to, Peer& peer, Effects& effects);
  void serve_all(Effects& effects);
  void on_accepted(PrincipalId issuer, Accepted message, Effects& effects);
  void acknowledge_round(PrincipalId issuer, Peer& peer, std::uint64_t round, Effects& effects);
  void begin_round(Effects& effects);
  void confirm_rounds(Effects& effects);
  void advance_commit(Effects& effects);
  void on_hold_over(TimerId timer, Effects& effects);
  Index end_of_message(Index first) const;
  template <class Value>
  Value held_by_quorum(const PrincipalSet& members, Value own, Value Peer::*field) const;
  Index replicated() const;

  // Images on their way (transfer.cc).
  void begin_transfer(PrincipalId to, Peer& peer, Effects& effects);
  void send_chunks(PrincipalId to, Peer& peer, Effects& effects);
  void drop_image_if_unused();
  void on_image_chunk(PrincipalId issuer, ImageChunk message, Effects& effects);
  void on_chunk_received(PrincipalId issuer, ChunkReceived message, Effects& effects);
  std::uint64_t take_chunk(PrincipalId issuer, const ImageChunk& message, Effects& effects);

  // Calls (calls.cc).
  void on_submit(const Submit& submit, Effects& effects);
  void on_pull(const Submit& submit, Effects& effects);
  void on_invoke(const Submit& submit, Effects& effects);
  void on_push(const Submit& submit, Effects& effects);
  void on_reconfigure(const Submit& submit, Effects& effects);
  void open_branch(const Pull& pull, Effects& effects);
  void push_methods(RequestId request, const BranchState& branch, Effects& effects);
  void push_read(RequestId request, const BranchState& branch, Effects& effects);
  void answer_reads(Effects& effects);
  void answer_pulls(const Outcome& outcome, Effects& effects);
  void refuse_pulls(std::optional<PrincipalId> owner, Effects& effects);
  void stale(const Submit& submit, Branch branch, Effects& effects) const;
  int broken_rule(const Membership& next) const;
  OwnObject speculate(const std::vector<SharedBytes>& methods) const;
  void expect_calls(Effects& effects);
  void on_calls_timer(Effects& effects);
  static void reply(RequestId request, const Outcome& outcome, Effects& effects);

  // The state as bytes (state.cc).
  void encode_durable(StateWriter& out) const;
  static void encode_role(StateWriter& out, const Candidate& role);
  static void encode_role(StateWriter& out, const Leader& role);

  const Object& initial_;
  Options options_;
  PrincipalId self_{};

  // Durable, or a function of what is.
  Ballot promised_ = 0;  ///< Also covers the ballots this member used as a candidate.
  Log log_;
  std::vector<Config> configs_;  ///< The members, by where in the log they came.
  Index commit_ = 0;             ///< Applied as well. Durable as of the last record.
  std::uint64_t methods_ = 0;    ///< Applied so far.
  OwnObject state_;
  LogIndex last_record_{};
  std::uint64_t record_bytes_ = 0;  ///< Since the last snapshot.
  std::uint64_t snapshot_bytes_ = 0;
  Index snapshot_index_ = 0;

  // Volatile.
  Role role_;
  Ballot seen_ = 0;                 ///< The latest ballot that anybody told of.
  std::optional<Ballot> leader_{};  ///< The ballot whose leader was heard of, lately.
  /// The ballot whose leader may hold a lease because of this member, which votes
  /// for nobody else meanwhile.
  std::optional<Ballot> held_{};
  std::uint64_t held_round_ = 0;
  Ballot verified_ballot_ = 0;  ///< Of the leader with whose log this one agrees
  Index verified_ = 0;          ///< up to here.
  SharedMembership told_{};     ///< The members that the node was last told,
  Epoch told_epoch_{};          ///< and the epoch they had, which only grows.
  std::optional<Incoming> incoming_{};
  std::vector<Pull> pulls_;  ///< Waiting for an election.
  std::map<Branch, BranchState> branches_;
  std::size_t branches_bytes_ = 0;
  bool calls_timer_runs_ = false;
};

/// A message to one member.
template <class Message>
Send message_to(PrincipalId to, const Message& message) {
  return {to, Message::type, encode(message)};
}

}  // namespace parley::multi_paxos
