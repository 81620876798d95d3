// SPDX-License-Identifier: Apache-2.0
//
// Dispatch, the acceptor, the learner and the log.
#include "plugins/backend/single_paxos/single_paxos.h"

#include <algorithm>

#include "core/base/assert.h"
#include "core/base/overloaded.h"
#include "plugins/backend/single_paxos/notes.h"

namespace parley::single_paxos {
namespace {

template <class Message>
Send answer(PrincipalId to, const Message& message) {
  return {to, Message::type, encode(message)};
}

Note malformed(const Deliver& deliver) {
  return {&notes::malformed, {deliver.issuer.value, deliver.type.value}};
}

void encode_method(Writer& out, const std::optional<SharedBytes>& method) {
  out.u8(method ? 1 : 0);
  if (method) out.bytes(*method);
}

void encode_base(Writer& out, const std::optional<Vote>& base) {
  out.varint(base ? base->ballot : 0);
  if (base) out.bytes(base->method);
}

}  // namespace

void SinglePaxos::step(const Input& input, Effects& effects) {
  std::visit(
      overloaded{
          [&](const Start& start) { on_start(start, effects); },
          [&](const Deliver& deliver) { on_deliver(deliver, effects); },
          [&](const Submit& submit) { on_submit(submit, effects); },
          [](const Answered&) { PARLEY_ASSERT(false && "this machine asks no instance"); },
          [&](const TimerFired&) { on_timer(effects); },
          [&](const Drawn&) { PARLEY_ASSERT(false && "this machine draws nothing"); },
          [&](const MembershipChanged& change) {
            effects.push_back(Note{&notes::membership_fixed, {change.membership->epoch.value}});
          },
      },
      input);
}

void SinglePaxos::on_start(const Start& start, Effects& effects) {
  self_ = start.self;
  membership_ = start.membership;
  const auto& order = membership_->order;
  const auto place = std::find(order.begin(), order.end(), self_);
  if (place != order.end()) rank_ = static_cast<std::uint64_t>(place - order.begin());
  recover(start.recovered);
  if (memory_.decided) effects.push_back(Decide{1, *memory_.decided});
}

void SinglePaxos::on_submit(const Submit& submit, Effects& effects) {
  if (submit.port == port_pull) return on_pull(submit, effects);
  if (submit.port == port_invoke) {
    const std::optional<InvokeCall> call = decode_invoke(submit.value);
    const Prepared* role = std::get_if<Prepared>(&role_);
    if (call && role != nullptr && serves(call->branch, role->ballot)) {
      return invoke(submit.request, call->method, effects);
    }
  } else if (submit.port == port_push) {
    const std::optional<PushCall> call = decode_push(submit.value);
    const Invoked* role = std::get_if<Invoked>(&role_);
    if (call && role != nullptr && serves(call->branch, role->ballot)) {
      return push(submit.request, effects);
    }
  }
  effects.push_back(Note{&notes::stale_call, {submit.port.value}});
  refuse_call(submit, OutcomeKind::Stale, effects);
}

void SinglePaxos::on_pull(const Submit& submit, Effects& effects) {
  const std::optional<PullCall> call = decode_pull(submit.value);
  if (!rank_) {
    effects.push_back(Note{&notes::not_an_acceptor, {submit.port.value}});
    return refuse_call(submit, OutcomeKind::NoQuorum, effects);
  }
  const bool pending =
      std::holds_alternative<Preparing>(role_) || std::holds_alternative<Accepting>(role_);
  if (!call || pending) {
    effects.push_back(Note{&notes::stale_call, {submit.port.value}});
    return refuse_call(submit, OutcomeKind::Preempted, effects);
  }
  pull(submit.request, call->with_state, effects);
}

void SinglePaxos::on_deliver(const Deliver& deliver, Effects& effects) {
  if (!membership_->members.contains(deliver.issuer) || deliver.issuer == self_) {
    effects.push_back(Note{&notes::not_a_member, {deliver.issuer.value}});
    return;
  }
  const auto handle =
      [&]<class Message>(void (SinglePaxos::*handler)(PrincipalId, Message, Effects&)) {
        auto message = decode<std::remove_cvref_t<Message>>(deliver.record);
        if (!message) return effects.push_back(malformed(deliver));
        (this->*handler)(deliver.issuer, std::move(*message), effects);
      };
  if (deliver.type == Decided::type) return handle(&SinglePaxos::on_decided);
  if (rank_ && deliver.type == Prepare::type) return handle(&SinglePaxos::on_prepare);
  if (rank_ && deliver.type == Promise::type) return handle(&SinglePaxos::on_promise);
  if (rank_ && deliver.type == Accept::type) return handle(&SinglePaxos::on_accept);
  if (rank_ && deliver.type == Accepted::type) return handle(&SinglePaxos::on_accepted);
  if (rank_ && deliver.type == Refused::type) return handle(&SinglePaxos::on_refused);
  effects.push_back(malformed(deliver));
}

void SinglePaxos::on_prepare(PrincipalId issuer, const Prepare& prepare, Effects& effects) {
  if (!owns(issuer, prepare.ballot)) {
    effects.push_back(Note{&notes::malformed, {issuer.value, Prepare::type.value}});
    return;
  }
  if (prepare.ballot < memory_.promised) return refuse(issuer, prepare.ballot, effects);
  if (prepare.ballot > memory_.promised) {
    yield_to(prepare.ballot, effects);
    promise(prepare.ballot, issuer, effects);
    if (!mutated(Mutation::ForgetsPromise)) persist(effects);
  }
  effects.push_back(answer(issuer, Promise{prepare.ballot, memory_.accepted}));
}

void SinglePaxos::on_accept(PrincipalId issuer, const Accept& accept, Effects& effects) {
  const bool voted = memory_.accepted && memory_.accepted->ballot == accept.ballot;
  if (!owns(issuer, accept.ballot) || (voted && accept.method != memory_.accepted->method)) {
    effects.push_back(Note{&notes::malformed, {issuer.value, Accept::type.value}});
    return;
  }
  if (!voted) {
    const bool refused =
        accept.ballot < memory_.promised && !mutated(Mutation::AcceptsBelowPromise);
    if (refused) return refuse(issuer, accept.ballot, effects);
    const bool later = accept.ballot > memory_.promised;
    if (later) yield_to(accept.ballot, effects);
    if (accept.method) {
      vote(accept.ballot, *accept.method, effects);
    } else if (later) {
      promise(accept.ballot, issuer, effects);
    }
    const bool owed = !mutated(Mutation::ForgetsVote) && !mutated(Mutation::AnswersBeforePersist);
    if (owed && (later || accept.method)) persist(effects);
  } else if (mutated(Mutation::AnswersBeforePersist)) {
    persist(effects);
  }
  // Also for a vote that a later promise followed: it was cast all the same.
  effects.push_back(answer(issuer, Accepted{accept.ballot}));
}

void SinglePaxos::on_decided(PrincipalId issuer, const Decided& decided, Effects& effects) {
  if (!decide(decided.method, issuer, effects)) return;
  effects.push_back(Note{&notes::learned, {issuer.value}});
}

/// Effect: promises the ballot. The caller persists.
void SinglePaxos::promise(Ballot ballot, PrincipalId candidate, Effects& effects) {
  PARLEY_ASSERT(ballot > memory_.promised);
  memory_.promised = ballot;
  const Ballot last = memory_.accepted ? memory_.accepted->ballot : 0;
  effects.push_back(Note{&ado_notes::promise, {ballot, candidate.value, last, last > 0 ? 1u : 0u}});
}

/// Effect: accepts the method in the ballot. The caller persists.
void SinglePaxos::vote(Ballot ballot, const SharedBytes& method, Effects& effects) {
  PARLEY_ASSERT(ballot >= memory_.promised || mutated(Mutation::AcceptsBelowPromise));
  memory_.promised = std::max(memory_.promised, ballot);
  memory_.accepted = Vote{ballot, method};
  effects.push_back(Note{&ado_notes::accept, {ballot, 1}});
}

/// Effect: the first decision this member hears of stands. Returns whether it
/// was this one. That two differ is not this member's fault, hence no assert.
bool SinglePaxos::decide(const SharedBytes& method, PrincipalId claimant, Effects& effects) {
  if (memory_.decided) {
    if (*memory_.decided != method) effects.push_back(Note{&notes::conflict, {claimant.value}});
    return false;
  }
  memory_.decided = method;
  persist(effects);
  effects.push_back(Decide{1, method});
  return true;
}

void SinglePaxos::refuse(PrincipalId issuer, Ballot ballot, Effects& effects) {
  effects.push_back(Note{&notes::refused_ballot, {ballot, memory_.promised}});
  effects.push_back(answer(issuer, Refused{ballot, memory_.promised}));
}

void SinglePaxos::persist(Effects& effects) {
  ++last_index_.value;
  const SharedBytes record = single_paxos::encode(memory_);
  effects.push_back(Persist{Append{record}});
  if (last_index_.value % records_per_snapshot != 0) return;
  const SharedBytes kept = mutated(Mutation::SnapshotWithoutVote)
                               ? single_paxos::encode(Memory{.promised = memory_.promised})
                               : record;
  if (!mutated(Mutation::TrimsWithoutSnapshot)) {
    effects.push_back(Persist{Snapshot{last_index_, {kept}}});
  }
  effects.push_back(Persist{TrimPrefix{last_index_}});
  effects.push_back(Note{&notes::compacted, {last_index_.value}});
}

void SinglePaxos::recover(const Recovered& recovered) {
  const auto remember = [&](const Bytes& bytes, LogIndex index) {
    const std::optional<Memory> memory = decode<Memory>(bytes);
    PARLEY_ASSERT(memory.has_value() && "our own log does not decode");
    memory_ = *memory;
    last_index_ = index;
  };
  PARLEY_ASSERT(recovered.snapshot_chunks.size() <= 1);
  for (const Bytes& chunk : recovered.snapshot_chunks) remember(chunk, recovered.snapshot_index);
  for (const Recovered::Record& record : recovered.records) {
    const Bytes& bytes =
        mutated(Mutation::RecoversFirstRecord) ? recovered.records.front().bytes : record.bytes;
    remember(bytes, record.index);
  }
}

PrincipalSet SinglePaxos::peers() const {
  PrincipalSet others = membership_->members;
  others.erase(self_);
  return others;
}

void SinglePaxos::encode(StateWriter& out) const {
  single_paxos::encode(out, memory_);
  out.varint(last_index_.value);
  out.varint(seen_);
  out.u8(static_cast<std::uint8_t>(role_.index()));
  std::visit(overloaded{
                 [](const Idle&) {},
                 [&](const Preparing& role) {
                   out.varint(role.ballot);
                   out.varint(role.request.value);
                   out.u8(role.with_state ? 1 : 0);
                   out.principals(role.voters);
                   encode_base(out, role.base);
                 },
                 [&](const Prepared& role) {
                   out.varint(role.ballot);
                   encode_base(out, role.base);
                 },
                 [&](const Invoked& role) {
                   out.varint(role.ballot);
                   encode_method(out, role.proposal);
                   out.bytes(role.result);
                 },
                 [&](const Accepting& role) {
                   out.varint(role.ballot);
                   out.varint(role.request.value);
                   encode_method(out, role.proposal);
                   out.bytes(role.result);
                   out.principals(role.voters);
                   out.principals(role.refusers);
                 },
             },
             role_);
}

}  // namespace parley::single_paxos
