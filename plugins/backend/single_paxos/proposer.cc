// SPDX-License-Identifier: Apache-2.0
//
// Pull, invoke and push.
#include <algorithm>

#include "core/base/assert.h"
#include "core/base/overloaded.h"
#include "plugins/backend/single_paxos/notes.h"
#include "plugins/backend/single_paxos/single_paxos.h"

namespace parley::single_paxos {
namespace {

constexpr Position position_of(const std::optional<Vote>& base) {
  return base ? Position{base->ballot, 1} : Position{};
}

SharedBytes encode_voters(const PrincipalSet& voters) {
  Bytes bytes;
  Writer{bytes}.principals(voters);
  return SharedBytes{bytes};
}

std::unique_ptr<Object> state_at(const Object& initial, const std::optional<Vote>& base) {
  std::unique_ptr<Object> state = initial.clone();
  if (base) state->apply(base->method);
  return state;
}

Bytes snapshot_of(const Object& state) {
  Bytes bytes;
  state.snapshot(bytes);
  return bytes;
}

}  // namespace

void SinglePaxos::pull(RequestId request, bool with_state, Effects& effects) {
  const Ballot ballot = next_ballot(std::max(memory_.promised, seen_), *rank_, members());
  if (ballot > ballot_max) {
    effects.push_back(Note{&notes::ballots_exhausted, {ballot}});
    effects.push_back(
        Reply{request, SharedBytes{encode_outcome({.kind = OutcomeKind::Preempted})}});
    return;
  }
  // Its own promise is durable before anybody hears of the ballot, so that no
  // later life of this member uses the ballot again.
  promise(ballot, self_, effects);
  if (!mutated(Mutation::ForgetsOwnBallot)) persist(effects);
  role_ = Preparing{ballot, request, with_state, {self_}, memory_.accepted};
  effects.push_back(Publish{.id = publication_prepare,
                            .verifiers = peers(),
                            .auditors = {},
                            .type = Prepare::type,
                            .record = single_paxos::encode(Prepare{ballot}),
                            .until_progress = true});
  start_timer(effects);
  elect_if_quorum(effects);
}

void SinglePaxos::on_promise(PrincipalId issuer, Promise promise, Effects& effects) {
  Preparing* role = std::get_if<Preparing>(&role_);
  if (role == nullptr || role->ballot != promise.ballot) {
    effects.push_back(Note{&notes::late, {issuer.value, Promise::type.value}});
    return;
  }
  if (promise.accepted && promise.accepted->ballot >= promise.ballot) {
    effects.push_back(Note{&notes::malformed, {issuer.value, Promise::type.value}});
    return;
  }
  role->voters.insert(issuer);
  const bool later = position_of(promise.accepted) > position_of(role->base);
  const bool earlier = promise.accepted && (!role->base || !later);
  if (mutated(Mutation::AdoptsMinimum) ? earlier : later) {
    role->base = std::move(promise.accepted);
  }
  elect_if_quorum(effects);
}

void SinglePaxos::elect_if_quorum(Effects& effects) {
  Preparing& role = std::get<Preparing>(role_);
  if (role.voters.size() < quorum(members())) return;
  const Position base = position_of(role.base);
  effects.push_back(Note{
      &ado_notes::elected, {role.ballot, base.time, base.version}, encode_voters(role.voters)});
  Outcome outcome{.branch = role.ballot, .position = base};
  if (role.with_state) outcome.value = snapshot_of(*state_at(initial_, role.base));
  end_call(role.request, publication_prepare, outcome, effects);
  // Two statements, because the assignment ends the life of `role`.
  Prepared prepared{role.ballot, std::move(role.base)};
  role_ = std::move(prepared);
}

void SinglePaxos::invoke(RequestId request, ByteView method, Effects& effects) {
  const Prepared role = std::get<Prepared>(role_);
  if (method.size() > method_size_max) {
    effects.push_back(Note{&notes::method_too_large, {method.size()}});
    return effects.push_back(
        Reply{request, SharedBytes{encode_outcome({.kind = OutcomeKind::Stale})}});
  }
  const std::unique_ptr<Object> state = state_at(initial_, role.base);
  const Bytes before = snapshot_of(*state);
  Bytes result = state->apply(method);
  if (mutated(Mutation::ResultOfInitialState)) result = initial_.clone()->apply(method);

  // A method accepted earlier may have been decided: it is proposed again, under
  // this ballot, and ours is only folded over it. Where there is none, a method
  // that changes nothing must not use up the one slot.
  std::optional<SharedBytes> proposal;
  if (role.base && !mutated(Mutation::DropsBase)) {
    proposal = role.base->method;
  } else if (snapshot_of(*state) != before) {
    proposal = SharedBytes{method};
  }
  const Position position = proposal ? Position{role.ballot, 1} : Position{};
  if (proposal) effects.push_back(Note{&ado_notes::append, {role.ballot, 1}, *proposal});
  role_ = Invoked{role.ballot, std::move(proposal), SharedBytes{result}};
  effects.push_back(Reply{
      request, SharedBytes{encode_outcome({.position = position, .value = std::move(result)})}});
}

void SinglePaxos::push(RequestId request, Effects& effects) {
  const Invoked role = std::get<Invoked>(role_);
  // A later promise would have ended the role.
  PARLEY_ASSERT(memory_.promised == role.ballot);
  if (role.proposal) {
    vote(role.ballot, *role.proposal, effects);
    persist(effects);
  }
  role_ = Accepting{role.ballot, request, role.proposal, role.result, {self_}, {}};
  if (!role.proposal && mutated(Mutation::ReadsUnconfirmed)) {
    std::get<Accepting>(role_).voters = membership_->members;
  }
  effects.push_back(Publish{.id = publication_accept,
                            .verifiers = peers(),
                            .auditors = {},
                            .type = Accept::type,
                            .record = single_paxos::encode(Accept{role.ballot, role.proposal}),
                            .until_progress = true});
  start_timer(effects);
  commit_if_quorum(effects);
}

void SinglePaxos::on_accepted(PrincipalId issuer, const Accepted& accepted, Effects& effects) {
  Accepting* role = std::get_if<Accepting>(&role_);
  if (role == nullptr || role->ballot != accepted.ballot) {
    effects.push_back(Note{&notes::late, {issuer.value, Accepted::type.value}});
    return;
  }
  role->voters.insert(issuer);
  role->refusers.erase(issuer);  // It voted first and promised a later ballot after.
  commit_if_quorum(effects);
}

void SinglePaxos::commit_if_quorum(Effects& effects) {
  const Accepting& role = std::get<Accepting>(role_);
  if (role.voters.size() < quorum(members())) return;
  Outcome outcome{.value = to_bytes(role.result.view())};
  if (!role.proposal) {
    effects.push_back(Note{&notes::confirmed, {role.ballot}});
  } else {
    outcome.position = {role.ballot, 1};
    effects.push_back(Note{&ado_notes::commit_claim, {role.ballot, 1}});
    if (decide(*role.proposal, self_, effects)) {
      effects.push_back(Publish{.id = publication_decided,
                                .verifiers = peers() | membership_->learners,
                                .auditors = {},
                                .type = Decided::type,
                                .record = single_paxos::encode(Decided{*role.proposal}),
                                .durable = true});
    }
  }
  end_call(role.request, publication_accept, outcome, effects);
  role_ = Idle{};
}

void SinglePaxos::on_refused(PrincipalId issuer, const Refused& refused, Effects& effects) {
  if (const Preparing* role = std::get_if<Preparing>(&role_);
      role != nullptr && role->ballot == refused.ballot) {
    seen_ = std::max(seen_, refused.promised);
    return yield_to(refused.promised, effects);
  }
  Accepting* role = std::get_if<Accepting>(&role_);
  if (role == nullptr || role->ballot != refused.ballot) {
    effects.push_back(Note{&notes::late, {issuer.value, Refused::type.value}});
    return;
  }
  seen_ = std::max(seen_, refused.promised);
  if (!role->voters.contains(issuer)) role->refusers.insert(issuer);
  // One refusal takes no quorum away: the others may still accept.
  const bool too_early = mutated(Mutation::RefusesWhatMayCommit);
  if (!too_early && members() - role->refusers.size() >= quorum(members())) return;
  effects.push_back(Note{&notes::push_refused, {role->ballot}});
  const OutcomeKind kind = too_early ? OutcomeKind::Stale : OutcomeKind::Unknown;
  end_call(role->request, publication_accept, {.kind = kind}, effects);
  role_ = Idle{};
}

/// Effect: `later` ends what was pulled below it, unless it is already pushed:
/// votes that are cast may still make a quorum.
void SinglePaxos::yield_to(Ballot later, Effects& effects) {
  const auto give_up = [&](Ballot ballot) {
    effects.push_back(Note{&notes::preempted, {ballot, later}});
    role_ = Idle{};
  };
  if (const Preparing* preparing = std::get_if<Preparing>(&role_)) {
    end_call(preparing->request, publication_prepare, {.kind = OutcomeKind::Preempted}, effects);
    give_up(preparing->ballot);
  } else if (const Prepared* prepared = std::get_if<Prepared>(&role_)) {
    give_up(prepared->ballot);
  } else if (const Invoked* invoked = std::get_if<Invoked>(&role_)) {
    give_up(invoked->ballot);
  }
}

void SinglePaxos::on_timer(Effects& effects) {
  if (const Preparing* preparing = std::get_if<Preparing>(&role_)) {
    effects.push_back(Note{&notes::timed_out, {preparing->ballot}});
    end_call(preparing->request, publication_prepare, {.kind = OutcomeKind::NoQuorum}, effects);
    role_ = Idle{};
  } else if (const Accepting* accepting = std::get_if<Accepting>(&role_)) {
    effects.push_back(Note{&notes::timed_out, {accepting->ballot}});
    end_call(accepting->request, publication_accept, {.kind = OutcomeKind::Unknown}, effects);
    role_ = Idle{};
  }
}

void SinglePaxos::refuse_call(const Submit& submit, OutcomeKind kind, Effects& effects) {
  effects.push_back(Reply{submit.request, SharedBytes{encode_outcome({.kind = kind})}});
}

void SinglePaxos::end_call(RequestId request, PublicationId publication, const Outcome& outcome,
                           Effects& effects) {
  effects.push_back(Progress{publication});
  effects.push_back(CancelTimer{timer_call});
  effects.push_back(Reply{request, SharedBytes{encode_outcome(outcome)}});
}

void SinglePaxos::start_timer(Effects& effects) const {
  // Spread over half the time again, so that two proposers do not time out together for ever.
  effects.push_back(SetTimer{timer_call, call_timeout_, call_timeout_ + call_timeout_ / 2});
}

}  // namespace parley::single_paxos
