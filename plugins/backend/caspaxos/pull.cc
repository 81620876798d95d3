// SPDX-License-Identifier: Apache-2.0
//
// The proposer from the call to the election, and how it ends early.
#include <algorithm>

#include "core/base/assert.h"
#include "plugins/backend/caspaxos/caspaxos.h"
#include "plugins/backend/caspaxos/notes.h"

namespace parley::caspaxos {
namespace {

SharedBytes encode_voters(const PrincipalSet& voters) {
  Bytes bytes;
  Writer{bytes}.principals(voters);
  return SharedBytes{bytes};
}

Ballot ballot_of(const std::optional<Vote>& vote) {
  return vote ? vote->ballot : 0;
}

}  // namespace

/// Effect: the caller's pull is under way or answered. Returns whether the role is
/// taken. Precondition: it is free.
bool CasPaxos::begin(Entry& at, Proposer& proposer, Caller caller, Effects& effects) {
  auto& [partition, reg] = at;
  if (!reg.holders.empty()) {
    const Branch branch = new_branch(effects);
    if (!reg.announced) {
      const Position base = position_of(reg.accepted);
      effects.push_back(Note{&notes::elected,
                             {reg.promised, base.time, base.version, tree_of(partition)},
                             encode_voters(reg.holders)});
      reg.announced = true;
    }
    effects.push_back(Note{&notes::held, {reg.promised, tree_of(partition)}});
    open(at, proposer, Open{reg.promised, branch, caller.with_state, reg.accepted, true}, caller,
         effects);
    return true;
  }
  const Ballot ballot = next_ballot(std::max(reg.promised, reg.seen), *rank_, members());
  if (ballot > ballot_max) {
    effects.push_back(Note{&notes::ballots_exhausted, {ballot, tree_of(partition)}});
    reply(caller.request, {.kind = OutcomeKind::Preempted}, effects);
    return false;
  }
  // Its own promise is durable before anybody hears of the ballot, so that no
  // later life of this member uses the ballot again.
  promise(at, ballot, self_, effects);
  if (!mutated(Mutation::ForgetsOwnBallot)) persist(PromiseRecord{partition, ballot}, effects);
  const Branch branch = new_branch(effects);
  proposer.role =
      Preparing{ballot, branch, caller, {{self_, {ballot_of(reg.accepted), true}}}, reg.accepted};
  effects.push_back(Publish{.id = publication_of(branch),
                            .verifiers = peers(),
                            .auditors = {},
                            .type = Prepare::type,
                            .record = caspaxos::encode(Prepare{partition, ballot}),
                            .until_progress = true});
  start_timer(proposer, effects);
  elect_if_quorum(at, proposer, effects);
  return true;
}

void CasPaxos::on_promise(PrincipalId issuer, Promise promise, Effects& effects) {
  Proposer* proposer = proposer_at(promise.partition);
  const Ballot accepted = ballot_of(promise.accepted);
  if (proposer != nullptr) {
    Entry& at = entry(promise.partition);
    if (auto* role = std::get_if<Preparing>(&proposer->role);
        role != nullptr && role->ballot == promise.ballot) {
      role->voters.insert_or_assign(issuer, Heard{accepted, promise.decided});
      const bool later = accepted > ballot_of(role->base);
      const bool earlier = accepted > 0 && (!role->base || !later);
      if (mutated(Mutation::AdoptsMinimum) ? earlier : later) {
        role->base = std::move(promise.accepted);
      }
      return elect_if_quorum(at, *proposer, effects);
    }
    // Too late to count, not too late to be told.
    const auto* role = std::get_if<Open>(&proposer->role);
    const bool unaware = accepted > 0 && accepted == at.second.committed && !promise.decided;
    if (role != nullptr && role->ballot == promise.ballot && unaware) {
      effects.push_back(
          Send{issuer, Committed::type, caspaxos::encode(Committed{at.first, accepted})});
    }
  }
  effects.push_back(Note{&notes::late, {issuer.value, Promise::type.value}});
}

void CasPaxos::elect_if_quorum(Entry& at, Proposer& proposer, Effects& effects) {
  auto& [partition, reg] = at;
  auto& preparing = std::get<Preparing>(proposer.role);
  if (preparing.voters.size() < quorum(members())) return;
  // Two statements, because the role ends below.
  const Preparing role = std::move(preparing);
  const Position base = position_of(role.base);
  PrincipalSet voters;
  std::size_t agreeing = 0;
  for (const auto& [voter, heard] : role.voters) {
    voters.insert(voter);
    if (heard.accepted == base.time) ++agreeing;
  }
  effects.push_back(Note{&notes::elected,
                         {role.ballot, base.time, base.version, tree_of(partition)},
                         encode_voters(voters)});
  effects.push_back(Progress{publication_of(role.branch)});

  // What a quorum accepted in one ballot is committed, whoever was told of it.
  const bool known = base.time == 0 || base.time == reg.committed;
  const bool committed =
      known || agreeing >= quorum(members()) || mutated(Mutation::TrustsMinority);
  if (committed && role.base) {
    learn(at, *role.base, effects);
    for (const auto& [voter, heard] : role.voters) {
      if (heard.accepted != base.time || heard.decided) continue;
      effects.push_back(
          Send{voter, Committed::type, caspaxos::encode(Committed{partition, base.time})});
    }
  }
  // The ballot is good for more than one pull, until it is used or lost.
  if (options_.one_round_trip && committed && role.base == reg.accepted) {
    reg.holders = voters;
    reg.announced = true;
  }
  const std::optional<Vote> kept = mutated(Mutation::DropsBase) ? std::nullopt : role.base;
  open(at, proposer, Open{role.ballot, role.branch, role.caller.with_state, kept, committed},
       role.caller, effects);
}

/// Effect: the caller has its branch.
void CasPaxos::open(const Entry& at, Proposer& proposer, Open role, Caller caller,
                    Effects& effects) {
  Outcome outcome{.branch = role.branch, .position = position_of(role.base)};
  if (caller.with_state) {
    if (role.base) {
      const std::optional<Value> value = decode<Value>(role.base->value);
      PARLEY_ASSERT(value.has_value() && "every value was decoded when it came");
      outcome.value = to_bytes(value->state.view());
    } else {
      initial_.snapshot(outcome.value);
    }
  }
  branches_.emplace(role.branch, at.first);
  proposer.role = std::move(role);
  // Whoever waits does so for a caller that may never come back.
  proposer.waiting.empty() ? stop_timer(proposer, effects) : start_timer(proposer, effects);
  reply(caller.request, outcome, effects);
}

/// Effect: the role is free for the next caller that waits; without one the
/// proposer is gone.
void CasPaxos::end_role(Entry& at, Proposer& proposer, Effects& effects) {
  std::visit(
      [&](const auto& role) {
        if constexpr (requires { role.branch; }) branches_.erase(role.branch);
      },
      proposer.role);
  proposer.role = std::monostate{};
  while (!proposer.waiting.empty()) {
    const Caller next = proposer.waiting.front();
    proposer.waiting.pop_front();
    if (begin(at, proposer, next, effects)) return;
  }
  stop_timer(proposer, effects);
  timers_.erase(proposer.timer);
  proposers_.erase(proposers_.find(at.first));
}

/// Effect: `later` ends what was pulled below it, unless it is already pushed:
/// votes that are cast may still make a quorum. Whoever waits would only outbid
/// the other member, and is told to come again.
void CasPaxos::yield_to(Entry& at, Ballot later, Effects& effects) {
  Proposer* proposer = proposer_at(at.first);
  if (proposer == nullptr || std::holds_alternative<Accepting>(proposer->role)) return;
  Ballot own = 0;
  if (const auto* preparing = std::get_if<Preparing>(&proposer->role)) {
    own = preparing->ballot;
    effects.push_back(Progress{publication_of(preparing->branch)});
    reply(preparing->caller.request, {.kind = OutcomeKind::Preempted}, effects);
  } else if (const auto* opened = std::get_if<Open>(&proposer->role)) {
    own = opened->ballot;
  } else if (const auto* invoked = std::get_if<Invoked>(&proposer->role)) {
    own = invoked->ballot;
  }
  effects.push_back(Note{&notes::preempted, {own, later, tree_of(at.first)}});
  refuse_waiting(*proposer, OutcomeKind::Preempted, effects);
  end_role(at, *proposer, effects);
}

void CasPaxos::refuse_waiting(Proposer& proposer, OutcomeKind kind, Effects& effects) {
  for (const Caller& caller : proposer.waiting) reply(caller.request, {.kind = kind}, effects);
  proposer.waiting.clear();
}

void CasPaxos::on_timer(TimerId timer, Effects& effects) {
  const auto found = timers_.find(timer);
  if (found == timers_.end()) return;
  Entry& at = entry(found->second);
  Proposer& proposer = *proposer_at(at.first);
  proposer.timed = false;
  const auto without_quorum = [&](Ballot ballot, Branch branch) {
    effects.push_back(Note{&notes::timed_out, {ballot, tree_of(at.first)}});
    effects.push_back(Progress{publication_of(branch)});
    refuse_waiting(proposer, OutcomeKind::NoQuorum, effects);
  };
  if (const auto* preparing = std::get_if<Preparing>(&proposer.role)) {
    reply(preparing->caller.request, {.kind = OutcomeKind::NoQuorum}, effects);
    without_quorum(preparing->ballot, preparing->branch);
  } else if (const auto* accepting = std::get_if<Accepting>(&proposer.role)) {
    // Nothing was proposed by a push that changes nothing.
    const OutcomeKind kind = accepting->proposal ? OutcomeKind::Unknown : OutcomeKind::Stale;
    if (accepting->request) reply(*accepting->request, {.kind = kind}, effects);
    without_quorum(accepting->ballot, accepting->branch);
  } else {
    const auto* opened = std::get_if<Open>(&proposer.role);
    const Branch branch = opened ? opened->branch : std::get<Invoked>(proposer.role).branch;
    effects.push_back(Note{&notes::abandoned, {branch, tree_of(at.first)}});
  }
  end_role(at, proposer, effects);
}

void CasPaxos::start_timer(Proposer& proposer, Effects& effects) {
  proposer.timed = true;
  // Spread over half the time again, so that two proposers do not time out together for ever.
  effects.push_back(SetTimer{proposer.timer, options_.call_timeout,
                             options_.call_timeout + options_.call_timeout / 2});
}

void CasPaxos::stop_timer(Proposer& proposer, Effects& effects) {
  if (!proposer.timed) return;
  proposer.timed = false;
  effects.push_back(CancelTimer{proposer.timer});
}

/// Effect: a proposer with no role and the lowest timer that no other has.
CasPaxos::Proposer& CasPaxos::add_proposer(const Partition& partition) {
  std::uint32_t timer = 1;
  for (const auto& [taken, of] : timers_) {
    if (taken.value != timer) break;
    ++timer;
  }
  timers_.emplace(TimerId{timer}, partition);
  return proposers_.emplace(partition, Proposer{.timer = TimerId{timer}}).first->second;
}

/// Effect: the branch will never be given out again, in no life.
Branch CasPaxos::new_branch(Effects& effects) {
  if (next_branch_ >= branch_limit_) {
    branch_limit_ = next_branch_ + branches_per_record;
    persist(BranchRecord{branch_limit_}, effects);
  }
  return next_branch_++;
}

}  // namespace parley::caspaxos
