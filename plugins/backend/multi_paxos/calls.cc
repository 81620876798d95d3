// SPDX-License-Identifier: Apache-2.0
//
// Pull, invoke, push and reconfigure.
#include <algorithm>

#include "core/api/reconfigure.h"
#include "plugins/backend/multi_paxos/multi_paxos.h"
#include "plugins/backend/multi_paxos/notes.h"

namespace parley::multi_paxos {
namespace {

constexpr std::uint64_t branches_per_ballot_max = (std::uint64_t{1} << branch_counter_bits) - 1;
/// Versions have 32 bits; a leader this far in its ballot takes a new one.
constexpr std::uint32_t version_max = 0xF000'0000;

/// The rules of a reconfiguration (Adore 2022: R1+, R2, R3), 0 for its epoch.
constexpr int rule_none = -1;

}  // namespace

void MultiPaxos::reply(RequestId request, const Outcome& outcome, Effects& effects) {
  effects.push_back(Reply{request, SharedBytes{encode_outcome(outcome)}});
}

void MultiPaxos::on_submit(const Submit& submit, Effects& effects) {
  if (submit.port == port_pull) return on_pull(submit, effects);
  if (submit.port == port_invoke) return on_invoke(submit, effects);
  if (submit.port == port_push) return on_push(submit, effects);
  if (submit.port == port_reconfigure) return on_reconfigure(submit, effects);
  stale(submit, 0, effects);
}

void MultiPaxos::stale(const Submit& submit, Branch branch, Effects& effects) const {
  effects.push_back(Note{&notes::stale_call, {submit.port.value, branch}});
  reply(submit.request, {.kind = OutcomeKind::Stale}, effects);
}

void MultiPaxos::on_pull(const Submit& submit, Effects& effects) {
  const std::optional<PullCall> call = decode_pull(submit.value);
  if (!call) {
    effects.push_back(Note{&notes::stale_call, {submit.port.value, 0}});
    return reply(submit.request, {.kind = OutcomeKind::Preempted}, effects);
  }
  const Pull pull{{submit.request}, call->with_state};
  if (std::holds_alternative<Leader>(role_)) return open_branch(pull, effects);
  if (leader_ && (!options_.pull_moves_leader || !is_member())) {
    const PrincipalId owner = owner_of(*leader_);
    effects.push_back(Note{&notes::preempted, {owner.value}});
    return reply(submit.request, {.kind = OutcomeKind::Preempted, .owner = owner}, effects);
  }
  if (!is_member()) {
    effects.push_back(Note{&notes::not_a_member, {submit.port.value}});
    return reply(submit.request, {.kind = OutcomeKind::NoQuorum}, effects);
  }
  pulls_.push_back(pull);
  expect_calls(effects);
  // A campaign that is under way lost some messages, perhaps.
  if (std::holds_alternative<Candidate>(role_)) return ask_votes(effects);
  campaign(effects);
}

/// Precondition: this member leads.
void MultiPaxos::open_branch(const Pull& pull, Effects& effects) {
  Leader& role = std::get<Leader>(role_);
  if (role.branches == branches_per_ballot_max) {
    effects.push_back(Note{&notes::exhausted, {role.ballot}});
    reply(pull.request, {.kind = OutcomeKind::Preempted}, effects);
    return;
  }
  if (role.branches == 0 || !mutated(Mutation::SharesBranch)) ++role.branches;
  while (branches_.size() >= branches_max || branches_bytes_ > branches_bytes_max) {
    const auto oldest = branches_.begin();
    effects.push_back(Note{&notes::branch_dropped, {oldest->first}});
    branches_bytes_ -= oldest->second.bytes;
    branches_.erase(oldest);
  }
  const Branch branch = (round_of(role.ballot) << branch_counter_bits) | role.branches;
  branches_.insert_or_assign(branch, BranchState{.base = log_.last()});
  Outcome outcome{.branch = branch, .position = log_.tip()};
  if (pull.with_state) speculate({})->snapshot(outcome.value);
  reply(pull.request, outcome, effects);
}

/// The committed state, the entries after it, and the methods.
OwnObject MultiPaxos::speculate(const std::vector<SharedBytes>& methods) const {
  OwnObject state = state_;
  for (Index index = commit_ + 1; index <= log_.last(); ++index) {
    const Entry& entry = log_.entry(index);
    if (entry.kind == EntryKind::Method) state->apply(entry.bytes);
  }
  for (const SharedBytes& method : methods) state->apply(method);
  return state;
}

void MultiPaxos::on_invoke(const Submit& submit, Effects& effects) {
  std::optional<InvokeCall> call = decode_invoke(submit.value);
  const auto found = call ? branches_.find(call->branch) : branches_.end();
  if (found == branches_.end()) return stale(submit, call ? call->branch : 0, effects);
  BranchState& branch = found->second;
  const std::size_t size = call->method.size() + entry_overhead;
  if (call->method.size() > method_size_max || branch.bytes + size > branch_bytes_max ||
      branches_bytes_ + size > branches_bytes_max) {
    effects.push_back(Note{&notes::method_too_large, {call->method.size()}});
    return reply(submit.request, {.kind = OutcomeKind::Stale}, effects);
  }
  // Behind a log that moved only a read can be pushed, and what it would have
  // answered there is not known any more.
  const bool moved = branch.base != log_.last() && !mutated(Mutation::PushesOnMovedBase);
  if (moved && (call->wants_result || !state_->reads_only(call->method))) {
    effects.push_back(Note{&notes::stale_base, {call->branch}});
    return reply(submit.request, {.kind = OutcomeKind::Stale}, effects);
  }
  // The place in the tree is taken by the push; until then there is none to tell.
  Outcome outcome;
  if (call->wants_result) outcome.value = speculate(branch.methods)->apply(call->method);
  branch.methods.emplace_back(call->method);
  branch.bytes += size;
  branches_bytes_ += size;
  reply(submit.request, outcome, effects);
}

void MultiPaxos::on_push(const Submit& submit, Effects& effects) {
  const std::optional<PushCall> call = decode_push(submit.value);
  const auto found = call ? branches_.find(call->branch) : branches_.end();
  if (found == branches_.end() || found->second.methods.empty()) {
    return stale(submit, call ? call->branch : 0, effects);
  }
  const BranchState branch = std::move(found->second);
  branches_bytes_ -= branch.bytes;
  branches_.erase(found);
  const bool reads = std::all_of(branch.methods.begin(), branch.methods.end(),
                                 [&](const SharedBytes& m) { return state_->reads_only(m); });
  if (reads) return push_read(submit.request, branch, effects);
  if (branch.base != log_.last() && !mutated(Mutation::PushesOnMovedBase)) {
    effects.push_back(Note{&notes::stale_base, {call->branch}});
    return reply(submit.request, {.kind = OutcomeKind::Stale}, effects);
  }
  push_methods(submit.request, branch, effects);
}

void MultiPaxos::push_methods(RequestId request, const BranchState& branch, Effects& effects) {
  const std::uint64_t waiting = log_.bytes_after(commit_);
  if (waiting > uncommitted_bytes_max) {
    effects.push_back(Note{&notes::overloaded_push, {waiting}});
    return reply(request, {.kind = OutcomeKind::Stale}, effects);
  }
  if (log_.tip().version > version_max) {
    effects.push_back(Note{&notes::exhausted, {promised_}});
    reply(request, {.kind = OutcomeKind::Stale}, effects);
    step_down(effects);
    return campaign(effects);
  }
  const Index last = append_own(EntryKind::Method, branch.methods, effects);
  std::get<Leader>(role_).pushes.push_back({{request}, last, port_push});
  expect_calls(effects);
  advance_commit(effects);
}

/// A read is answered from a committed state that is no older than the call: this
/// member led when the call came, and everything committed then is applied.
void MultiPaxos::push_read(RequestId request, const BranchState& branch, Effects& effects) {
  Leader& role = std::get<Leader>(role_);
  Read read{{request}, 0, 0, branch.methods.back()};
  read.index = std::max({branch.base, commit_, role.first});
  read.round = role.round + 1;
  role.reads.push_back(std::move(read));
  expect_calls(effects);
  answer_reads(effects);
  const bool idle = !role.offered && role.round_confirmed == role.round;
  if (!role.reads.empty() && !role.lease && idle) begin_round(effects);
}

void MultiPaxos::answer_reads(Effects& effects) {
  Leader& role = std::get<Leader>(role_);
  const auto ready = [&](const Read& read) {
    // A lease that holds at the answer is as good as a round begun after the call.
    const bool on_lease = role.lease || mutated(Mutation::ReadsUnconfirmed);
    if (read.index > commit_ || (read.round > role.round_confirmed && !on_lease)) return false;
    effects.push_back(on_lease ? Note{&notes::lease_read, {commit_}}
                               : Note{&notes::confirmed_read, {commit_, read.round}});
    reply(read.request,
          {.position = log_.position_at(commit_), .value = state_->apply(read.method)}, effects);
    return true;
  };
  std::erase_if(role.reads, ready);
}

void MultiPaxos::answer_pulls(const Outcome& outcome, Effects& effects) {
  for (const Pull& pull : pulls_) reply(pull.request, outcome, effects);
  pulls_.clear();
}

void MultiPaxos::refuse_pulls(std::optional<PrincipalId> owner, Effects& effects) {
  if (pulls_.empty()) return;
  effects.push_back(Note{&notes::preempted, {owner ? owner->value : self_.value}});
  answer_pulls({.kind = OutcomeKind::Preempted, .owner = owner}, effects);
}

/// The first rule that the next members would break.
int MultiPaxos::broken_rule(const Membership& next) const {
  const Leader& role = std::get<Leader>(role_);
  const Membership& now = membership();
  if (next.epoch <= now.epoch) return 0;
  // R1+: one member more or less, so that majorities of both intersect.
  const std::size_t changed =
      (next.members - now.members).size() + (now.members - next.members).size();
  if (changed > 1 && !mutated(Mutation::SkipsRule1)) return 1;
  // R2: the latest change is committed. It may be the very end of the log.
  const bool looks = !mutated(Mutation::StrictRule2) || configs_.back().index < log_.last();
  if (configs_.back().index > commit_ && looks && !mutated(Mutation::SkipsRule2)) return 2;
  // R3: something of this ballot is committed, so that no earlier leader's change can be.
  if (commit_ < role.first && !mutated(Mutation::SkipsRule3)) return 3;
  return rule_none;
}

void MultiPaxos::on_reconfigure(const Submit& submit, Effects& effects) {
  const std::optional<Membership> next = decode_reconfiguration(submit.value);
  if (!next) return stale(submit, 0, effects);
  Leader* role = std::get_if<Leader>(&role_);
  if (role == nullptr) {
    Outcome outcome{.kind = OutcomeKind::Preempted};
    if (leader_) outcome.owner = owner_of(*leader_);
    effects.push_back(Note{&notes::preempted, {outcome.owner.value_or(self_).value}});
    return reply(submit.request, outcome, effects);
  }
  if (const int rule = broken_rule(*next); rule != rule_none) {
    effects.push_back(Note{&notes::reconfiguration_refused,
                           {static_cast<std::uint64_t>(rule), next->epoch.value}});
    return reply(submit.request, {.kind = OutcomeKind::Stale}, effects);
  }
  const Index last =
      append_own(EntryKind::Configuration, {SharedBytes{encode_reconfiguration(*next)}}, effects);
  announce_members(effects);
  std::erase_if(role->peers, [&](const auto& entry) { return !peers().contains(entry.first); });
  peers().for_each([&](PrincipalId to) { role->peers.try_emplace(to, Peer{.next = last}); });
  role->pushes.push_back({{submit.request}, last, port_reconfigure});
  drop_image_if_unused();
  expect_calls(effects);
  advance_commit(effects);
}

// One timer for all calls: a call that it finds twice has waited long enough.

void MultiPaxos::expect_calls(Effects& effects) {
  if (calls_timer_runs_) return;
  calls_timer_runs_ = true;
  effects.push_back(SetTimer{timer_calls, options_.call_timeout,
                             options_.call_timeout + options_.call_timeout / 4});
}

void MultiPaxos::on_calls_timer(Effects& effects) {
  calls_timer_runs_ = false;
  std::size_t left = 0;
  const auto expire = [&](auto& calls, PortId port, OutcomeKind kind) {
    std::erase_if(calls, [&](auto& call) {
      if (!call.aged) {
        call.aged = true;
        return false;
      }
      effects.push_back(Note{&notes::timed_out, {port.value}});
      reply(call.request, {.kind = kind}, effects);
      return true;
    });
    left += calls.size();
  };
  expire(pulls_, port_pull, OutcomeKind::NoQuorum);
  if (Leader* role = std::get_if<Leader>(&role_)) {
    expire(role->pushes, port_push, OutcomeKind::Unknown);
    expire(role->reads, port_push, OutcomeKind::Stale);
  }
  if (left > 0) expect_calls(effects);
}

}  // namespace parley::multi_paxos
