// SPDX-License-Identifier: Apache-2.0
#include "apps/lab/explorer/transitions.h"

#include <algorithm>

#include "core/base/assert.h"

namespace parley {
namespace {

/// Guess of what a live machine takes beyond its encoded bytes, for the memory bound.
constexpr std::size_t local_overhead_bytes = 1'024;

/// Runs the event in the branch number `wanted`.
Performed run_branch(const PrincipalState& from,
                     const std::function<void(PrincipalState&, Choices&, Performed&)>& event,
                     std::size_t wanted) {
  Choices choices;
  for (std::size_t branch = 0;; ++branch) {
    PrincipalState state{from};
    Performed done;
    event(state, choices, done);
    if (branch == wanted) return done;
    const bool more = choices.advance();
    PARLEY_ASSERT(more);
  }
}

void begin(PrincipalState& state, Choices& choices, Performed& done) {
  state.start(choices, done);
}

}  // namespace

Transitions::Transitions(const System& system, PrincipalState::Options options, bool refinement)
    : system_(system),
      options_(options),
      refinement_(system),
      history_(system.initial, refinement ? &refinement_ : nullptr) {}

std::span<const Consequence> Transitions::start(PrincipalId principal,
                                                std::optional<ObjectClient> client) {
  const PrincipalState unstarted{system_, options_, principal, std::move(client)};
  const BranchList list = explore(unstarted, begin);
  return std::span{branches_}.subspan(list.first, list.count);
}

std::span<const Consequence> Transitions::branches(LocalId local, LocalEvent event) {
  std::uint32_t found = lists_by_event_.find(local, event.number);
  if (found == NumberMap::none) {
    PARLEY_ASSERT(locals_[local].state != nullptr);
    const BranchList list = explore(*locals_[local].state, event_of(event));
    found = static_cast<std::uint32_t>(lists_.size());
    lists_.push_back(list);
    lists_by_event_.add(local, event.number, found);
  }
  return std::span{branches_}.subspan(lists_[found].first, lists_[found].count);
}

Performed Transitions::perform_again(LocalId local, LocalEvent event, std::size_t branch) const {
  return run_branch(*locals_[local].state, event_of(event), branch);
}

Performed Transitions::start_again(PrincipalId principal, std::optional<ObjectClient> client,
                                   std::size_t branch) const {
  return run_branch(PrincipalState{system_, options_, principal, std::move(client)}, begin, branch);
}

LocalId Transitions::renamed_local(LocalId local, const Renaming& renaming) {
  PARLEY_ASSERT(locals_[local].state != nullptr);
  scratch_.clear();
  locals_[local].state->encode(scratch_, &renaming);
  const ByteInterner::Number number = local_numbers_.intern(scratch_);
  if (number.is_new) locals_.emplace_back();
  return number.id;
}

MessageId Transitions::renamed_message(MessageId id, const Renaming& renaming) {
  const Message message = messages_[id];
  const Machine* speaker = nullptr;
  for (std::size_t i = 0; speaker == nullptr && i < locals_.size(); ++i) {
    if (locals_[i].state != nullptr) speaker = locals_[i].state->machine(message.instance);
  }
  PARLEY_ASSERT(speaker != nullptr);
  return intern_message({renaming(message.from), renaming(message.to), message.instance,
                         message.type, speaker->rename(message.type, message.record, renaming)});
}

std::size_t Transitions::memory() const {
  return local_numbers_.memory() * 3 + locals_.size() * local_overhead_bytes +
         message_numbers_.memory() * 2 + messages_.capacity() * sizeof(Message) +
         lists_by_event_.memory() + lists_.capacity() * sizeof(BranchList) +
         branches_.capacity() * sizeof(Consequence) + sends_.capacity() * sizeof(MessageId) +
         history_.memory();
}

Transitions::Event Transitions::event_of(LocalEvent event) const {
  switch (event.kind()) {
    case LocalEvent::Kind::Deliver:
      return [this, message = event.detail()](auto& state, auto& choices, auto& done) {
        state.deliver(messages_[message], choices, done);
      };
    case LocalEvent::Kind::Timer:
      return [timer = timers_[event.detail()]](auto& state, auto& choices, auto& done) {
        state.fire(timer.instance, timer.timer, choices, done);
      };
    case LocalEvent::Kind::Call:
      return [](auto& state, auto& choices, auto& done) { state.call(choices, done); };
    case LocalEvent::Kind::Crash:
      break;
  }
  return [](auto& state, auto& choices, auto& done) { state.crash(choices, done); };
}

Transitions::BranchList Transitions::explore(const PrincipalState& from, const Event& event) {
  std::vector<Consequence> found;
  Choices choices;
  do {
    auto state = std::make_unique<PrincipalState>(from);
    Performed done;
    event(*state, choices, done);
    found.push_back(take(std::move(state), done));
  } while (choices.advance());
  if (choices.cut_short()) draws_cut_short_ = true;
  const BranchList list{static_cast<std::uint32_t>(branches_.size()),
                        static_cast<std::uint32_t>(found.size())};
  branches_.insert(branches_.end(), found.begin(), found.end());
  return list;
}

Consequence Transitions::take(std::unique_ptr<PrincipalState> state, const Performed& done) {
  const PrincipalId principal = state->self();
  Consequence branch{.local = intern_local(std::move(state)),
                     .sends_first = static_cast<std::uint32_t>(sends_.size()),
                     .sends_count = static_cast<std::uint32_t>(done.sends.size()),
                     .claim = history_.claim_of(done, principal, options_.object),
                     .violation = 0};
  for (const Message& message : done.sends) sends_.push_back(intern_message(message));
  std::sort(sends_.begin() + branch.sends_first, sends_.end());
  if (done.violation) {
    violations_.push_back(*done.violation);
    branch.violation = static_cast<std::uint32_t>(violations_.size());
  }
  return branch;
}

LocalId Transitions::intern_local(std::unique_ptr<PrincipalState> state) {
  scratch_.clear();
  state->encode(scratch_);
  const ByteInterner::Number number = local_numbers_.intern(scratch_);
  if (number.is_new) locals_.emplace_back();
  Local& local = locals_[number.id];
  if (local.state == nullptr) {
    local.state = std::move(state);
    describe(local);
  }
  return number.id;
}

void Transitions::describe(Local& local) {
  for (const RunningTimer& timer : local.state->timers()) {
    const Lease lease{timer.instance, timer.lease.lease};
    OwnEvent fires{LocalEvent::of(LocalEvent::Kind::Timer, intern_timer(timer))};
    if (timer.lease.side == LeaseTag::Side::Wait) fires.waits_for = lease;
    if (timer.lease.side == LeaseTag::Side::Hold) local.leases_held.push_back(lease);
    local.own_events.push_back(fires);
  }
  if (local.state->wants_to_call()) {
    local.own_events.push_back({LocalEvent::of(LocalEvent::Kind::Call)});
  }
  local.can_crash = local.state->hosts_anything();
}

MessageId Transitions::intern_message(const Message& message) {
  Bytes key;
  Writer writer{key};
  writer.varint(message.from.value);
  writer.varint(message.to.value);
  writer.varint(message.instance.value);
  writer.varint(message.type.value);
  writer.raw(message.record);
  const ByteInterner::Number number = message_numbers_.intern(key);
  if (number.is_new) messages_.push_back(message);
  return number.id;
}

std::uint32_t Transitions::intern_timer(const RunningTimer& timer) {
  const auto found = std::find_if(timers_.begin(), timers_.end(), [&](const RunningTimer& known) {
    return known.instance == timer.instance && known.timer == timer.timer;
  });
  if (found != timers_.end()) return static_cast<std::uint32_t>(found - timers_.begin());
  timers_.push_back(timer);
  return static_cast<std::uint32_t>(timers_.size() - 1);
}

}  // namespace parley
