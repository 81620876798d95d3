// SPDX-License-Identifier: Apache-2.0
//
// Vertical Paxos I (Lamport, Malkhi, Zhou 2009): a replicated log in epochs that a
// configuration master decides. Each epoch is one ballot with one leader, the first
// of its order; a write quorum of its members commits. The leader of a new epoch
// first asks a read quorum of every epoch since the last completed one, goes on
// with the greatest log among them, and tells the master when a write quorum of
// its own epoch has all of it.
//
// Assumes crash faults and a log that remembers what it said it did. No clock is
// trusted: a read asks a write quorum whether the epoch is still theirs.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "core/api/machine.h"
#include "core/api/object.h"
#include "plugins/backend/vertical_paxos/messages.h"
#include "plugins/backend/vertical_paxos/mutation.h"
#include "plugins/backend/vertical_paxos/options.h"
#include "plugins/backend/vertical_paxos/records.h"

namespace parley::vertical_paxos {

inline constexpr TimerId timer_beat{1};   ///< The leader's.
inline constexpr TimerId timer_watch{2};  ///< Everybody else's.
inline constexpr TimerId timer_calls{3};

/// Bytes on their way to one node, beyond which it is sent no more entries.
inline constexpr std::uint64_t window_bytes = std::uint64_t{1} << 20;
inline constexpr std::size_t branches_max = 16'384;
inline constexpr std::size_t branch_bytes_max = std::size_t{8} << 20;
/// All branches of a node together.
inline constexpr std::size_t branches_bytes_max = std::size_t{64} << 20;
/// Entries that are not committed, beyond which pushes are refused.
inline constexpr std::uint64_t uncommitted_bytes_max = std::uint64_t{64} << 20;
/// An epoch this far in its versions is followed by one of the same members.
inline constexpr std::uint32_t version_max = 0xF000'0000;
/// Heartbeats after which a leader asks the master, though nothing is wrong: somebody
/// else may have proposed an epoch.
inline constexpr std::uint32_t beats_per_look = 64;
/// Timer firings after which an unanswered question to the master is asked again.
inline constexpr std::uint32_t ask_patience = 4;

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

class VerticalPaxos final : public Machine {
 public:
  /// `initial` outlives the machine.
  VerticalPaxos(const Object& initial, const Options& options)
      : initial_(initial), options_(options), state_(initial) {}

  void step(const Input& input, Effects& effects) override;
  /// The order of members decides who leads, so members are not interchangeable
  /// under a renaming.
  void encode(StateWriter& out) const override;
  std::unique_ptr<Machine> clone() const override { return std::make_unique<VerticalPaxos>(*this); }

 private:
  /// A call that waits, and whether timer_calls saw it before.
  struct Waiting {
    RequestId request{};
    bool aged = false;
  };
  /// A push whose last entry is at `index`.
  struct Push : Waiting {
    Index index = 0;
  };
  struct Read : Waiting {
    Index index = 0;          ///< What must be committed first.
    std::uint64_t round = 0;  ///< What a write quorum must confirm first; 0: nothing.
    SharedBytes method{};     ///< The last one: none of them changes anything.
  };
  struct BranchState {
    Index base = 0;  ///< The end of the log at the pull.
    std::vector<SharedBytes> methods{};
    std::size_t bytes = 0;
  };

  /// What the leader knows of another member, a learner, or a node that is to join.
  struct Peer {
    Index match = 0;      ///< The logs agree up to here.
    Index next = 0;       ///< The first entry not sent to it yet.
    bool probing = true;  ///< A heartbeat must tell first where the logs agree.
    bool asked = false;   ///< It said that it lacks something, and was sent it once.
    bool active = false;  ///< Something was sent or acknowledged since the last heartbeat.
    Index commit_told = 0;
    std::uint64_t round = 0;   ///< The latest that it confirmed.
    std::uint32_t silent = 0;  ///< Heartbeats since it was heard of.
  };
  struct Follower {};
  /// Leader of an epoch by the master's word, not yet by its log.
  struct Gathering {
    std::map<PrincipalId, Position> votes{};  ///< Who promised the epoch, and where its log ends.
    std::optional<PrincipalId> source{};      ///< Whose log is being fetched.
    std::uint32_t stalled = 0;                ///< Heartbeats since something of it came.
  };
  struct Leader {
    Index first = 0;  ///< Of its own epoch.
    std::map<PrincipalId, Peer> peers{};
    std::uint64_t round = 0;  ///< Of heartbeats, the latest begun.
    std::uint64_t confirmed = 0;
    std::uint32_t beats = 0;  ///< Since the master was asked.
    std::vector<Read> reads{};
  };
  using Role = std::variant<Follower, Gathering, Leader>;

