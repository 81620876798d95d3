// SPDX-License-Identifier: Apache-2.0
//
// What only the head of an epoch does: it adds entries, tells everybody that it is
// there, finds out who is not, and makes room for those who came back.
#include "plugins/backend/chain/chain.h"

namespace parley::chain {

/// Effect: the log goes on with these, in this epoch. Returns the last one's index.
Index Chain::append_own(EntryKind kind, const std::vector<SharedBytes>& methods, Effects& effects) {
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

void Chain::on_heartbeat_timer(Effects& effects) {
  if (!head_) return;
  effects.push_back(SetTimer{timer_heartbeat, options_.heartbeat, options_.heartbeat});
  if (asking_ > 0) --asking_;
  resend(effects);
  drop_silent_joiners(effects);
  const PrincipalSet silent = silent_members();
  if (!silent.empty()) {
    propose_without(silent, effects);
  } else {
    improve_epoch(effects);
  }
  if (head_->confirmed == head_->round) return begin_round(effects);
  send_heartbeats(effects);
}

void Chain::begin_round(Effects& effects) {
  ++head_->round;
  send_heartbeats(effects);
  confirm_rounds(effects);
}

void Chain::send_heartbeats(Effects& effects) {
  const Heartbeat heartbeat{epoch(), head_->round, commit_};
  for (const auto& [id, member] : head_->members) effects.push_back(message_to(id, heartbeat));
  for (const auto& [id, joiner] : head_->joiners) effects.push_back(message_to(id, heartbeat));
  membership().learners.for_each([&](PrincipalId id) {
    if (id != self_) effects.push_back(message_to(id, heartbeat));
  });
}

void Chain::on_heartbeat_answer(PrincipalId issuer, HeartbeatAnswer message, Effects& effects) {
  if (!current(issuer, message.epoch, effects)) return;
  if (!head_) return late(issuer, HeartbeatAnswer::type, effects);
  if (message.round > head_->round) return late(issuer, HeartbeatAnswer::type, effects);
  if (const auto joiner = head_->joiners.find(issuer); joiner != head_->joiners.end()) {
    joiner->second.silent = 0;
  }
  const auto member = head_->members.find(issuer);
  if (member == head_->members.end()) return;
  member->second.silent = 0;
  if (message.round <= member->second.round) return;
  member->second.round = message.round;
  confirm_rounds(effects);
}

/// A round that all members confirmed shows that until it began no later epoch had
/// a head: whoever it is was one of them.
void Chain::confirm_rounds(Effects& effects) {
  std::uint64_t round = head_->round;
  for (const auto& [id, member] : head_->members) round = std::min(round, member.round);
  if (round <= head_->confirmed) return;
  head_->confirmed = round;
  answer_reads(effects);
  // Reads that came during this round need one that begins after them.
  const bool wanted = !head_->reads.empty() && head_->reads.back().round > head_->round;
  if (wanted && round == head_->round) begin_round(effects);
}

PrincipalSet Chain::silent_members() {
  PrincipalSet silent;
  for (auto& [id, member] : head_->members) {
    if (++member.silent > options_.silent_heartbeats_max) silent.insert(id);
  }
  return silent;
}

void Chain::drop_silent_joiners(Effects& effects) {
  for (auto joiner = head_->joiners.begin(); joiner != head_->joiners.end();) {
    if (++joiner->second.silent <= options_.silent_heartbeats_max) {
      ++joiner;
      continue;
    }
    effects.push_back(Note{&options_.notes->joiner_dropped, {joiner->first.value}});
    feeds_.erase(joiner->first);
    joiner = head_->joiners.erase(joiner);
  }
  drop_image_if_unused();
}

/// Effect: tells the master that all members have the state; once it knows, asks
/// for an epoch with whoever was caught up, at the end of the order.
void Chain::improve_epoch(Effects& effects) {
  if (asking_ > 0 || commit_ < head_->first) return;
  if (facts_.completed < epoch()) {
    // The members of epoch 1 were given, and had nothing to take over.
    effects.push_back(Note{&options_.notes->epoch_completed, {epoch()}});
    return ask_master({.kind = ConfigurationCallKind::Complete, .epoch = Epoch{epoch()}}, effects);
  }
  std::vector<PrincipalId> order = membership().order;
  for (const auto& [id, joiner] : head_->joiners) {
    const auto feed = feeds_.find(id);
    if (feed != feeds_.end() && feed->second.match >= commit_) order.push_back(id);
  }
  const bool exhausted = log_.tip().version > version_max;
  if (order.size() > membership().order.size() || exhausted) propose(std::move(order), effects);
}

}  // namespace parley::chain
