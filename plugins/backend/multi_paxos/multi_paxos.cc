// SPDX-License-Identifier: Apache-2.0
//
// Dispatch and start.
#include "plugins/backend/multi_paxos/multi_paxos.h"

#include "core/base/assert.h"
#include "core/base/overloaded.h"
#include "plugins/backend/multi_paxos/notes.h"

namespace parley::multi_paxos {

void MultiPaxos::step(const Input& input, Effects& effects) {
  // Before anything else: what a snapshot stands for was decided in earlier steps,
  // so that a crash after this one seldom finds decisions that nobody has seen.
  if (!std::holds_alternative<Start>(input)) compact_if_due(effects);
  std::visit(
      overloaded{
          [&](const Start& start) { on_start(start, effects); },
          [&](const Deliver& deliver) { on_deliver(deliver, effects); },
          [&](const Submit& submit) { on_submit(submit, effects); },
          [](const Answered&) { PARLEY_ASSERT(false && "this machine asks no instance"); },
          [&](const TimerFired& fired) { on_timer(fired.timer, effects); },
          [](const Drawn&) { PARLEY_ASSERT(false && "this machine draws nothing"); },
          [&](const MembershipChanged& change) {
            effects.push_back(Note{&notes::membership_fixed, {change.membership->epoch.value}});
          },
      },
      input);
}

void MultiPaxos::on_start(const Start& start, Effects& effects) {
  self_ = start.self;
  told_ = start.membership;
  told_epoch_ = start.membership->epoch;
  configs_ = {Config{0, start.membership}};
  recover(start.recovered, effects);
  announce_members(effects);
  // The promised ballot's leader may hold a lease that an earlier life of this
  // member acknowledged; of earlier ballots none can, or it had not promised this one.
  const bool owes = options_.lease > Duration{0} && promised_ != 0 && owner_of(promised_) != self_;
  if (owes && !mutated(Mutation::ForgetsLease)) {
    held_ = promised_;
    effects.push_back(SetTimer{
        timer_wait, options_.lease_wait, options_.lease_wait, {LeaseTag::Side::Wait, promised_}});
  }
  set_election_timer(effects);
}

void MultiPaxos::on_deliver(const Deliver& deliver, Effects& effects) {
  if (deliver.issuer == self_) return malformed(deliver.issuer, deliver.type, effects);
  const auto handle =
      [&]<class Message>(void (MultiPaxos::*handler)(PrincipalId, Message, Effects&)) {
        std::optional<Message> message = decode<Message>(deliver.record);
        if (!message) return malformed(deliver.issuer, deliver.type, effects);
        (this->*handler)(deliver.issuer, *std::move(message), effects);
      };
  switch (deliver.type.value) {
    case AskVote::type.value:
      return handle(&MultiPaxos::on_ask_vote);
    case Vote::type.value:
      return handle(&MultiPaxos::on_vote);
    case Refused::type.value:
      return handle(&MultiPaxos::on_refused);
    case AcceptEntries::type.value:
      return handle(&MultiPaxos::on_accept_entries);
    case Accepted::type.value:
      return handle(&MultiPaxos::on_accepted);
    case Committed::type.value:
      return handle(&MultiPaxos::on_committed);
    case AskResign::type.value:
      return handle(&MultiPaxos::on_ask_resign);
    case ResignAnswer::type.value:
      return handle(&MultiPaxos::on_resign_answer);
    case ImageChunk::type.value:
      return handle(&MultiPaxos::on_image_chunk);
    case ChunkReceived::type.value:
      return handle(&MultiPaxos::on_chunk_received);
    default:
      return malformed(deliver.issuer, deliver.type, effects);
  }
}

void MultiPaxos::on_timer(TimerId timer, Effects& effects) {
  if (timer == timer_heartbeat) return on_heartbeat_timer(effects);
  if (timer == timer_election) return on_election_timer(effects);
  if (timer == timer_hold_even || timer == timer_hold_odd) return on_hold_over(timer, effects);
  if (timer == timer_wait) return on_wait_over(effects);
  on_calls_timer(effects);
}

void MultiPaxos::malformed(PrincipalId issuer, StatementType type, Effects& effects) const {
  effects.push_back(Note{&notes::malformed, {issuer.value, type.value}});
}

void MultiPaxos::late(PrincipalId issuer, StatementType type, Effects& effects) const {
  effects.push_back(Note{&notes::late, {issuer.value, type.value}});
}

}  // namespace parley::multi_paxos
