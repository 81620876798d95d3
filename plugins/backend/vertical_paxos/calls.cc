// SPDX-License-Identifier: Apache-2.0
//
// Pull, invoke and push. The leader serves them; others name it.
#include <algorithm>

#include "core/base/assert.h"
#include "plugins/backend/vertical_paxos/notes.h"
#include "plugins/backend/vertical_paxos/vertical_paxos.h"

namespace parley::vertical_paxos {
namespace {

/// A branch is the life of its node, then its number in it.
constexpr unsigned branch_counter_bits = 36;
/// Rounds of heartbeats likewise, so that no answer to an earlier life counts.
constexpr unsigned round_bits = 32;

}  // namespace

void VerticalPaxos::reply(RequestId request, const Outcome& outcome, Effects& effects) {
  effects.push_back(Reply{request, SharedBytes{encode_outcome(outcome)}});
}

void VerticalPaxos::on_submit(const Submit& submit, Effects& effects) {
  if (submit.port == port_pull) return on_pull(submit, effects);
  if (submit.port == port_invoke) return on_invoke(submit, effects);
  if (submit.port == port_push) return on_push(submit, effects);
  stale(submit, 0, effects);
}

void VerticalPaxos::stale(const Submit& submit, Branch branch, Effects& effects) const {
  effects.push_back(Note{&notes::stale_call, {submit.port.value, branch}});
  reply(submit.request, {.kind = OutcomeKind::Stale}, effects);
}

void VerticalPaxos::on_pull(const Submit& submit, Effects& effects) {
  const std::optional<PullCall> call = decode_pull(submit.value);
  if (!call) {
    effects.push_back(Note{&notes::stale_call, {submit.port.value, 0}});
    return reply(submit.request, {.kind = OutcomeKind::Preempted}, effects);
  }
  Leader* leader = leading();
  if (leader == nullptr && leader_id() == self_) {
    effects.push_back(Note{&notes::not_ready, {epoch()}});
    return reply(submit.request, {.kind = OutcomeKind::NoQuorum}, effects);
  }
  if (leader == nullptr) {
    effects.push_back(Note{&notes::preempted, {leader_id().value}});
    return reply(submit.request, {.kind = OutcomeKind::Preempted, .owner = leader_id()}, effects);
  }
  Outcome outcome{.branch = open_branch(*leader, effects), .position = log_.tip()};
  if (call->with_state) speculate({})->snapshot(outcome.value);
  reply(submit.request, outcome, effects);
}

Branch VerticalPaxos::open_branch(Leader& leader, Effects& effects) {
  if (branches_opened_ == 0) {
    ++life_;
    life_changed_ = true;
    leader.round = std::max(leader.round, life_ << round_bits);
    leader.confirmed = leader.round;
  }
  if (branches_opened_ == 0 || !mutated(Mutation::SharesBranch)) ++branches_opened_;
  while (branches_.size() >= branches_max || branches_bytes_ > branches_bytes_max) {
    const auto oldest = branches_.begin();
    effects.push_back(Note{&notes::branch_dropped, {oldest->first}});
    branches_bytes_ -= oldest->second.bytes;
    branches_.erase(oldest);
  }
  const Branch branch = (life_ << branch_counter_bits) | branches_opened_;
  branches_.insert_or_assign(branch, BranchState{.base = log_.last()});
  return branch;
}

/// The committed state, the entries after it, and the methods.
OwnObject VerticalPaxos::speculate(const std::vector<SharedBytes>& methods) const {
  OwnObject state = state_;
  for (Index index = commit_ + 1; index <= log_.last(); ++index) {
    const Entry& entry = log_.entry(index);
    if (entry.kind == EntryKind::Method) state->apply(entry.bytes);
  }
  for (const SharedBytes& method : methods) state->apply(method);
  return state;
}

void VerticalPaxos::on_invoke(const Submit& submit, Effects& effects) {
  const std::optional<InvokeCall> call = decode_invoke(submit.value);
  const auto found = call ? branches_.find(call->branch) : branches_.end();
  if (found == branches_.end()) return stale(submit, call ? call->branch : 0, effects);
  BranchState& branch = found->second;
  // What the caller pulled is over as soon as another branch was pushed; its push
  // would be refused.
  const bool moved = branch.base != log_.last() && !state_->reads_only(call->method);
  if (moved && !mutated(Mutation::PushesOnMovedBase)) {
    effects.push_back(Note{&notes::stale_base, {call->branch}});
    return reply(submit.request, {.kind = OutcomeKind::Stale}, effects);
  }
  const std::size_t size = call->method.size() + entry_overhead;
  if (call->method.size() > method_size_max || branch.bytes + size > branch_bytes_max) {
    effects.push_back(Note{&notes::method_too_large, {call->method.size()}});
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

void VerticalPaxos::on_push(const Submit& submit, Effects& effects) {
  const std::optional<PushCall> call = decode_push(submit.value);
  const auto found = call ? branches_.find(call->branch) : branches_.end();
  if (found == branches_.end() || found->second.methods.empty()) {
    return stale(submit, call ? call->branch : 0, effects);
  }
  const BranchState branch = std::move(found->second);
  branches_bytes_ -= branch.bytes;
  branches_.erase(found);
  Leader* leader = leading();
  PARLEY_ASSERT(leader != nullptr && "branches are dropped with the epoch");
  const bool reads = std::all_of(branch.methods.begin(), branch.methods.end(),
                                 [&](const SharedBytes& m) { return state_->reads_only(m); });
  if (reads) return push_read(*leader, submit.request, branch, effects);
  if (branch.base != log_.last() && !mutated(Mutation::PushesOnMovedBase)) {
    effects.push_back(Note{&notes::stale_base, {call->branch}});
    return reply(submit.request, {.kind = OutcomeKind::Stale}, effects);
  }
  push_methods(submit.request, branch, effects);
}

void VerticalPaxos::push_methods(RequestId request, const BranchState& branch, Effects& effects) {
  const std::uint64_t waiting = log_.bytes_between(commit_, log_.last());
  if (waiting > uncommitted_bytes_max || log_.tip().version > version_max) {
    const bool full = waiting > uncommitted_bytes_max;
    effects.push_back(full ? Note{&notes::overloaded, {waiting}}
                           : Note{&notes::exhausted, {epoch()}});
    return reply(request, {.kind = OutcomeKind::Stale}, effects);
  }
  const Index last = append_own(EntryKind::Method, branch.methods, effects);
  pushes_.push_back({{request}, last});
  expect_calls(effects);
  serve_all(effects);
  advance_commit(effects);
}

/// A read is answered from a committed state that is no older than the call: this
/// node was the leader when the call came, and everything committed then is applied.
void VerticalPaxos::push_read(Leader& leader, RequestId request, const BranchState& branch,
                              Effects& effects) {
  Read read{{request}, 0, 0, branch.methods.back()};
  read.index = std::max({branch.base, commit_, leader.first});
  if (!mutated(Mutation::ReadsUnconfirmed)) read.round = leader.round + 1;
  leader.reads.push_back(std::move(read));
  expect_calls(effects);
  const bool idle = leader.confirmed == leader.round;
  if (leader.reads.back().round > leader.round && idle) return begin_round(effects);
  answer_reads(leader, effects);
}

void VerticalPaxos::answer_reads(Leader& leader, Effects& effects) {
  std::erase_if(leader.reads, [&](const Read& read) {
    if (read.index > commit_ || read.round > leader.confirmed) return false;
    effects.push_back(Note{&notes::confirmed_read, {commit_, read.round}});
    reply(read.request,
          {.position = log_.position_at(commit_), .value = state_->apply(read.method)}, effects);
    return true;
  });
}

void VerticalPaxos::drop_branches() {
  branches_.clear();
  branches_bytes_ = 0;
}

// One timer for all calls: a call that it finds twice has waited long enough.

void VerticalPaxos::expect_calls(Effects& effects) {
  if (calls_timer_runs_) return;
  calls_timer_runs_ = true;
  effects.push_back(SetTimer{timer_calls, options_.call_timeout,
                             options_.call_timeout + options_.call_timeout / 4});
}

void VerticalPaxos::on_calls_timer(Effects& effects) {
  calls_timer_runs_ = false;
  const auto expire = [&](auto& calls, OutcomeKind kind) {
    std::erase_if(calls, [&](auto& call) {
      if (!call.aged) {
        call.aged = true;
        return false;
      }
      effects.push_back(Note{&notes::timed_out, {port_push.value}});
      reply(call.request, {.kind = kind}, effects);
      return true;
    });
  };
  expire(pushes_, OutcomeKind::Unknown);
  Leader* leader = leading();
  if (leader != nullptr) expire(leader->reads, OutcomeKind::Stale);
  if (!pushes_.empty() || (leader != nullptr && !leader->reads.empty())) expect_calls(effects);
}

}  // namespace parley::vertical_paxos
