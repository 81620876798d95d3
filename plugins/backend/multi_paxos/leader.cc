// SPDX-License-Identifier: Apache-2.0
//
// Leading: appending, replicating in a window for each follower, committing, and
// knowing by rounds of heartbeats that nobody else leads.
#include <algorithm>

#include "core/base/assert.h"
#include "plugins/backend/multi_paxos/multi_paxos.h"
#include "plugins/backend/multi_paxos/notes.h"

namespace parley::multi_paxos {
namespace {

constexpr TimerId hold_timer(std::uint64_t round) {
  return round % 2 == 0 ? timer_hold_even : timer_hold_odd;
}

SharedBytes encode_set(const PrincipalSet& set) {
  Bytes bytes;
  Writer{bytes}.principals(set);
  return SharedBytes{bytes};
}

}  // namespace

/// Effect: this member leads in the ballot it was elected in.
void MultiPaxos::lead(Effects& effects) {
  const Candidate candidate = std::get<Candidate>(role_);
  const Position base = log_.tip();
  effects.push_back(Note{&ado_notes::elected,
                         {candidate.ballot, base.time, base.version, 0},
                         encode_set(candidate.voters & membership().members)});
  effects.push_back(Note{&notes::became_leader, {candidate.ballot}});
  effects.push_back(CancelTimer{timer_election});
  if (held_) effects.push_back(CancelTimer{timer_wait});
  held_.reset();
  leader_.reset();
  incoming_.reset();
  Leader leader{.ballot = candidate.ballot, .first = log_.last() + 1};
  peers().for_each([&](PrincipalId to) { leader.peers[to].next = leader.first; });
  role_ = std::move(leader);
  // Inherited entries commit only with one of this ballot (ado push, Raft figure 8).
  append_own(EntryKind::NoOp, {SharedBytes{}}, effects);
  effects.push_back(SetTimer{timer_heartbeat, options_.heartbeat, options_.heartbeat});
  std::vector<Pull> waiting;
  waiting.swap(pulls_);
  for (const Pull& pull : waiting) open_branch(pull, effects);
  begin_round(effects);
  advance_commit(effects);
}

void MultiPaxos::step_down(Effects& effects) {
  const Leader role = std::move(std::get<Leader>(role_));
  effects.push_back(Note{&notes::stepped_down, {role.ballot, promised_}});
  for (const Push& push : role.pushes) {
    effects.push_back(Note{&notes::push_unknown, {push.index}});
    reply(push.request, {.kind = OutcomeKind::Unknown}, effects);
  }
  for (const Read& read : role.reads) reply(read.request, {.kind = OutcomeKind::Stale}, effects);
  branches_.clear();
  branches_bytes_ = 0;
  for (const TimerId timer : {timer_heartbeat, timer_hold_even, timer_hold_odd}) {
    effects.push_back(CancelTimer{timer});
  }
  leader_.reset();
  follow(effects);
}

/// Effect: entries of this ballot end the log, durable with this step. Returns
/// the index of the last. Precondition: at least one.
Index MultiPaxos::append_own(EntryKind kind, const std::vector<SharedBytes>& methods,
                             Effects& effects) {
  const Ballot ballot = std::get<Leader>(role_).ballot;
  const Index first = log_.last() + 1;
  for (const SharedBytes& bytes : methods) {
    append({ballot, kind, bytes});
    const Position tip = log_.tip();
    if (kind == EntryKind::Configuration) {
      const Membership& now = membership();
      effects.push_back(Note{&ado_notes::reconfigure,
                             {tip.time, tip.version, now.epoch.value},
                             encode_set(now.members)});
    } else {
      effects.push_back(Note{&ado_notes::append, {tip.time, tip.version, 0}, bytes});
    }
  }
  persist_entries(first, effects);
  note_place(ballot, effects);
  return log_.last();
}

/// The greatest value that a quorum of the members has reached; of this member it
/// is `own`.
template <class Value>
Value MultiPaxos::held_by_quorum(const PrincipalSet& members, Value own, Value Peer::*field) const {
  const Leader& role = std::get<Leader>(role_);
  std::vector<Value> values;
  if (members.contains(self_)) values.push_back(own);
  for (const auto& [id, peer] : role.peers) {
    if (members.contains(id)) values.push_back(peer.*field);
  }
  const std::size_t quorum = commit_quorum(members.size());
  if (values.size() < quorum) return Value{};
  std::sort(values.begin(), values.end(), std::greater<>{});
  return values[quorum - 1];
}

/// Up to where a quorum has the log. What comes before new members is a matter of
/// those before them.
Index MultiPaxos::replicated() const {
  Index end = log_.last();
  for (auto config = configs_.rbegin(); config != configs_.rend(); ++config) {
    const Index index = held_by_quorum(config->membership->members, log_.last(), &Peer::match);
    if (index >= config->index) return std::min(index, end);
    end = config->index - 1;
  }
  return 0;
}

void MultiPaxos::advance_commit(Effects& effects) {
  const Index index = replicated();
  const Leader& role = std::get<Leader>(role_);
  const bool own = index >= role.first || mutated(Mutation::CommitsInherited);
  if (index > commit_ && own) {
    commit_to(index, effects);
    answer_reads(effects);
  }
  serve_all(effects);
  if (is_member() || configs_.back().index > commit_) return;
  effects.push_back(Note{&notes::removed, {role.ballot}});
  step_down(effects);
}

// Rounds of heartbeats. A round that a quorum acknowledged shows that nobody else
// was elected before it began, and gives a lease from then on.

/// Effect: the next round begins, and its Hold. Precondition: none is offered.
void MultiPaxos::begin_round(Effects& effects) {
  Leader& role = std::get<Leader>(role_);
  PARLEY_ASSERT(!role.offered);
  ++role.round;
  if (options_.lease > Duration{0}) {
    role.offered = role.round;
    effects.push_back(SetTimer{hold_timer(role.round),
                               options_.lease,
                               options_.lease,
                               {LeaseTag::Side::Hold, role.ballot}});
  }
  for (auto& [id, peer] : role.peers) send_heartbeat(id, peer, effects);
  confirm_rounds(effects);
}

void MultiPaxos::acknowledge_round(PrincipalId issuer, Peer& peer, std::uint64_t round,
                                   Effects& effects) {
  peer.heard = true;
  if (round <= peer.round) return;
  peer.round = round;
  if (membership().members.contains(issuer)) confirm_rounds(effects);
}

void MultiPaxos::confirm_rounds(Effects& effects) {
  Leader& role = std::get<Leader>(role_);
  const std::uint64_t round = held_by_quorum(membership().members, role.round, &Peer::round);
  if (round <= role.round_confirmed) return;
  role.round_confirmed = round;
  role.silent_heartbeats = 0;
  if (role.offered && *role.offered <= round) {
    if (role.lease) effects.push_back(CancelTimer{hold_timer(*role.lease)});
    role.lease = role.offered;
    role.offered.reset();
  }
  answer_reads(effects);
  // Reads that came during this round need one that begins after them.
  const bool wanted = !role.reads.empty() && role.reads.back().round > role.round;
  if (wanted && !role.lease && round == role.round) begin_round(effects);
}

void MultiPaxos::on_hold_over(TimerId timer, Effects& effects) {
  Leader* role = std::get_if<Leader>(&role_);
  if (role == nullptr) return;
  effects.push_back(Note{&notes::lease_expired, {role->ballot}});
  if (role->offered && hold_timer(*role->offered) == timer) {
    // It began later than the lease of the round before, which is over as well.
    role->offered.reset();
    if (role->lease) effects.push_back(CancelTimer{hold_timer(*role->lease)});
  }
  if (!role->offered || (role->lease && hold_timer(*role->lease) == timer)) role->lease.reset();
}

void MultiPaxos::on_heartbeat_timer(Effects& effects) {
  Leader* role = std::get_if<Leader>(&role_);
  if (role == nullptr) return;
  if (++role->silent_heartbeats > options_.silent_heartbeats_max) {
    effects.push_back(Note{&notes::quorum_silent, {role->ballot}});
    return step_down(effects);
  }
  for (auto& [id, peer] : role->peers) {
    if (!peer.heard && !peer.in_flight.empty()) {
      effects.push_back(Note{&notes::resent, {id.value, peer.unanswered}});
      peer.next = peer.probing ? peer.unanswered : peer.match + 1;
      peer.in_flight.clear();
      peer.probing = true;
    }
    peer.heard = false;
    if (!peer.transfer) continue;
    if (!peer.transfer->moved) peer.transfer->sent = peer.transfer->acknowledged;
    peer.transfer->moved = false;
  }
  effects.push_back(SetTimer{timer_heartbeat, options_.heartbeat, options_.heartbeat});
  const bool leases = options_.lease > Duration{0};
  const bool next = leases ? !role->offered : role->round_confirmed == role->round;
  if (next) {
    begin_round(effects);
  } else {
    for (auto& [id, peer] : role->peers) send_heartbeat(id, peer, effects);
  }
}

// Replication.

/// Where a message that begins at `first` ends, for its bytes to be bounded.
Index MultiPaxos::end_of_message(Index first) const {
  Index last = first;
  std::size_t bytes = log_.entry(first).bytes.size();
  while (last < log_.last() && last - first + 1 < entries_per_message_max) {
    bytes += log_.entry(last + 1).bytes.size() + entry_overhead;
    if (bytes > message_bytes_max) break;
    ++last;
  }
  return last;
}

void MultiPaxos::send_accept(PrincipalId to, Peer& peer, Index previous, Index last,
                             Effects& effects) {
  const Leader& role = std::get<Leader>(role_);
  AcceptEntries message{role.ballot, role.round, previous, log_.time_at(previous), commit_, {}};
  message.entries.reserve(static_cast<std::size_t>(last - previous));
  for (Index index = previous + 1; index <= last; ++index) {
    message.entries.push_back(log_.entry(index));
  }
  peer.commit_told = commit_;
  effects.push_back(message_to(to, message));
}

/// Effect: the follower hears of the leader, and of entries if it has room for them.
void MultiPaxos::send_heartbeat(PrincipalId to, Peer& peer, Effects& effects) {
  if (peer.next <= log_.base()) begin_transfer(to, peer, effects);
  if (peer.transfer) {
    send_accept(to, peer, log_.base(), log_.base(), effects);
    return send_chunks(to, peer, effects);
  }
  if (peer.in_flight.empty() && peer.next <= log_.last()) return send_entries(to, peer, effects);
  probe(to, peer, effects);
}

/// Effect: the follower is asked whether it has all that it was sent.
void MultiPaxos::probe(PrincipalId to, Peer& peer, Effects& effects) {
  send_accept(to, peer, peer.next - 1, peer.next - 1, effects);
}

/// Effect: entries go out while the window has room. While logs are compared, one
/// message at a time.
void MultiPaxos::send_entries(PrincipalId to, Peer& peer, Effects& effects) {
  const std::size_t window = peer.probing ? 1 : window_messages;
  while (peer.in_flight.size() < window && peer.next <= log_.last()) {
    const Index last = end_of_message(peer.next);
    if (peer.in_flight.empty()) peer.unanswered = peer.next;
    send_accept(to, peer, peer.next - 1, last, effects);
    peer.in_flight.push_back(last);
    peer.next = last + 1;
  }
}

/// Effect: whatever the follower may be sent is sent: entries, parts of an image,
/// or what is committed, if nothing else would tell it.
void MultiPaxos::serve(PrincipalId to, Peer& peer, Effects& effects) {
  if (!peer.transfer && peer.next <= log_.base()) begin_transfer(to, peer, effects);
  if (peer.transfer) return send_chunks(to, peer, effects);
  send_entries(to, peer, effects);
  if (!peer.in_flight.empty() || peer.commit_told >= commit_ || peer.match < commit_) return;
  peer.commit_told = commit_;
  effects.push_back(message_to(to, Committed{std::get<Leader>(role_).ballot, commit_}));
}

void MultiPaxos::serve_all(Effects& effects) {
  for (auto& [id, peer] : std::get<Leader>(role_).peers) serve(id, peer, effects);
}

void MultiPaxos::on_accepted(PrincipalId issuer, Accepted message, Effects& effects) {
  Leader* role = std::get_if<Leader>(&role_);
  const auto found = role == nullptr ? decltype(role->peers.end()){} : role->peers.find(issuer);
  if (role == nullptr || role->ballot != message.ballot || found == role->peers.end()) {
    return late(issuer, Accepted::type, effects);
  }
  Peer& peer = found->second;
  const bool absurd =
      (message.matched && message.index > log_.last()) || message.round > role->round;
  if (absurd) return malformed(issuer, Accepted::type, effects);
  acknowledge_round(issuer, peer, message.round, effects);
  if (!message.matched) {
    if (message.index < peer.match || message.index + 1 >= peer.next) {
      // Late or out of order: sending again from what is known to agree is enough.
      return late(issuer, Accepted::type, effects);
    }
    peer.next = message.index + 1;
    peer.in_flight.clear();
    peer.probing = true;
    return serve(issuer, peer, effects);
  }
  peer.probing = false;
  std::erase_if(peer.in_flight, [&](Index last) { return last <= message.index; });
  peer.unanswered = std::max(peer.unanswered, message.index + 1);
  if (message.index > peer.match) {
    peer.match = message.index;
    peer.next = std::max(peer.next, peer.match + 1);
    if (peer.transfer && peer.match >= log_.base()) {
      peer.transfer.reset();
      drop_image_if_unused();
    }
    return advance_commit(effects);
  }
  serve(issuer, peer, effects);
}

}  // namespace parley::multi_paxos