  /// A portion on its way to this node.
  struct Incoming {
    PortionName name{};
    std::uint64_t size = 0;
    Bytes bytes{};
    bool moved = true;  ///< Since the last heartbeat.
  };
  /// A portion that others are given, while they ask.
  struct Outgoing {
    PortionName name{};
    bool has_image = false;
    SharedBytes bytes{};
    std::uint32_t unasked = 0;  ///< Timer firings since it was asked for.
  };

  // Dispatch and start (vertical_paxos.cc).
  void on_start(const Start& start, Effects& effects);
  void on_deliver(const Deliver& deliver, Effects& effects);
  void on_timer(TimerId timer, Effects& effects);
  bool current(PrincipalId issuer, Time epoch, Effects& effects);
  void malformed(PrincipalId issuer, StatementType type, Effects& effects) const;
  void late(PrincipalId issuer, StatementType type, Effects& effects) const;

  // Who is who (epochs.cc).
  Time epoch() const { return membership().epoch.value; }
  const Membership& membership() const { return history_.latest(); }
  PrincipalId leader_id() const { return membership().order.front(); }
  bool is_member() const { return membership().members.contains(self_); }
  bool follows() const { return std::holds_alternative<Follower>(role_); }
  Leader* leading() { return std::get_if<Leader>(&role_); }
  PrincipalSet members_since(Time epoch) const;
  bool reads_all(const PrincipalSet& present, std::size_t epochs_count) const;

  // Epochs and the master (epochs.cc).
  void ask_master(ConfigurationCall call, Effects& effects);
  void look_for_epoch(Effects& effects);
  void propose(const PrincipalSet& suspects, std::vector<PrincipalId> order, Effects& effects);
  void on_answered(const Answered& answered, Effects& effects);
  void learn(History history, Effects& effects);
  void adopt(History history, Effects& effects);
  void note_promise(Effects& effects) const;
  void give_up_reads(Effects& effects);
  void give_up_pushes(Effects& effects);
  void announce_members(Effects& effects) const;
  void watch(Effects& effects) const;
  void on_watch_timer(Effects& effects);
  void on_epochs(PrincipalId issuer, Epochs message, Effects& effects);
  void on_hello(PrincipalId issuer, Hello message, Effects& effects);

  // Becoming the leader (gathering.cc).
  void begin_gathering(Effects& effects);
  void ask_promises(const Gathering& gathering, Effects& effects) const;
  void on_promise(PrincipalId issuer, Promise message, Effects& effects);
  void try_to_lead(Effects& effects);
  void on_gathering_beat(Effects& effects);
  void take_over(const Gathering& gathering, Effects& effects);
  Leader& lead(Index first, Effects& effects);

  // Leading (leader.cc).
  Index append_own(EntryKind kind, const std::vector<SharedBytes>& methods, Effects& effects);
  void on_beat_timer(Effects& effects);
  void begin_round(Effects& effects);
  void heartbeats(Effects& effects);
  void heartbeat(PrincipalId to, Peer& peer, Effects& effects);
  void serve(PrincipalId to, Peer& peer, Effects& effects);
  void serve_all(Effects& effects);
  void send_entries(PrincipalId to, Peer& peer, Effects& effects);
  void send_missing(PrincipalId to, Peer& peer, Effects& effects);
  void on_accepted(PrincipalId issuer, Accepted message, Effects& effects);
  void confirm_rounds(Effects& effects);
  void advance_commit(Effects& effects);
  void rewind_stuck(Effects& effects);
  PrincipalSet count_silence(Effects& effects);
  void improve_epoch(const PrincipalSet& silent, Effects& effects);
  template <class Value>
  Value held_by_write_quorum(Value own, Value Peer::*field) const;

