// SPDX-License-Identifier: Apache-2.0
//
// Replication by all members of an epoch: methods enter at the head, the first in
// order, and are committed when every member has them. In a chain each member
// feeds the next, in a star the head feeds all. A configuration master outside
// decides the epochs; whoever misses a member proposes the next one without it.
//
//   Vertical Paxos I with write quorums of all and read quorums of one: any member
//   of the epochs since the last completed one has all that can be committed, so
//   the head of a new epoch goes on with its own log. Its first entry, the barrier,
//   commits what it inherited.
//
// Assumes crash faults and a log that remembers what it said it did. No clock is
// trusted: a read asks every member whether the epoch is still theirs.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "core/api/configuration.h"
#include "core/api/machine.h"
#include "core/api/object.h"
#include "plugins/backend/chain/messages.h"
#include "plugins/backend/chain/mutation.h"
#include "plugins/backend/chain/options.h"
#include "plugins/backend/chain/records.h"

namespace parley::chain {

inline constexpr TimerId timer_heartbeat{1};  ///< The head's.
inline constexpr TimerId timer_watch{2};      ///< Everybody else's.
inline constexpr TimerId timer_calls{3};

/// Bytes on their way to one node, beyond which it is sent no more entries.
inline constexpr std::uint64_t window_bytes = std::uint64_t{1} << 20;
/// Chunks of an image, likewise.
inline constexpr std::uint64_t window_chunks = 4;
inline constexpr std::size_t branches_max = 16'384;
inline constexpr std::size_t branch_bytes_max = std::size_t{8} << 20;
/// All branches of a node together.
inline constexpr std::size_t branches_bytes_max = std::size_t{64} << 20;
/// Entries that are not committed, beyond which pushes are refused.
inline constexpr std::uint64_t uncommitted_bytes_max = std::uint64_t{64} << 20;
/// An epoch this far in its versions is followed by one of the same members.
inline constexpr std::uint32_t version_max = 0xF000'0000;
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

class Chain final : public Machine {
 public:
  /// `initial` outlives the machine.
  Chain(const Object& initial, const Options& options)
      : initial_(initial), options_(options), state_(initial) {}

  void step(const Input& input, Effects& effects) override;
  /// The order of members decides who does what, so members are not
  /// interchangeable under a renaming.
  void encode(StateWriter& out) const override;
  std::unique_ptr<Machine> clone() const override { return std::make_unique<Chain>(*this); }

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
    std::uint64_t round = 0;  ///< What all members must confirm first; 0: nothing.
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
  };
  /// A node that this one sends its log to.
  struct Feed {
    Index match = 0;       ///< The logs agree up to here.
    Index stable = 0;      ///< All that it feeds in turn have it up to here.
    Index next = 0;        ///< The first entry not sent to it yet.
    bool probing = true;   ///< Where the logs agree is being searched for, a message at a time.
    bool answered = true;  ///< Since the last chance to send again.
    Index commit_told = 0;
    std::optional<Transfer> transfer{};
  };
  struct SentImage {
    Index index = 0;
    Time time = 0;
    SharedBytes bytes{};
  };
  /// A node that the head hears of.
  struct Listener {
    std::uint64_t round = 0;   ///< The latest that it confirmed.
    std::uint32_t silent = 0;  ///< Heartbeats since it was heard of.
  };
  struct Head {
    Index first = 0;                            ///< Of its own epoch.
    std::map<PrincipalId, Listener> members{};  ///< The others.
    std::map<PrincipalId, Listener> joiners{};  ///< No members yet; being caught up.
    std::uint64_t round = 0;                    ///< Of heartbeats, the latest begun.
    std::uint64_t confirmed = 0;
    std::deque<Push> pushes{};  ///< Ascending indices.
    std::vector<Read> reads{};
  };
  /// An image on its way to this node.
  struct Incoming {
    Index index = 0;
    Time time = 0;
    std::uint64_t size = 0;
    Bytes bytes{};
  };

  // Dispatch and start (chain.cc).
  void on_start(const Start& start, Effects& effects);
  void on_deliver(const Deliver& deliver, Effects& effects);
  void on_timer(TimerId timer, Effects& effects);
  void malformed(PrincipalId issuer, StatementType type, Effects& effects) const;
  void late(PrincipalId issuer, StatementType type, Effects& effects) const;
  bool current(PrincipalId issuer, Time epoch, Effects& effects);

  // Who is who in the epoch (roles.cc).
  Time epoch() const { return facts_.membership.epoch.value; }
  const Membership& membership() const { return facts_.membership; }
  PrincipalId head_id() const { return membership().order.front(); }
  bool is_member() const { return membership().members.contains(self_); }
  bool links_members() const { return options_.shape == Shape::Chain; }
  PrincipalId upstream() const;
  std::optional<PrincipalId> successor() const;
  void begin_feeds();
  Index stable() const;

