// SPDX-License-Identifier: Apache-2.0
//
// One call from its first attempt to its answer.
#include <algorithm>

#include "core/base/assert.h"
#include "core/base/digest.h"
#include "core/kernel/objects/engine.h"
#include "core/kernel/objects/engine_notes.h"

namespace parley {
namespace {

constexpr std::uint32_t backoff_doublings_max = 4;
constexpr std::uint32_t open_session_ticks = 1'000;

/// Longer with every failure, and different on every node and for every call,
/// or two that preempt each other would go on doing so.
std::uint32_t backoff_ticks(PrincipalId self, std::uint64_t call, std::uint32_t failures) {
  Fingerprint sum;
  sum.add(self.value);
  sum.add(call);
  sum.add(failures);
  const std::uint64_t range = std::uint64_t{1} << std::min(failures, backoff_doublings_max);
  return static_cast<std::uint32_t>(1 + sum.value() % range);
}

}  // namespace

void ObjectEngine::add(ActiveCall call, Effects& effects) {
  const CallId id = next_call_++;
  ActiveCall& added = calls_.emplace(id, std::move(call)).first->second;
  keep_ticking(effects);
  attempt(id, added, effects);
}

/// Effect: one attempt is under way, or the call waits for the session.
void ObjectEngine::attempt(CallId id, ActiveCall& call, Effects& effects) {
  if (call.memoised && session_ == 0) {
    call.stage = Stage::Waiting;
    call.wait_ticks = 0;  // Until the session is there.
    return open_session(effects);
  }
  if (call.memoised && call.session != session_) {
    // An attempt under an older session may have been applied, and nothing
    // remembers it any more: another attempt could apply the method again.
    if (call.pushed) return end(id, failure_of(call), effects);
    call.session = session_;
  }
  --call.attempts_left;
  call.pushed_before = call.pushed;
  call.stage = Stage::Pulling;
  PullCall pull;
  if (spec_.partitions)
    pull.partition = spec_.object.partition(wrapped_method(id, call)).value_or(Bytes{});
  ask(id, call, port_pull, encode_call(pull));
}

void ObjectEngine::open_session(Effects& effects) {
  if (opening_) return;
  opening_ = true;
  add({.asker = {},
       .mode = CallMode::AtLeastOnce,
       .attempts_left = UINT32_MAX,
       .ticks_left = open_session_ticks,
       .method = {},
       .memoised = false,
       .opens = true},
      effects);
}

void ObjectEngine::after_pull(CallId id, ActiveCall& call, const Outcome& outcome,
                              Effects& effects) {
  if (outcome.kind == OutcomeKind::Ok) {
    call.stage = Stage::Invoking;
    call.branch = outcome.branch;
    return ask(id, call, port_invoke,
               encode_call(InvokeCall{outcome.branch, wrapped_method(id, call), false}));
  }
  // One hop only: who was asked by another member does not ask a third.
  const bool elsewhere = outcome.owner && *outcome.owner != self_ && !call.asker.member;
  if (elsewhere) return forward(id, call, *outcome.owner, effects);
  attempt_failed(id, call, outcome.kind, effects);
}

void ObjectEngine::after_push(CallId id, ActiveCall& call, const Outcome& outcome,
                              Effects& effects) {
  if (outcome.kind == OutcomeKind::Ok) return succeed(id, call, outcome.value, effects);
  if (outcome.kind == OutcomeKind::Stale) call.pushed = call.pushed_before;
  attempt_failed(id, call, outcome.kind, effects);
}

/// `result` is the backend's, here or at the member that the call was sent to.
void ObjectEngine::succeed(CallId id, ActiveCall& call, ByteView result, Effects& effects) {
  if (call.opens) {
    const std::optional<SessionId> opened = decode_session(result);
    PARLEY_ASSERT(opened.has_value() && "our own object opens sessions");
    end(id, {}, effects);
    session_ = *opened;
    effects.push_back(Note{&engine_notes::session_opened, {session_}});
    return resume_waiting(effects);
  }
  if (!call.memoised) return end(id, {CallResultKind::Ok, to_bytes(result)}, effects);
  const std::optional<MemoResult> memo = decode_memo_result(result);
  PARLEY_ASSERT(memo.has_value() && "our own object memoises");
  if (memo->kind == MemoKind::Forgotten) return session_forgotten(id, call, effects);
  end(id, {CallResultKind::Ok, to_bytes(memo->value)}, effects);
}

void ObjectEngine::session_forgotten(CallId id, ActiveCall& call, Effects& effects) {
  if (call.session == session_) {
    effects.push_back(Note{&engine_notes::session_forgotten, {session_}});
    session_ = 0;
  }
  // This attempt was not applied; one before it may have been.
  call.pushed = call.pushed_before;
  attempt_failed(id, call, OutcomeKind::Stale, effects);
}

/// Effect: the call waits for its next attempt, or ends.
void ObjectEngine::attempt_failed(CallId id, ActiveCall& call, OutcomeKind why, Effects& effects) {
  if (call.attempts_left == 0) return end(id, failure_of(call), effects);
  effects.push_back(Note{&engine_notes::retried, {id, static_cast<std::uint64_t>(why)}});
  call.stage = Stage::Waiting;
  call.wait_ticks = backoff_ticks(self_, id, call.failures);
  ++call.failures;
}

CallResult ObjectEngine::failure_of(const ActiveCall& call) const {
  return {call.pushed ? CallResultKind::Unknown : CallResultKind::NotApplied, {}};
}

void ObjectEngine::on_tick(Effects& effects) {
  ticking_ = false;
  std::vector<CallId> ids;
  ids.reserve(calls_.size());
  for (const auto& [id, call] : calls_) ids.push_back(id);
  for (const CallId id : ids) {
    const auto found = calls_.find(id);
    if (found == calls_.end()) continue;
    ActiveCall& call = found->second;
    if (--call.ticks_left == 0) {
      effects.push_back(Note{&engine_notes::timed_out, {id, call.pushed ? 1u : 0u}});
      end(id, failure_of(call), effects);
      continue;
    }
    const bool waits = call.stage == Stage::Waiting || call.stage == Stage::Forwarded;
    if (!waits || call.wait_ticks == 0 || --call.wait_ticks > 0) continue;
    if (call.stage == Stage::Waiting) {
      attempt(id, call, effects);
    } else {
      attempt_failed(id, call, OutcomeKind::Unknown, effects);
    }
  }
  // Whoever still waits for a session that nobody opens asks for one.
  if (session_ == 0 && !opening_) resume_waiting(effects);
  keep_ticking(effects);
}

/// Effect: calls that wait for the session make their attempt, in their order.
void ObjectEngine::resume_waiting(Effects& effects) {
  std::vector<CallId> ids;
  for (const auto& [id, call] : calls_) {
    if (call.stage == Stage::Waiting && call.wait_ticks == 0) ids.push_back(id);
  }
  for (const CallId id : ids) {
    if (const auto found = calls_.find(id); found != calls_.end()) {
      attempt(id, found->second, effects);
    }
  }
}

/// The method as the backend takes it.
Bytes ObjectEngine::wrapped_method(CallId id, const ActiveCall& call) const {
  if (call.wrapped) return call.method;
  if (call.opens) return open_session_method();
  if (!spec_.memoises) return call.method;
  if (!call.memoised) return plain_method(call.method);
  return memoised_method(call.session, id, answered_below(), call.method);
}

/// No attempt of a call below it will follow: it is the oldest memoised one of
/// this node under way.
std::uint64_t ObjectEngine::answered_below() const {
  const auto oldest = std::find_if(calls_.begin(), calls_.end(),
                                   [](const auto& entry) { return entry.second.memoised; });
  return oldest == calls_.end() ? next_call_ : oldest->first;
}

void ObjectEngine::keep_ticking(Effects& effects) {
  if (ticking_ || calls_.empty()) return;
  ticking_ = true;
  effects.push_back(SetTimer{timer_engine_tick, tick, tick, {}});
}

}  // namespace parley
