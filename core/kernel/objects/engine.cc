// SPDX-License-Identifier: Apache-2.0
//
// What goes past the engine, what it asks the backend, and forwarded calls.
#include "core/kernel/objects/engine.h"

#include <algorithm>
#include <utility>

#include "core/base/assert.h"
#include "core/base/overloaded.h"
#include "core/kernel/objects/engine_notes.h"

namespace parley {
namespace {

/// [me, {owner}] "make one attempt of this method".
struct Forward {
  std::uint64_t life = 0;
  std::uint64_t number = 0;  ///< Grows by one within a life.
  std::uint32_t ticks = 0;   ///< How long the asker waits.
  Bytes method{};            ///< As the backend takes it.
};

struct ForwardAnswer {
  std::uint64_t life = 0;
  std::uint64_t number = 0;
  Bytes result{};  ///< A CallResult.
};

SharedBytes encode_forward(const Forward& forward) {
  Bytes out;
  Writer writer{out};
  writer.varint(forward.life);
  writer.varint(forward.number);
  writer.varint(forward.ticks);
  writer.bytes(forward.method);
  return SharedBytes{out};
}

SharedBytes encode_forward(const ForwardAnswer& answer) {
  Bytes out;
  Writer writer{out};
  writer.varint(answer.life);
  writer.varint(answer.number);
  writer.bytes(answer.result);
  return SharedBytes{out};
}

std::optional<Forward> decode_forward(ByteView record) {
  Reader reader{record};
  Forward forward;
  forward.life = reader.varint();
  forward.number = reader.varint();
  const std::uint64_t ticks = reader.varint();
  forward.method = to_bytes(reader.bytes());
  const auto ticks_max = static_cast<std::uint64_t>(call_timeout_max / ObjectEngine::tick);
  if (!reader.finished() || ticks == 0 || ticks > ticks_max) return std::nullopt;
  forward.ticks = static_cast<std::uint32_t>(ticks);
  return forward;
}

std::optional<ForwardAnswer> decode_forward_answer(ByteView record) {
  Reader reader{record};
  ForwardAnswer answer;
  answer.life = reader.varint();
  answer.number = reader.varint();
  answer.result = to_bytes(reader.bytes());
  if (!reader.finished()) return std::nullopt;
  return answer;
}

// A request of the engine: its bit, 16 bits that tell attempts apart, the call.
constexpr unsigned call_bits = 46;
constexpr std::uint64_t lives = std::uint64_t{1} << 62;
constexpr std::uint64_t window = 64;

RequestId request_of(std::uint64_t call, std::uint32_t stage_number) {
  PARLEY_ASSERT(call >> call_bits == 0);
  return RequestId{engine_request_bit | (std::uint64_t{stage_number} & 0xFFFF) << call_bits | call};
}

std::uint32_t ticks_of(Duration timeout) {
  return static_cast<std::uint32_t>((timeout + ObjectEngine::tick - 1ns) / ObjectEngine::tick);
}

}  // namespace

void ObjectEngine::step(const Input& input, Effects& effects) {
  if (const Start* start = std::get_if<Start>(&input)) self_ = start->self;
  if (const Submit* submit = std::get_if<Submit>(&input)) {
    PARLEY_ASSERT((submit->request.value & engine_request_bit) == 0);
    if (submit->port == port_call) {
      on_call(*submit, effects);
      return drain(effects);
    }
  }
  if (const Drawn* drawn = std::get_if<Drawn>(&input); drawn != nullptr && early_) {
    begin_life(*drawn, effects);
    return drain(effects);
  }
  if (const Deliver* deliver = std::get_if<Deliver>(&input)) {
    if (deliver->type == type_forward) {
      on_forward(*deliver, effects);
      return drain(effects);
    }
    if (deliver->type == type_forward_answer) {
      on_forward_answer(*deliver, effects);
      return drain(effects);
    }
  }
  if (const TimerFired* fired = std::get_if<TimerFired>(&input)) {
    if (fired->timer == timer_engine_tick) {
      on_tick(effects);
      return drain(effects);
    }
  }
  pass(input, effects);
  drain(effects);
}

void ObjectEngine::pass(const Input& input, Effects& effects) {
  Effects from_backend;
  backend_->step(input, from_backend);
  sort_out(from_backend, effects);
}

/// Effect: the backend has heard everything the engine has to say, unless it
/// draws: then the rest follows its Drawn.
void ObjectEngine::drain(Effects& effects) {
  const auto draws = [&] {
    return std::any_of(effects.begin(), effects.end(),
                       [](const Effect& effect) { return std::holds_alternative<Draw>(effect); });
  };
  while (!queue_.empty() && !draws()) {
    const Queued next = std::move(queue_.front());
    queue_.pop_front();
    pass(Submit{next.request, next.port, next.value}, effects);
  }
}

void ObjectEngine::sort_out(Effects& from_backend, Effects& effects) {
  for (Effect& effect : from_backend) {
    const Reply* reply = std::get_if<Reply>(&effect);
    if (reply != nullptr && (reply->request.value & engine_request_bit) != 0) {
      on_outcome(reply->request, reply->value, effects);
    } else {
      effects.push_back(std::move(effect));
    }
  }
}

void ObjectEngine::ask(CallId id, ActiveCall& call, PortId port, Bytes value) {
  ++call.stage_number;
  queue_.push_back({request_of(id, call.stage_number), port, std::move(value)});
}

void ObjectEngine::on_outcome(RequestId request, ByteView value, Effects& effects) {
  const CallId id = request.value & ((std::uint64_t{1} << call_bits) - 1);
  const auto found = calls_.find(id);
  if (found == calls_.end() || request_of(id, found->second.stage_number) != request) {
    effects.push_back(Note{&engine_notes::late, {self_.value}});
    return;
  }
  ActiveCall& call = found->second;
  const std::optional<Outcome> outcome = decode_outcome(value);
  PARLEY_ASSERT(outcome.has_value() && "a backend answers with an Outcome");
  switch (call.stage) {
    case Stage::Pulling:
      return after_pull(id, call, *outcome, effects);
    case Stage::Invoking:
      if (outcome->kind != OutcomeKind::Ok) return attempt_failed(id, call, outcome->kind, effects);
      call.stage = Stage::Pushing;
      call.pushed = true;
      return ask(id, call, port_push, encode_call(PushCall{call.branch}));
    case Stage::Pushing:
      return after_push(id, call, *outcome, effects);
    case Stage::Waiting:
    case Stage::Forwarded:
      break;
  }
  PARLEY_ASSERT(false && "a call that waits has asked nothing");
}

void ObjectEngine::begin_life(const Drawn& drawn, Effects& effects) {
  life_ = drawn.value + 1;
  const EarlyCall first = *std::exchange(early_, std::nullopt);
  on_call(Submit{first.request, port_call, first.value}, effects);
}

void ObjectEngine::on_call(const Submit& submit, Effects& effects) {
  if (life_ == 0) {
    early_ = EarlyCall{submit.request, to_bytes(submit.value)};
    return effects.push_back(Draw{lives});
  }
  const auto refuse = [&](CallResultKind kind) {
    effects.push_back(Reply{submit.request, SharedBytes{encode_result({.kind = kind})}});
  };
  std::optional<Call> call = decode_call(submit.value);
  if (!call) {
    effects.push_back(Note{&engine_notes::malformed, {self_.value}});
    return refuse(CallResultKind::NotSupported);
  }
  const Bytes plain = spec_.memoises ? plain_method(call->method) : call->method;
  if (spec_.partitions && !spec_.object.partition(plain)) {
    return refuse(CallResultKind::NotSupported);
  }
  if (calls_.size() >= calls_max) {
    effects.push_back(Note{&engine_notes::busy, {calls_.size()}});
    return refuse(CallResultKind::NotApplied);
  }
  // Reads are idempotent, so they need no memory of them.
  const bool memoised =
      spec_.memoises && call->mode == CallMode::ExactlyOnce && !spec_.object.reads_only(plain);
  add({.asker = {.member = std::nullopt, .request = submit.request.value},
       .mode = call->mode,
       .attempts_left = call->mode == CallMode::Retry        ? call->attempts
                        : call->mode == CallMode::AtMostOnce ? 1
                                                             : UINT32_MAX,
       .ticks_left = ticks_of(call->timeout),
       .method = std::move(call->method),
       .memoised = memoised},
      effects);
}

void ObjectEngine::on_forward(const Deliver& deliver, Effects& effects) {
  std::optional<Forward> forward = decode_forward(deliver.record);
  if (!forward) {
    effects.push_back(Note{&engine_notes::malformed, {deliver.issuer.value}});
    return;
  }
  const Asker asker{deliver.issuer, forward->life, forward->number};
  if (!take_forward(deliver.issuer, forward->life, forward->number)) {
    effects.push_back(Note{&engine_notes::late, {deliver.issuer.value}});
    return;
  }
  if (calls_.size() >= calls_max) {
    effects.push_back(Note{&engine_notes::busy, {calls_.size()}});
    return;
  }
  add({.asker = asker,
       .mode = CallMode::AtMostOnce,
       .attempts_left = 1,
       .ticks_left = forward->ticks,
       .method = std::move(forward->method),
       .memoised = false,
       .wrapped = true},
      effects);
}

/// Effect: it is taken. False: it was before, or may have been.
bool ObjectEngine::take_forward(PrincipalId member, std::uint64_t life, std::uint64_t number) {
  Taken& taken = taken_[member];
  if (taken.life != life) taken = Taken{.life = life};
  if (number > taken.highest) {
    const std::uint64_t ahead = number - taken.highest;
    const std::uint64_t kept = ahead < window ? taken.before << ahead : 0;
    // The one that was the highest moves into the window too.
    taken.before = ahead <= window ? kept | std::uint64_t{1} << (ahead - 1) : 0;
    taken.highest = number;
    return true;
  }
  const std::uint64_t behind = taken.highest - number;
  if (behind == 0 || behind > window) return false;
  const std::uint64_t bit = std::uint64_t{1} << (behind - 1);
  if ((taken.before & bit) != 0) return false;
  taken.before |= bit;
  return true;
}

bool ObjectEngine::understands(const ActiveCall& call, ByteView result) {
  if (call.opens) return decode_session(result).has_value();
  return !call.memoised || decode_memo_result(result).has_value();
}

void ObjectEngine::forward(CallId id, ActiveCall& call, PrincipalId owner, Effects& effects) {
  call.stage = Stage::Forwarded;
  call.pushed = true;  // Until the owner says otherwise.
  call.wait_ticks = std::min(call.ticks_left, std::uint32_t{forward_ticks});
  // The answer names the attempt, so that a late one is not taken for the next.
  call.owner = owner;
  call.forward = ++forwards_;
  effects.push_back(Note{&engine_notes::forwarded, {id, owner.value}});
  effects.push_back(Send{owner, type_forward,
                         encode_forward(Forward{.life = life_,
                                                .number = call.forward,
                                                .ticks = call.wait_ticks,
                                                .method = wrapped_method(id, call)})});
}

void ObjectEngine::on_forward_answer(const Deliver& deliver, Effects& effects) {
  const std::optional<ForwardAnswer> answer = decode_forward_answer(deliver.record);
  const std::optional<CallResult> result = answer ? decode_result(answer->result) : std::nullopt;
  if (!result) {
    effects.push_back(Note{&engine_notes::malformed, {deliver.issuer.value}});
    return;
  }
  const auto found = std::find_if(calls_.begin(), calls_.end(), [&](const auto& entry) {
    const ActiveCall& call = entry.second;
    return call.stage == Stage::Forwarded && call.forward == answer->number &&
           call.owner == deliver.issuer;
  });
  if (found == calls_.end() || answer->life != life_) {
    effects.push_back(Note{&engine_notes::late, {deliver.issuer.value}});
    return;
  }
  const CallId id = found->first;
  ActiveCall& call = found->second;
  switch (result->kind) {
    case CallResultKind::Ok:
      // A member of another make may answer what this one does not understand.
      if (!understands(call, result->value)) {
        effects.push_back(Note{&engine_notes::malformed, {deliver.issuer.value}});
        return attempt_failed(id, call, OutcomeKind::Unknown, effects);
      }
      return succeed(id, call, result->value, effects);
    case CallResultKind::NotApplied:
    case CallResultKind::NotSupported:
      call.pushed = call.pushed_before;
      return attempt_failed(id, call, OutcomeKind::Preempted, effects);
    case CallResultKind::Unknown:
      return attempt_failed(id, call, OutcomeKind::Unknown, effects);
  }
}

void ObjectEngine::end(CallId id, const CallResult& result, Effects& effects) {
  const auto found = calls_.find(id);
  const Asker asker = found->second.asker;
  const bool opens = found->second.opens;
  calls_.erase(found);
  if (opens) {
    opening_ = false;
    return;
  }
  const Bytes encoded = encode_result(result);
  if (!asker.member) {
    effects.push_back(Reply{RequestId{asker.request}, SharedBytes{encoded}});
    return;
  }
  effects.push_back(Note{&engine_notes::served, {asker.member->value}});
  effects.push_back(Send{*asker.member, type_forward_answer,
                         encode_forward(ForwardAnswer{asker.life, asker.request, encoded})});
}

std::unique_ptr<Machine> ObjectEngine::clone() const {
  auto copy = std::make_unique<ObjectEngine>(spec_, backend_->clone());
  copy->self_ = self_;
  copy->session_ = session_;
  copy->opening_ = opening_;
  copy->ticking_ = ticking_;
  copy->next_call_ = next_call_;
  copy->calls_ = calls_;
  copy->queue_ = queue_;
  copy->life_ = life_;
  copy->forwards_ = forwards_;
  copy->taken_ = taken_;
  copy->early_ = early_;
  return copy;
}

SharedBytes ObjectEngine::rename(StatementType type, const SharedBytes& record,
                                 const Renaming& renaming) const {
  if (type == type_forward || type == type_forward_answer) return record;
  return backend_->rename(type, record, renaming);
}

void ObjectEngine::encode(StateWriter& out) const {
  PARLEY_ASSERT(queue_.empty() && "a step ends with nothing left to say");
  out.varint(session_);
  out.u8(static_cast<std::uint8_t>((opening_ ? 1 : 0) | (ticking_ ? 2 : 0)));
  out.varint(next_call_);
  out.varint(life_);
  out.varint(forwards_);
  out.varint(taken_.size());
  for (const auto& [member, taken] : taken_) {
    out.principal(member);
    out.varint(taken.life);
    out.varint(taken.highest);
    out.varint(taken.before);
  }
  out.varint(calls_.size());
  for (const auto& [id, call] : calls_) {
    out.varint(id);
    out.u8(call.asker.member ? 1 : 0);
    if (call.asker.member) out.principal(*call.asker.member);
    out.varint(call.asker.life);
    out.varint(call.asker.request);
    out.u8(static_cast<std::uint8_t>(call.mode));
    out.u8(static_cast<std::uint8_t>(call.stage));
    out.u8(static_cast<std::uint8_t>((call.memoised ? 1 : 0) | (call.opens ? 2 : 0) |
                                     (call.wrapped ? 4 : 0) | (call.pushed ? 8 : 0) |
                                     (call.pushed_before ? 16 : 0)));
    for (const std::uint32_t number :
         {call.attempts_left, call.ticks_left, call.wait_ticks, call.failures, call.stage_number}) {
      out.varint(number);
    }
    out.varint(call.forward);
    out.principal(call.owner);
    out.varint(call.session);
    out.varint(call.branch);
    out.bytes(call.method);
  }
  backend_->encode(out);
}

}  // namespace parley