  // Epochs (epochs.cc).
  void ask_master(ConfigurationCall call, Effects& effects);
  void look_for_epoch(Effects& effects);
  bool propose(std::vector<PrincipalId> order, Effects& effects);
  void propose_without(const PrincipalSet& suspects, Effects& effects);
  void on_answered(const Answered& answered, Effects& effects);
  void adopt(EpochFacts facts, Effects& effects);
  void take_over(Effects& effects);
  void note_promise(Effects& effects) const;
  void give_up_calls(bool still_head, Effects& effects);
  void announce_members(Effects& effects) const;
  void watch(Effects& effects) const;
  void on_watch_timer(Effects& effects);
  void on_hello(PrincipalId issuer, Hello message, Effects& effects);

  // The head (head.cc).
  void on_heartbeat_timer(Effects& effects);
  void begin_round(Effects& effects);
  void send_heartbeats(Effects& effects);
  void on_heartbeat_answer(PrincipalId issuer, HeartbeatAnswer message, Effects& effects);
  void confirm_rounds(Effects& effects);
  PrincipalSet silent_members();
  void drop_silent_joiners(Effects& effects);
  void improve_epoch(Effects& effects);
  Index append_own(EntryKind kind, const std::vector<SharedBytes>& methods, Effects& effects);

  // Sending the log on (feeds.cc).
  void serve(PrincipalId to, Feed& feed, Effects& effects);
  void serve_all(Effects& effects);
  void send_entries(PrincipalId to, Feed& feed, Index last, Effects& effects);
  void resend(Effects& effects);
  void on_received(PrincipalId issuer, Received message, Effects& effects);
  void advance(Index stable_before, Effects& effects);

  // Receiving it (follower.cc).
  void on_entries(PrincipalId issuer, Entries message, Effects& effects);
  bool take_entries(PrincipalId issuer, const Entries& message, Effects& effects);
  void on_heartbeat(PrincipalId issuer, Heartbeat message, Effects& effects);
  void note_place(Time voted, Effects& effects) const;

  // Images on their way (transfer.cc).
  void begin_transfer(PrincipalId to, Feed& feed, Effects& effects);
  void send_chunks(PrincipalId to, Feed& feed, Effects& effects);
  void drop_image_if_unused();
  void on_image_chunk(PrincipalId issuer, ImageChunk message, Effects& effects);
  void on_chunk_received(PrincipalId issuer, ChunkReceived message, Effects& effects);
  std::uint64_t take_chunk(PrincipalId issuer, const ImageChunk& message, Effects& effects);

  // What is kept, and what an earlier life kept (durability.cc).
  void recover(const Recovered& recovered, Effects& effects);
  void put(Index first, std::vector<Entry>& entries, Effects& effects);
  void changed_from(Index first);
  void persist(std::size_t at, Effects& effects);
  void compact(Effects& effects);
  Image image_now() const;

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
  Branch open_branch(Effects& effects);
  void push_methods(RequestId request, const BranchState& branch, Effects& effects);
  void push_read(RequestId request, const BranchState& branch, Effects& effects);
  void answer_reads(Effects& effects);
  void stale(const Submit& submit, Branch branch, Effects& effects) const;
  OwnObject speculate(const std::vector<SharedBytes>& methods) const;
  void expect_calls(Effects& effects);
  void on_calls_timer(Effects& effects);
  static void reply(RequestId request, const Outcome& outcome, Effects& effects);

  // The state as bytes (state.cc).
  void encode_durable(StateWriter& out) const;
  void encode_feeds(StateWriter& out) const;
  void encode_head(StateWriter& out) const;

  const Object& initial_;
  Options options_;
  PrincipalId self_{};
  SharedMembership first_;  ///< The deployment's, which is epoch 1.

  // Durable, or a function of what is.
  EpochFacts facts_;
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
  bool epoch_changed_ = false;
  bool life_changed_ = false;
  Index changed_from_ = 0;  ///< 0: no entry.
  bool image_taken_ = false;

  // Volatile.
  Index verified_ = 0;  ///< The log agrees with the head's up to here.
  std::map<PrincipalId, Feed> feeds_;
  std::optional<Head> head_;
  bool head_heard_ = false;   ///< Since the watch timer was set.
  std::uint32_t asking_ = 0;  ///< The master was asked; 0: nothing is under way.
  std::uint64_t questions_ = 0;
  std::optional<SentImage> image_{};  ///< While a transfer needs it.
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

}  // namespace parley::chain