  // Following (follower.cc).
  void on_accept(PrincipalId issuer, Accept message, Effects& effects);
  bool take_entries(PrincipalId issuer, Index previous, std::vector<Entry>& entries,
                    Effects& effects);
  void note_place(Time voted, Effects& effects) const;

  // Portions of log and state on their way (transfer.cc).
  void ask_portion(PrincipalId from, Effects& effects) const;
  void prepare_portion(Index commit);
  void send_chunk(PrincipalId to, std::uint64_t offset, Effects& effects);
  void drop_unasked_portion();
  void on_fetch(PrincipalId issuer, Fetch message, Effects& effects);
  void on_chunk(PrincipalId issuer, Chunk message, Effects& effects);
  bool install(PrincipalId issuer, Effects& effects);

  // What is kept, and what an earlier life kept (durability.cc).
  void recover(const Recovered& recovered, Effects& effects);
  void put(Index first, std::vector<Entry>& entries, Effects& effects);
  void changed_from(Index first);
  void persist(std::size_t at, Effects& effects);
  void compact_if_due(Effects& effects);
  void compact(Effects& effects);
  Portion portion_after(std::optional<Index> index) const;

  // The log and the state that committed entries make (applied.cc).
  void truncate(Index index, Effects& effects);
  void commit_to(Index index, Effects& effects);
  void apply(Index index, Effects& effects);
  bool take_image(const Image& image);

  // Calls (calls.cc).
  void on_submit(const Submit& submit, Effects& effects);
  void on_pull(const Submit& submit, Effects& effects);
  void on_invoke(const Submit& submit, Effects& effects);
  void on_push(const Submit& submit, Effects& effects);
  Branch open_branch(Leader& leader, Effects& effects);
  void push_methods(RequestId request, const BranchState& branch, Effects& effects);
  void push_read(Leader& leader, RequestId request, const BranchState& branch, Effects& effects);
  void answer_reads(Leader& leader, Effects& effects);
  void drop_branches();
  void stale(const Submit& submit, Branch branch, Effects& effects) const;
  OwnObject speculate(const std::vector<SharedBytes>& methods) const;
  void expect_calls(Effects& effects);
  void on_calls_timer(Effects& effects);
  static void reply(RequestId request, const Outcome& outcome, Effects& effects);

  // The state as bytes (state.cc).
  void encode_durable(StateWriter& out) const;
  void encode_portions(StateWriter& out) const;
  void encode_calls(StateWriter& out) const;
  static void encode_role(StateWriter& out, const Gathering& role);
  static void encode_role(StateWriter& out, const Leader& role);

  const Object& initial_;
  Options options_;
  PrincipalId self_{};
  SharedMembership first_;  ///< The deployment's, which is the first epoch.

  // Durable, or a function of what is.
  History history_;
  std::uint64_t life_ = 0;
  Log log_;
  Index commit_ = 0;           ///< Applied as well. Durable as of the last record.
  std::uint64_t methods_ = 0;  ///< Applied so far.
  OwnObject state_;
  LogIndex last_record_{};
  std::uint64_t record_bytes_ = 0;  ///< Since the last snapshot.
  std::uint64_t snapshot_bytes_ = 0;
  Index snapshot_index_ = 0;

  // What this step changed of it.
  bool history_changed_ = false;
  bool life_changed_ = false;
  Index changed_from_ = 0;  ///< 0: no entry.
  bool image_taken_ = false;

  // Volatile.
  Role role_;
  bool leader_heard_ = false;  ///< Since the watch timer was set.
  Index verified_ = 0;         ///< The log agrees with the leader's up to here.
  std::uint32_t asking_ = 0;   ///< The master was asked; 0: nothing is under way.
  std::uint64_t questions_ = 0;
  std::deque<Push> pushes_{};  ///< Ascending indices.
  std::optional<Outgoing> outgoing_{};
  std::optional<Incoming> incoming_{};
  std::map<Branch, BranchState> branches_;
  std::size_t branches_bytes_ = 0;
  std::uint64_t branches_opened_ = 0;  ///< In this life.
  bool calls_timer_runs_ = false;
};

/// A message to one node.
template <class Message>
Send message_to(PrincipalId to, const Message& message) {
  return {to, Message::type, encode(message)};
}

}  // namespace parley::vertical_paxos
