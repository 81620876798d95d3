// SPDX-License-Identifier: Apache-2.0
#include "apps/lab/explorer/principal_state.h"

#include <algorithm>
#include <tuple>

#include "core/base/assert.h"
#include "core/base/limits.h"
#include "core/base/overloaded.h"
#include "core/kernel/local_request.h"

namespace parley {
namespace {

/// A client has one call outstanding at most, so one number serves all.
constexpr RequestId client_request{1};

auto place_of(InstanceId instance, TimerId timer) {
  return std::tuple{instance, timer};
}

auto first_not_before(std::vector<RunningTimer>& timers, InstanceId instance, TimerId timer) {
  return std::lower_bound(timers.begin(), timers.end(), place_of(instance, timer),
                          [](const RunningTimer& running, const auto& wanted) {
                            return place_of(running.instance, running.timer) < wanted;
                          });
}

}  // namespace

std::uint64_t Choices::choose(std::uint64_t bound) {
  PARLEY_ASSERT(bound > 0);
  if (bound > values_max) cut_short_ = true;
  if (used_ == choices_.size()) choices_.push_back({0, std::min(bound, values_max)});
  return choices_[used_++].value;
}

bool Choices::advance() {
  // What an event draws depends only on what it drew before: an odometer.
  while (!choices_.empty() && choices_.back().value + 1 == choices_.back().bound) {
    choices_.pop_back();
  }
  used_ = 0;
  if (choices_.empty()) return false;
  if (combinations_ == combinations_max) {
    cut_short_ = true;
    return false;
  }
  ++combinations_;
  ++choices_.back().value;
  return true;
}

PrincipalState::PrincipalState(const System& system, const Options& options, PrincipalId self,
                               std::optional<ObjectClient> client)
    : system_(&system), options_(&options), self_(self), client_(std::move(client)) {
  for (const InstanceRoute& route : system.instances) {
    if (route.hosts.contains(self)) hosted_.push_back({&route, nullptr, route.membership});
  }
}

PrincipalState::PrincipalState(const PrincipalState& other)
    : system_(other.system_),
      options_(other.options_),
      self_(other.self_),
      timers_(other.timers_),
      client_(other.client_) {
  hosted_.reserve(other.hosted_.size());
  for (const Hosted& from : other.hosted_) {
    hosted_.push_back({from.route, from.machine == nullptr ? nullptr : from.machine->clone(),
                       from.membership, from.decides_next, from.log});
  }
}

bool PrincipalState::wants_to_call() const {
  return client_ && !client_->waiting() && !client_->done();
}

const Machine* PrincipalState::machine(InstanceId instance) const {
  for (const Hosted& candidate : hosted_) {
    if (candidate.route->id == instance) return candidate.machine.get();
  }
  return nullptr;
}

void PrincipalState::start(Choices& choices, Performed& done) {
  Run run{choices, done};
  for (Hosted& starting : hosted_) {
    starting.machine = starting.route->create(self_);
    starting.membership = starting.route->membership;
    starting.decides_next.clear();
  }
  for (Hosted& starting : hosted_) {
    const Recovered recovered = starting.log.recover();
    step(starting, Start{self_, starting.membership, recovered}, run);
  }
  drain_locals(run);
}

void PrincipalState::deliver(const Message& message, Choices& choices, Performed& done) {
  Run run{choices, done};
  Hosted* target = hosted(message.instance);
  PARLEY_ASSERT(target != nullptr && message.to == self_);
  const Membership& membership = *target->membership;
  const bool believed =
      membership.members.contains(message.from) || membership.learners.contains(message.from);
  if (!believed) return;
  step(*target, Deliver{message.from, message.type, message.record}, run);
  drain_locals(run);
}

void PrincipalState::fire(InstanceId instance, TimerId timer, Choices& choices, Performed& done) {
  Run run{choices, done};
  Hosted* target = hosted(instance);
  PARLEY_ASSERT(target != nullptr);
  cancel_timer(instance, timer);
  step(*target, TimerFired{timer}, run);
  drain_locals(run);
}

void PrincipalState::call(Choices& choices, Performed& done) {
  Run run{choices, done};
  Hosted* target = hosted(options_->object);
  PARLEY_ASSERT(target != nullptr && wants_to_call());
  const ObjectClient::Call next = *client_->next();
  done.called = next;
  step(*target, Submit{client_request, next.port, next.value}, run);
  drain_locals(run);
}

void PrincipalState::crash(Choices& choices, Performed& done) {
  timers_.clear();
  if (client_ && client_->waiting()) {
    client_->on_lost();
    judge_client(done);
  }
  start(choices, done);
}

PrincipalState::Hosted* PrincipalState::hosted(InstanceId id) {
  for (Hosted& candidate : hosted_) {
    if (candidate.route->id == id) return &candidate;
  }
  return nullptr;
}

void PrincipalState::drain_locals(Run& run) {
  for (std::uint32_t steps = 0; !run.locals.empty(); ++steps) {
    PARLEY_ASSERT(steps < limits::local_steps_max);
    const PendingLocal next = std::move(run.locals.front());
    run.locals.pop_front();
    Hosted* target = hosted(next.to);
    if (target == nullptr) continue;
    if (next.port) {
      step(*target, Submit{next.request, *next.port, next.value}, run);
    } else {
      step(*target, Answered{next.request, next.value}, run);
    }
  }
}

void PrincipalState::step(Hosted& target, const Input& input, Run& run) {
  Effects effects;
  target.machine->step(input, effects);
  // The effects of a step with a choice are withheld until it is made.
  std::size_t first = 0;
  for (std::uint32_t draws = 0;; ++draws) {
    PARLEY_ASSERT(draws < limits::draws_max);
    const auto draw =
        std::find_if(effects.begin() + static_cast<std::ptrdiff_t>(first), effects.end(),
                     [](const Effect& effect) { return std::holds_alternative<Draw>(effect); });
    if (draw == effects.end()) break;
    const std::uint64_t bound = std::get<Draw>(*draw).bound;
    effects.erase(draw);
    first = effects.size();
    target.machine->step(Drawn{run.choices.choose(bound)}, effects);
  }
  for (Effect& effect : effects) perform(target, effect, run);
}

void PrincipalState::perform(Hosted& from, Effect& effect, Run& run) {
  const InstanceId instance = from.route->id;
  std::visit(overloaded{
                 [&](const Publish& publish) {
                   publish.verifiers.for_each([&](PrincipalId to) {
                     if (to != self_) send(from, to, publish.type, publish.record, run);
                   });
                 },
                 [&](const Progress&) {},  // Spreading again is duplication, not a new message.
                 [&](const Send& sent) {
                   PARLEY_ASSERT(sent.to != self_);
                   send(from, sent.to, sent.type, sent.record, run);
                 },
                 [&](const Local& asked) { local(from, asked, run); },
                 [&](const Persist& persist) {
                   if (options_->keeps_logs) from.log.apply(persist);
                 },
                 [&](const SetTimer& timer) { set_timer(instance, timer); },
                 [&](const CancelTimer& timer) { cancel_timer(instance, timer.timer); },
                 [&](const ChangeMembership& change) { change_membership(from, change, run); },
                 [](const Draw&) { PARLEY_ASSERT(false && "draws were answered before"); },
                 [&](const Decide& decided) { decide(from, decided, run); },
                 [&](const Reply& replied) { reply(from, replied, run); },
                 [&](Note& note) {
                   run.done.notes.push_back({instance, std::move(note)});
                 },
             },
             effect);
}

void PrincipalState::send(const Hosted& from, PrincipalId to, StatementType type,
                          const SharedBytes& record, Run& run) const {
  // Whoever does not host the instance would only note and drop it.
  if (!from.route->hosts.contains(to)) return;
  run.done.sends.push_back({self_, to, from.route->id, type, record});
}

void PrincipalState::local(const Hosted& from, const Local& asked, Run& run) const {
  for (const Wire& wire : from.route->wires) {
    if (wire.from != asked.port) continue;
    run.locals.push_back(
        {wire.to, local_request(from.route->id, asked.request), wire.port, asked.value});
  }
}

void PrincipalState::change_membership(Hosted& from, const ChangeMembership& change, Run& run) {
  if (change.membership->epoch <= from.membership->epoch && !run.done.violation) {
    run.done.violation =
        Violation{"epoch_order", from.route->name + ": expected the members that " +
                                     system_->name_of(self_) + " changes to of an epoch after " +
                                     std::to_string(from.membership->epoch.value) + ", found " +
                                     std::to_string(change.membership->epoch.value)};
  }
  from.membership = change.membership;
  run.done.changes.push_back({from.route->id, change.membership});
}

void PrincipalState::decide(Hosted& from, const Decide& decided, Run& run) {
  const auto [next, is_first] =
      from.decides_next.try_emplace(to_bytes(decided.partition.view()), decided.position);
  if (decided.position < next->second && !run.done.violation) {
    run.done.violation = Violation{
        "decide_order", from.route->name + ": expected " + system_->name_of(self_) +
                            " to decide position " + std::to_string(next->second) +
                            " or a later one next, found " + std::to_string(decided.position)};
  }
  // Whether others have decided what lies between is no matter of this principal alone.
  if (decided.position > next->second) {
    run.done.skipped.push_back({from.route->id, next->first, next->second, decided.position});
  }
  next->second = decided.position + 1;
  run.done.decides.push_back({from.route->id, decided.position, decided.value, decided.partition});
}

void PrincipalState::reply(const Hosted& from, const Reply& replied, Run& run) {
  if (const std::optional<LocalRequest> asked = local_request_of(replied.request)) {
    run.locals.push_back({asked->asker, asked->request, std::nullopt, replied.value});
    return;
  }
  const bool to_client = client_ && client_->waiting() && from.route->id == options_->object &&
                         replied.request == client_request;
  if (to_client) answer_client(replied.value, run.done);
}

void PrincipalState::answer_client(ByteView bytes, Performed& done) {
  client_->on_reply(bytes);
  done.answered = decode_outcome(bytes);
  judge_client(done);
}

/// Effect: says what a client that is done was told of its method.
void PrincipalState::judge_client(Performed& done) const {
  const std::optional<Outcome> result = client_->result();
  if (!result) return;
  if (result->kind == OutcomeKind::Ok) {
    done.pushed = Performed::Pushed{client_->method(), result->value};
  } else if (!client_->perhaps_pushed()) {
    done.refused = client_->method();
  }
}

void PrincipalState::set_timer(InstanceId instance, const SetTimer& timer) {
  if (!options_->keeps_timers) return;
  const auto at = first_not_before(timers_, instance, timer.timer);
  const RunningTimer running{instance, timer.timer, timer.lease};
  if (at != timers_.end() && at->instance == instance && at->timer == timer.timer) {
    *at = running;
  } else {
    timers_.insert(at, running);
  }
}

void PrincipalState::cancel_timer(InstanceId instance, TimerId timer) {
  const auto at = first_not_before(timers_, instance, timer);
  if (at != timers_.end() && at->instance == instance && at->timer == timer) timers_.erase(at);
}

void PrincipalState::encode(Bytes& out, const Renaming* renaming) const {
  StateWriter writer{out, renaming};
  writer.principal(self_);
  for (const Hosted& each : hosted_) encode_hosted(each, writer, renaming);
  writer.varint(timers_.size());
  for (const RunningTimer& timer : timers_) {
    writer.varint(timer.instance.value);
    writer.varint(timer.timer.value);
    writer.u8(static_cast<std::uint8_t>(timer.lease.side));
    writer.varint(timer.lease.lease);
  }
  writer.u8(client_ ? 1 : 0);
  if (!client_) return;
  client_->encode(writer);
  writer.u8(client_->perhaps_pushed() ? 1 : 0);  // Decides what its end will claim.
}

void PrincipalState::encode_hosted(const Hosted& each, StateWriter& out,
                                   const Renaming* renaming) const {
  Bytes machine;
  StateWriter machine_writer{machine, renaming};
  each.machine->encode(machine_writer);
  out.bytes(machine);
  // The members it started with are the same in every state.
  const bool changed = each.membership != each.route->membership;
  out.u8(changed ? 1 : 0);
  if (changed) {
    out.varint(each.membership->epoch.value);
    out.principals(each.membership->members);
    out.principals(each.membership->learners);
    for (const PrincipalId member : each.membership->order) out.principal(member);
  }
  out.varint(each.decides_next.size());
  for (const auto& [partition, next] : each.decides_next) {
    out.bytes(partition);
    out.varint(next);
  }
  if (options_->keeps_logs) each.log.encode(out);
}

}  // namespace parley
