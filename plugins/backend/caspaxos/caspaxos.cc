// SPDX-License-Identifier: Apache-2.0
//
// Dispatch, the calls, and the state as bytes.
#include "plugins/backend/caspaxos/caspaxos.h"

#include <algorithm>

#include "core/base/assert.h"
#include "core/base/digest.h"
#include "core/base/overloaded.h"
#include "plugins/backend/caspaxos/notes.h"

namespace parley::caspaxos {
namespace {

Note dropped(const Deliver& deliver) {
  return {&notes::malformed, {deliver.issuer.value, deliver.type.value}};
}

}  // namespace

std::uint64_t tree_of(std::string_view partition) {
  return partition.empty() ? 0 : fingerprint(view_of(partition));
}

Position position_of(const std::optional<Vote>& base) {
  return base ? Position{base->ballot, 1} : Position{};
}

void reply(RequestId request, const Outcome& outcome, Effects& effects) {
  effects.push_back(Reply{request, SharedBytes{encode_outcome(outcome)}});
}

void CasPaxos::step(const Input& input, Effects& effects) {
  std::visit(
      overloaded{
          [&](const Start& start) { on_start(start); },
          [&](const Deliver& deliver) { on_deliver(deliver, effects); },
          [&](const Submit& submit) { on_submit(submit, effects); },
          [](const Answered&) { PARLEY_ASSERT(false && "this machine asks no instance"); },
          [&](const TimerFired& fired) { on_timer(fired.timer, effects); },
          [&](const Drawn&) { PARLEY_ASSERT(false && "this machine draws nothing"); },
          [&](const MembershipChanged& change) {
            effects.push_back(Note{&notes::membership_fixed, {change.membership->epoch.value}});
          },
      },
      input);
  compact_if_due(effects);
}

void CasPaxos::on_start(const Start& start) {
  self_ = start.self;
  membership_ = start.membership;
  const auto& order = membership_->order;
  const auto place = std::find(order.begin(), order.end(), self_);
  if (place != order.end()) rank_ = static_cast<std::uint64_t>(place - order.begin());
  recover(start.recovered);
}

void CasPaxos::on_submit(const Submit& submit, Effects& effects) {
  if (submit.port == port_pull) return on_pull(submit, effects);
  if (submit.port == port_invoke && on_invoke(submit, effects)) return;
  if (submit.port == port_push && on_push(submit, effects)) return;
  effects.push_back(Note{&notes::stale_call, {submit.port.value}});
  reply(submit.request, {.kind = OutcomeKind::Stale}, effects);
}

void CasPaxos::on_pull(const Submit& submit, Effects& effects) {
  const std::optional<PullCall> call = decode_pull(submit.value);
  const auto refuse_call = [&](const Note& note, OutcomeKind kind) {
    effects.push_back(note);
    reply(submit.request, {.kind = kind}, effects);
  };
  if (!rank_) {
    return refuse_call({&notes::not_an_acceptor, {submit.port.value}}, OutcomeKind::NoQuorum);
  }
  if (!call || call->partition.size() > partition_size_max) {
    return refuse_call({&notes::stale_call, {submit.port.value}}, OutcomeKind::Preempted);
  }
  const Partition partition{text_of(call->partition)};
  Entry& at = entry(partition);
  const Caller caller{submit.request, call->with_state};
  Proposer* proposer = proposer_at(partition);
  if (proposer == nullptr) {
    Proposer& fresh = add_proposer(partition);
    if (!begin(at, fresh, caller, effects)) end_role(at, fresh, effects);
    return;
  }
  if (proposer->waiting.size() >= waiting_max) {
    return refuse_call({&notes::busy, {tree_of(partition)}}, OutcomeKind::Preempted);
  }
  effects.push_back(Note{&notes::waiting, {proposer->waiting.size() + 1, tree_of(partition)}});
  proposer->waiting.push_back(caller);
  const auto* opened = std::get_if<Open>(&proposer->role);
  const auto* invoked = std::get_if<Invoked>(&proposer->role);
  if (opened == nullptr && invoked == nullptr) return;
  // Who asked for the state thinks about it, perhaps for ever, and yields to others;
  // who did not goes on at once, and is waited for.
  if (opened ? opened->with_state : invoked->with_state) return end_role(at, *proposer, effects);
  if (!proposer->timed) start_timer(*proposer, effects);
}

/// Whose branch it is; null: nobody's.
CasPaxos::Proposer* CasPaxos::proposer_of(Branch branch) {
  if (mutated(Mutation::SharesBranch)) {
    return proposers_.empty() ? nullptr : &proposers_.begin()->second;
  }
  const auto named = branches_.find(branch);
  return named == branches_.end() ? nullptr : proposer_at(named->second);
}

/// Returns whether the call named an open branch, and is answered.
bool CasPaxos::on_invoke(const Submit& submit, Effects& effects) {
  const std::optional<InvokeCall> call = decode_invoke(submit.value);
  Proposer* proposer = call ? proposer_of(call->branch) : nullptr;
  if (proposer == nullptr || !std::holds_alternative<Open>(proposer->role)) return false;
  Entry& at = entry(timers_.at(proposer->timer));
  invoke(at, *proposer, submit.request, call->method, effects);
  return true;
}

/// Returns whether the call named a branch with a method, and is under way.
bool CasPaxos::on_push(const Submit& submit, Effects& effects) {
  const std::optional<PushCall> call = decode_push(submit.value);
  Proposer* proposer = call ? proposer_of(call->branch) : nullptr;
  if (proposer == nullptr || !std::holds_alternative<Invoked>(proposer->role)) return false;
  Entry& at = entry(timers_.at(proposer->timer));
  const Invoked invoked = std::get<Invoked>(proposer->role);
  propose(at, *proposer, invoked, submit.request, effects);
  return true;
}

void CasPaxos::on_deliver(const Deliver& deliver, Effects& effects) {
  if (!membership_->members.contains(deliver.issuer) || deliver.issuer == self_) {
    effects.push_back(Note{&notes::not_a_member, {deliver.issuer.value}});
    return;
  }
  const auto handle =
      [&]<class Message>(void (CasPaxos::*handler)(PrincipalId, Message, Effects&)) {
        auto message = decode<std::remove_cvref_t<Message>>(deliver.record);
        if (!message) return effects.push_back(dropped(deliver));
        (this->*handler)(deliver.issuer, std::move(*message), effects);
      };
  if (!rank_) {
    if (deliver.type == Learn::type) return handle(&CasPaxos::on_learn);
    return effects.push_back(dropped(deliver));
  }
  if (deliver.type == Prepare::type) return handle(&CasPaxos::on_prepare);
  if (deliver.type == Promise::type) return handle(&CasPaxos::on_promise);
  if (deliver.type == Accept::type) return handle(&CasPaxos::on_accept);
  if (deliver.type == Accepted::type) return handle(&CasPaxos::on_accepted);
  if (deliver.type == Refused::type) return handle(&CasPaxos::on_refused);
  if (deliver.type == Committed::type) return handle(&CasPaxos::on_committed);
  if (deliver.type == Confirm::type) return handle(&CasPaxos::on_confirm);
  if (deliver.type == Confirmed::type) return handle(&CasPaxos::on_confirmed);
  effects.push_back(dropped(deliver));
}

CasPaxos::Proposer* CasPaxos::proposer_at(std::string_view partition) {
  const auto found = proposers_.find(partition);
  return found == proposers_.end() ? nullptr : &found->second;
}

PrincipalSet CasPaxos::peers() const {
  PrincipalSet others = membership_->members;
  others.erase(self_);
  return others;
}

}  // namespace parley::caspaxos
