// SPDX-License-Identifier: Apache-2.0
//
// What only the leader of an epoch does: it adds entries and sends them on, commits
// what a write quorum has, finds out who is silent, and makes room for those who
// came back.
#include <algorithm>
#include <functional>

#include "plugins/backend/vertical_paxos/notes.h"
#include "plugins/backend/vertical_paxos/vertical_paxos.h"

namespace parley::vertical_paxos {

/// Effect: the log goes on with these, in this epoch. Returns the last one's index.
Index VerticalPaxos::append_own(EntryKind kind, const std::vector<SharedBytes>& methods,
                                Effects& effects) {
  changed_from(log_.last() + 1);
  for (const SharedBytes& method : methods) {
    log_.append({epoch(), kind, method});
    const Position place = log_.tip();
    effects.push_back(Note{&ado_notes::append, {place.time, place.version, 0}, method});
  }
  verified_ = log_.last();
  note_place(epoch(), effects);
  return log_.last();
}

void VerticalPaxos::on_beat_timer(Effects& effects) {
  if (std::holds_alternative<Gathering>(role_)) return on_gathering_beat(effects);
  Leader* leader = leading();
  if (leader == nullptr) return;
  effects.push_back(SetTimer{timer_beat, options_.heartbeat, options_.heartbeat});
  rewind_stuck(effects);
  improve_epoch(count_silence(effects), effects);
  if (++leader->beats >= beats_per_look) {
    leader->beats = 0;
    look_for_epoch(effects);
  }
  leader->confirmed == leader->round ? begin_round(effects) : heartbeats(effects);
}

/// Effect: who lacks something and got no further since the last heartbeat is to
/// say again up to where it agrees.
void VerticalPaxos::rewind_stuck(Effects& effects) {
  for (auto& [id, peer] : leading()->peers) {
    if (!std::exchange(peer.active, false) && peer.match < verified_) {
      effects.push_back(Note{&notes::resent, {id.value, peer.match + 1}});
      peer.probing = true;
      peer.asked = false;
    }
  }
}

void VerticalPaxos::begin_round(Effects& effects) {
  ++leading()->round;
  heartbeats(effects);
  confirm_rounds(effects);
}

void VerticalPaxos::heartbeats(Effects& effects) {
  for (auto& [id, peer] : leading()->peers) heartbeat(id, peer, effects);
}

void VerticalPaxos::heartbeat(PrincipalId to, Peer& peer, Effects& effects) {
  const Index previous = std::max(peer.match, log_.base());
  effects.push_back(message_to(
      to, Accept{epoch(), leading()->round, previous, log_.time_at(previous), commit_, {}}));
  if (peer.match >= commit_) peer.commit_told = commit_;
}

/// Effect: the node is sent what it lacks, as far as its window allows.
void VerticalPaxos::serve(PrincipalId to, Peer& peer, Effects& effects) {
  while (!peer.probing && peer.next > log_.base() && peer.next <= verified_ &&
         log_.bytes_between(std::max(peer.match, log_.base()), peer.next - 1) < window_bytes) {
    send_entries(to, peer, effects);
  }
  if (peer.commit_told < commit_ && peer.match >= commit_) heartbeat(to, peer, effects);
}

void VerticalPaxos::serve_all(Effects& effects) {
  for (auto& [id, peer] : leading()->peers) serve(id, peer, effects);
}

/// Effect: one message of entries from the next one on. Precondition: base < next <= last.
void VerticalPaxos::send_entries(PrincipalId to, Peer& peer, Effects& effects) {
  const Index previous = peer.next - 1;
  Accept message{epoch(), leading()->round, previous, log_.time_at(previous), commit_, {}};
  do {
    message.entries.push_back(log_.entry(peer.next++));
  } while (peer.next <= verified_ && message.entries.size() < entries_per_message_max &&
           log_.bytes_between(previous, peer.next) <= message_bytes_max);
  if (peer.next > commit_) peer.commit_told = commit_;
  peer.active = true;
  effects.push_back(message_to(to, message));
}

void VerticalPaxos::on_accepted(PrincipalId issuer, Accepted message, Effects& effects) {
  if (!current(issuer, message.epoch, effects)) return;
  Leader* leader = leading();
  // Beyond what this life knows: a lie, or an answer to an earlier life.
  const bool expected = leader != nullptr && leader->peers.contains(issuer) &&
                        message.index <= verified_ && message.round <= leader->round;
  if (!expected) return late(issuer, Accepted::type, effects);
  Peer& peer = leader->peers.at(issuer);
  peer.silent = 0;
  peer.round = std::max(peer.round, message.round);
  if (message.index > peer.match) peer.active = true;
  peer.match = std::max(peer.match, message.index);
  if (message.matched) {
    peer.next = peer.probing ? peer.match + 1 : std::max(peer.next, peer.match + 1);
    peer.probing = peer.asked = false;
    serve(issuer, peer, effects);
  } else if (message.index == peer.match && !peer.asked) {
    send_missing(issuer, peer, effects);
  }
  advance_commit(effects);
  confirm_rounds(effects);
}

/// Effect: one message from where the node agrees on; or, where that is gone from
/// the log, the first part of an image.
void VerticalPaxos::send_missing(PrincipalId to, Peer& peer, Effects& effects) {
  peer.asked = peer.probing = peer.active = true;
  peer.next = peer.match + 1;
  if (peer.next > log_.base()) {
    if (peer.next <= verified_) send_entries(to, peer, effects);
    return;
  }
  prepare_portion(peer.match);
  effects.push_back(
      Note{&notes::portion_offered,
           {to.value, outgoing_->name.after, outgoing_->name.last, outgoing_->bytes.size()}});
  send_chunk(to, 0, effects);
}

/// The greatest value that a write quorum of the members has reached.
template <class Value>
Value VerticalPaxos::held_by_write_quorum(Value own, Value Peer::*field) const {
  std::vector<Value> values{own};
  for (const auto& [id, peer] : std::get<Leader>(role_).peers) {
    if (membership().members.contains(id)) values.push_back(peer.*field);
  }
  std::size_t needed = write_size(options_.write_quorum, values.size());
  if (mutated(Mutation::SmallerWriteQuorum) && needed > 1) --needed;
  std::sort(values.begin(), values.end(), std::greater<>{});
  return values[needed - 1];
}

/// A round that a write quorum confirmed shows that until it began no later epoch
/// had a leader: that one's read quorum of this epoch has one of them in it.
void VerticalPaxos::confirm_rounds(Effects& effects) {
  Leader& leader = *leading();
  const std::uint64_t round = held_by_write_quorum(leader.round, &Peer::round);
  if (round <= leader.confirmed) return;
  leader.confirmed = round;
  answer_reads(leader, effects);
  // Reads that came during this round need one that begins after them.
  const bool wanted = !leader.reads.empty() && leader.reads.back().round > leader.round;
  if (wanted && round == leader.round) begin_round(effects);
}

/// Effect: what a write quorum has is committed. Entries of earlier epochs commit
/// with one of this epoch after them.
void VerticalPaxos::advance_commit(Effects& effects) {
  Leader& leader = *leading();
  const Index index = held_by_write_quorum(verified_, &Peer::match);
  if (index <= commit_ || (index < leader.first && !mutated(Mutation::NoBarrier))) return;
  commit_to(index, effects);
  answer_reads(leader, effects);
  serve_all(effects);
}

/// Members that were silent for too long. Effect: such joiners are forgotten.
PrincipalSet VerticalPaxos::count_silence(Effects& effects) {
  PrincipalSet silent;
  auto& peers = leading()->peers;
  for (auto peer = peers.begin(); peer != peers.end();) {
    const auto here = peer++;
    const PrincipalId id = here->first;
    const bool is_silent = ++here->second.silent > options_.silent_heartbeats_max;
    if (!is_silent || membership().learners.contains(id)) continue;
    if (membership().members.contains(id)) {
      silent.insert(id);
      continue;
    }
    effects.push_back(Note{&notes::joiner_dropped, {id.value}});
    peers.erase(here);
  }
  return silent;
}

/// Effect: tells the master that a write quorum has the state; once it knows, asks
/// for an epoch without who is silent, or with who was caught up.
void VerticalPaxos::improve_epoch(const PrincipalSet& silent, Effects& effects) {
  if (asking_ > 0) return;
  const bool transferred =
      commit_ >= leading()->first || mutated(Mutation::CompletesBeforeTransfer);
  if (transferred && history_.completed() < epoch()) {
    effects.push_back(Note{&notes::epoch_transferred, {epoch()}});
    return ask_master({.kind = ConfigurationCallKind::Complete, .epoch = Epoch{epoch()}}, effects);
  }
  std::vector<PrincipalId> order;
  for (const PrincipalId member : membership().order) {
    if (!silent.contains(member)) order.push_back(member);
  }
  if (!silent.empty()) return propose(silent, std::move(order), effects);
  if (!transferred) return;
  for (const auto& [id, peer] : leading()->peers) {
    const bool joins = !membership().members.contains(id) && !membership().learners.contains(id);
    if (joins && peer.match >= commit_) order.push_back(id);
  }
  const bool exhausted = log_.tip().version > version_max;
  if (order.size() > membership().order.size() || exhausted) {
    propose({}, std::move(order), effects);
  }
}

}  // namespace parley::vertical_paxos
