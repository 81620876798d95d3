// SPDX-License-Identifier: Apache-2.0
//
// Dispatch and start.
#include "plugins/backend/vertical_paxos/vertical_paxos.h"

#include "core/base/assert.h"
#include "core/base/overloaded.h"
#include "plugins/backend/vertical_paxos/notes.h"

namespace parley::vertical_paxos {

void VerticalPaxos::step(const Input& input, Effects& effects) {
  // What a snapshot stands for was decided in earlier steps, so that a crash after
  // this one seldom finds decisions that nobody has seen.
  if (!std::holds_alternative<Start>(input)) compact_if_due(effects);
  const std::size_t before = effects.size();
  std::visit(
      overloaded{
          [&](const Start& start) { on_start(start, effects); },
          [&](const Deliver& deliver) { on_deliver(deliver, effects); },
          [&](const Submit& submit) { on_submit(submit, effects); },
          [&](const Answered& answered) { on_answered(answered, effects); },
          [&](const TimerFired& fired) { on_timer(fired.timer, effects); },
          [](const Drawn&) { PARLEY_ASSERT(false && "this machine draws nothing"); },
          [&](const MembershipChanged& change) {
            effects.push_back(Note{&notes::membership_fixed, {change.membership->epoch.value}});
          },
      },
      input);
  persist(before, effects);
}

void VerticalPaxos::on_start(const Start& start, Effects& effects) {
  self_ = start.self;
  first_ = start.membership;
  history_ = {{*first_}};
  if (!options_.write_quorum_known) effects.push_back(Note{&notes::unknown_write_quorum});
  recover(start.recovered, effects);
  verified_ = commit_;
  if (epoch() != first_->epoch.value) announce_members(effects);
  if (leader_id() != self_) return watch(effects);
  const Position tip = log_.tip();
  if (tip.time == epoch()) {
    // Its barrier was durable with what made it the leader.
    effects.push_back(Note{&notes::resumed, {epoch()}});
    lead(log_.last() - tip.version + 1, effects);
    begin_round(effects);
    return advance_commit(effects);
  }
  if (last_record_.value == 0) {
    history_changed_ = true;
    note_promise(effects);
  }
  begin_gathering(effects);
}

void VerticalPaxos::on_deliver(const Deliver& deliver, Effects& effects) {
  if (deliver.issuer == self_) return malformed(deliver.issuer, deliver.type, effects);
  const auto handle =
      [&]<class Message>(void (VerticalPaxos::*handler)(PrincipalId, Message, Effects&)) {
        std::optional<Message> message = decode<Message>(deliver.record);
        if (!message) return malformed(deliver.issuer, deliver.type, effects);
        (this->*handler)(deliver.issuer, *std::move(message), effects);
      };
  switch (deliver.type.value) {
    case Epochs::type.value:
      return handle(&VerticalPaxos::on_epochs);
    case Promise::type.value:
      return handle(&VerticalPaxos::on_promise);
    case Accept::type.value:
      return handle(&VerticalPaxos::on_accept);
    case Accepted::type.value:
      return handle(&VerticalPaxos::on_accepted);
    case Hello::type.value:
      return handle(&VerticalPaxos::on_hello);
    case Fetch::type.value:
      return handle(&VerticalPaxos::on_fetch);
    case Chunk::type.value:
      return handle(&VerticalPaxos::on_chunk);
    default:
      return malformed(deliver.issuer, deliver.type, effects);
  }
}

void VerticalPaxos::on_timer(TimerId timer, Effects& effects) {
  if (timer == timer_calls) return on_calls_timer(effects);
  if (asking_ > 0) --asking_;
  drop_unasked_portion();
  timer == timer_watch ? on_watch_timer(effects) : on_beat_timer(effects);
}

/// Whether the message is of this node's epoch. Those of others have no effect: who
/// is in an older one is told of this one, and who is in a later one asked for it.
bool VerticalPaxos::current(PrincipalId issuer, Time said, Effects& effects) {
  if (said == epoch()) return true;
  if (said < epoch() && mutated(Mutation::AcceptsBelowEpoch)) return true;
  if (said < epoch()) {
    effects.push_back(Note{&notes::fenced, {issuer.value, said}});
    effects.push_back(message_to(issuer, Epochs{history_}));
  } else {
    effects.push_back(Note{&notes::behind, {issuer.value, said}});
    effects.push_back(message_to(issuer, Hello{epoch()}));
  }
  return false;
}

void VerticalPaxos::malformed(PrincipalId issuer, StatementType type, Effects& effects) const {
  effects.push_back(Note{&notes::malformed, {issuer.value, type.value}});
}

void VerticalPaxos::late(PrincipalId issuer, StatementType type, Effects& effects) const {
  effects.push_back(Note{&notes::late, {issuer.value, type.value}});
}

}  // namespace parley::vertical_paxos
