// SPDX-License-Identifier: Apache-2.0
//
// From leader by the master's word to leader by its log: a read quorum of every
// epoch since the last completed one obeys the new epoch, and the greatest of their
// logs is here.
#include <algorithm>

#include "plugins/backend/vertical_paxos/notes.h"
#include "plugins/backend/vertical_paxos/vertical_paxos.h"

namespace parley::vertical_paxos {

void VerticalPaxos::begin_gathering(Effects& effects) {
  role_ = Gathering{.votes = {{self_, log_.tip()}}};
  effects.push_back(SetTimer{timer_beat, options_.heartbeat, options_.heartbeat});
  try_to_lead(effects);
  if (const auto* gathering = std::get_if<Gathering>(&role_)) ask_promises(*gathering, effects);
}

void VerticalPaxos::ask_promises(const Gathering& gathering, Effects& effects) const {
  PrincipalSet asked = members_since(history_.completed());
  for (const auto& [voter, last] : gathering.votes) asked.erase(voter);
  asked.for_each([&](PrincipalId to) { effects.push_back(message_to(to, Epochs{history_})); });
}

void VerticalPaxos::on_promise(PrincipalId issuer, Promise message, Effects& effects) {
  if (!current(issuer, message.epoch, effects)) return;
  if (Leader* leader = leading(); leader != nullptr && leader->peers.contains(issuer)) {
    // Too late for a vote; it can follow from here.
    Peer& peer = leader->peers.at(issuer);
    peer.silent = 0;
    return heartbeat(issuer, peer, effects);
  }
  auto* gathering = std::get_if<Gathering>(&role_);
  if (gathering == nullptr || !members_since(history_.completed()).contains(issuer)) {
    return late(issuer, Promise::type, effects);
  }
  gathering->votes.insert_or_assign(issuer, message.last);
  try_to_lead(effects);
}

/// Effect: leads, or fetches what it lacks, if enough have promised.
void VerticalPaxos::try_to_lead(Effects& effects) {
  auto* gathering = std::get_if<Gathering>(&role_);
  if (gathering == nullptr || gathering->source) return;
  PrincipalSet voters;
  PrincipalId greatest = self_;
  for (const auto& [voter, last] : gathering->votes) {
    voters.insert(voter);
    if (last > gathering->votes.at(greatest)) greatest = voter;
  }
  // Vertical Paxos I: phase 1 reads every configuration that may have chosen something.
  if (!reads_all(voters, history_.epochs.size() - 1)) return;
  const Position last = gathering->votes.at(greatest);
  if (last > log_.tip() && !mutated(Mutation::AdoptsOwnLog)) {
    effects.push_back(Note{&notes::fetching, {greatest.value, last.time, last.version}});
    gathering->source = greatest;
    gathering->stalled = 0;
    return ask_portion(greatest, effects);
  }
  const Gathering done = std::move(*gathering);
  take_over(done, effects);
}

void VerticalPaxos::on_gathering_beat(Effects& effects) {
  auto& gathering = std::get<Gathering>(role_);
  effects.push_back(SetTimer{timer_beat, options_.heartbeat, options_.heartbeat});
  look_for_epoch(effects);
  ask_promises(gathering, effects);
  if (!gathering.source) return;
  if (incoming_ && std::exchange(incoming_->moved, false)) gathering.stalled = 0;
  if (++gathering.stalled <= options_.silent_heartbeats_max) {
    return ask_portion(*gathering.source, effects);
  }
  // What others promised may be enough without it.
  effects.push_back(Note{&notes::fetch_given_up, {gathering.source->value}});
  gathering.votes.erase(*gathering.source);
  gathering.source.reset();
  incoming_.reset();
  try_to_lead(effects);
}

/// Effect: owns its epoch, on the log it has. Precondition: that is no less than
/// the log of any voter, and the voters are enough.
void VerticalPaxos::take_over(const Gathering& gathering, Effects& effects) {
  const Position base = log_.tip();
  // A log with entries of an epoch shows everything committed before that epoch.
  const PrincipalSet counted = members_since(std::max(history_.completed(), base.time));
  PrincipalSet voters;
  for (const auto& [voter, last] : gathering.votes) {
    if (counted.contains(voter)) voters.insert(voter);
  }
  Bytes detail;
  Writer{detail}.principals(voters);
  effects.push_back(
      Note{&ado_notes::elected, {epoch(), base.time, base.version, 0}, SharedBytes{detail}});
  const Index first = log_.last() + 1;
  effects.push_back(Note{&notes::took_over, {epoch(), first}});
  if (!mutated(Mutation::NoBarrier)) append_own(EntryKind::Barrier, {{}}, effects);
  Leader& leader = lead(first, effects);
  for (const auto& [voter, last] : gathering.votes) {
    const auto peer = leader.peers.find(voter);
    // Logs that end at one place of the tree are equal.
    if (peer == leader.peers.end() || last != base) continue;
    peer->second.match = first - 1;
    peer->second.next = first;
    peer->second.probing = false;
  }
  begin_round(effects);
  serve_all(effects);
  advance_commit(effects);
  if (mutated(Mutation::CompletesBeforeTransfer)) improve_epoch({}, effects);
}

/// Effect: leads this epoch, in which its log has entries from `first` on.
VerticalPaxos::Leader& VerticalPaxos::lead(Index first, Effects& effects) {
  verified_ = log_.last();
  Leader leader{.first = first};
  PrincipalSet fed = membership().members | membership().learners;
  fed.erase(self_);
  fed.for_each([&](PrincipalId to) { leader.peers.emplace(to, Peer{.next = verified_ + 1}); });
  role_ = std::move(leader);
  effects.push_back(SetTimer{timer_beat, options_.heartbeat, options_.heartbeat});
  return std::get<Leader>(role_);
}

}  // namespace parley::vertical_paxos
