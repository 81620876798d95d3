// SPDX-License-Identifier: Apache-2.0
//
// Dispatch and start.
#include "plugins/backend/chain/chain.h"

#include "core/base/assert.h"
#include "core/base/overloaded.h"

namespace parley::chain {

void Chain::step(const Input& input, Effects& effects) {
  const std::size_t before = effects.size();
  std::visit(overloaded{
                 [&](const Start& start) { on_start(start, effects); },
                 [&](const Deliver& deliver) { on_deliver(deliver, effects); },
                 [&](const Submit& submit) { on_submit(submit, effects); },
                 [&](const Answered& answered) { on_answered(answered, effects); },
                 [&](const TimerFired& fired) { on_timer(fired.timer, effects); },
                 [](const Drawn&) { PARLEY_ASSERT(false && "this machine draws nothing"); },
                 [&](const MembershipChanged& change) {
                   effects.push_back(
                       Note{&options_.notes->membership_fixed, {change.membership->epoch.value}});
                 },
             },
             input);
  persist(before, effects);
}

void Chain::on_start(const Start& start, Effects& effects) {
  self_ = start.self;
  first_ = start.membership;
  facts_ = {*start.membership, start.membership->epoch.value, start.membership->members};
  recover(start.recovered, effects);
  if (epoch() != first_->epoch.value) announce_members(effects);
  const Position tip = log_.tip();
  const bool in_epoch = tip.time == epoch();
  verified_ = in_epoch || head_id() == self_ ? log_.last() : commit_;
  if (head_id() != self_) {
    watch(effects);
  } else if (last_record_.value == 0) {
    epoch_changed_ = true;
    note_promise(effects);
    take_over(effects);
  } else {
    head_ = Head{.first = in_epoch ? log_.last() - tip.version + 1 : log_.last() + 1};
    effects.push_back(SetTimer{timer_heartbeat, options_.heartbeat, options_.heartbeat});
  }
  begin_feeds();
  serve_all(effects);
  advance(0, effects);
}

void Chain::on_deliver(const Deliver& deliver, Effects& effects) {
  if (deliver.issuer == self_) return malformed(deliver.issuer, deliver.type, effects);
  const auto handle = [&]<class Message>(void (Chain::*handler)(PrincipalId, Message, Effects&)) {
    std::optional<Message> message = decode<Message>(deliver.record);
    if (!message) return malformed(deliver.issuer, deliver.type, effects);
    (this->*handler)(deliver.issuer, *std::move(message), effects);
  };
  switch (deliver.type.value) {
    case Entries::type.value:
      return handle(&Chain::on_entries);
    case Received::type.value:
      return handle(&Chain::on_received);
    case Heartbeat::type.value:
      return handle(&Chain::on_heartbeat);
    case HeartbeatAnswer::type.value:
      return handle(&Chain::on_heartbeat_answer);
    case Hello::type.value:
      return handle(&Chain::on_hello);
    case ImageChunk::type.value:
      return handle(&Chain::on_image_chunk);
    case ChunkReceived::type.value:
      return handle(&Chain::on_chunk_received);
    default:
      return malformed(deliver.issuer, deliver.type, effects);
  }
}

void Chain::on_timer(TimerId timer, Effects& effects) {
  if (timer == timer_heartbeat) return on_heartbeat_timer(effects);
  if (timer == timer_watch) return on_watch_timer(effects);
  on_calls_timer(effects);
}

/// Whether the message is of this node's epoch. Those of others have no effect: an
/// older one is told so, and of a later one the master knows more.
bool Chain::current(PrincipalId issuer, Time said, Effects& effects) {
  if (said == epoch() || mutated(Mutation::UncheckedEpoch)) return true;
  if (said < epoch()) {
    effects.push_back(Note{&options_.notes->fenced, {issuer.value, said}});
    effects.push_back(message_to(issuer, Hello{epoch()}));
  } else {
    effects.push_back(Note{&options_.notes->behind, {issuer.value, said}});
    look_for_epoch(effects);
  }
  return false;
}

void Chain::malformed(PrincipalId issuer, StatementType type, Effects& effects) const {
  effects.push_back(Note{&options_.notes->malformed, {issuer.value, type.value}});
}

void Chain::late(PrincipalId issuer, StatementType type, Effects& effects) const {
  effects.push_back(Note{&options_.notes->late, {issuer.value, type.value}});
}

}  // namespace parley::chain
