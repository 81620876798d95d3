// SPDX-License-Identifier: Apache-2.0
#include "core/kernel/node.h"

#include <algorithm>

#include "core/base/limits.h"
#include "core/base/overloaded.h"
#include "core/kernel/kernel_notes.h"
#include "core/kernel/log_entry.h"
#include "core/kernel/node_state.h"

namespace parley {

void NodeOutput::clear() {
  persists.clear();
  sends.clear();
  timers.clear();
  replies.clear();
  decides.clear();
  notes.clear();
}

bool NodeOutput::empty() const {
  return persists.empty() && sends.empty() && timers.empty() && replies.empty() &&
         decides.empty() && notes.empty();
}

bool CheckJob::run(const SealDomain& domain, Bytes& scratch) const {
  domain.message(frame.body, scratch);
  return authenticator->check(frame.issuer, scratch, frame.evidence);
}

Node::Node(const Tables& tables, PrincipalId self, const Keys& keys, Chooser& chooser)
    : state_(std::make_unique<State>(tables, self, keys, chooser)) {}
Node::~Node() = default;
Node::Node(Node&&) noexcept = default;

PrincipalId Node::self() const {
  return state_->self;
}

const Machine* Node::machine(InstanceId instance) const {
  const State::Hosted* hosted = state_->hosted(instance);
  return hosted == nullptr ? nullptr : hosted->machine.get();
}

std::variant<CheckJob, Refusal> Node::inspect(PrincipalId from, ByteView bytes) const {
  const Tables& tables = state_->tables;
  Result<FrameView> frame =
      decode_frame(bytes, static_cast<std::uint32_t>(tables.deployment.principals.size()));
  if (!frame) return Refusal{&kernel_notes::frame_malformed, frame.error().message};
  if (frame->mechanism >= tables.mechanisms.size()) {
    return Refusal{&kernel_notes::frame_malformed, "frame: unknown mechanism"};
  }
  if (!frame->verifiers.contains(state_->self)) {
    return Refusal{&kernel_notes::not_a_verifier, "frame: this node is no verifier of it"};
  }
  const Mechanism& mechanism = tables.mechanisms[frame->mechanism];
  const AuthenticationRoute* route =
      tables.authentication(frame->issuer, state_->self, frame->instance, !frame->auditors.empty());
  const bool accepted = route != nullptr && std::find(route->accepts.begin(), route->accepts.end(),
                                                      frame->mechanism) != route->accepts.end();
  // Without evidence a statement is as good as the link it came over, and no further.
  const bool relayed_bare = mechanism.needs_private_link() && from != frame->issuer;
  if (!accepted || relayed_bare) {
    return Refusal{&kernel_notes::frame_refused,
                   "frame: mechanism " + mechanism.name + " is not accepted from its issuer"};
  }
  return CheckJob{.authenticator = &state_->sealer.authenticator(frame->mechanism),
                  .frame = *frame,
                  .costly = mechanism.factory->check_is_costly()};
}

void Node::step(const NodeInput& input, NodeOutput& out) {
  out.clear();
  state_->out = &out;
  std::visit(
      overloaded{
          [&](const Boot& boot) { state_->boot(boot); },
          [&](const Arrived& arrived) { state_->arrived(arrived); },
          [&](const Dropped& dropped) { state_->note(*dropped.reason, {dropped.from.value}); },
          [&](const Request& request) { state_->request(request); },
          [&](const NodeTimerFired& fired) { state_->timer_fired(fired); },
          [&](const PeerRestarted& restarted) { state_->peer_restarted(restarted); },
          [&](const NodeMembershipChanged& change) { state_->membership_changed(change); },
      },
      input);
  state_->out = nullptr;
}

Node::State::State(const Tables& deployment_tables, PrincipalId principal, const Keys& key_rings,
                   Chooser& draw_chooser)
    : tables(deployment_tables),
      self(principal),
      keys(key_rings),
      chooser(draw_chooser),
      sealer(deployment_tables, principal, key_rings),
      dissemination(deployment_tables, principal) {
  for (const InstanceRoute& route : tables.instances) {
    if (!route.hosts.contains(self)) continue;
    instances.push_back({route.id, &route, route.create(self), route.membership});
  }
  for (std::size_t i = 0; i < tables.mechanisms.size(); ++i) {
    const auto index = static_cast<std::uint8_t>(i);
    std::unique_ptr<Machine> machine = sealer.authenticator(index).machine();
    if (machine == nullptr) continue;
    Membership everybody;
    for (std::uint32_t p = 0; p < tables.deployment.principals.size(); ++p) {
      everybody.members.insert(PrincipalId{p});
    }
    everybody.order = everybody.members.members();
    instances.push_back({mechanism_instance(index), nullptr, std::move(machine),
                         std::make_shared<const Membership>(std::move(everybody))});
  }
}

Node::State::Hosted* Node::State::hosted(InstanceId id) {
  const auto at = std::lower_bound(
      instances.begin(), instances.end(), id,
      [](const Hosted& candidate, InstanceId wanted) { return candidate.id < wanted; });
  return at != instances.end() && at->id == id ? &*at : nullptr;
}

void Node::State::note(const NoteDeclaration& declaration,
                       std::initializer_list<std::uint64_t> values) {
  Note made{&declaration};
  std::copy(values.begin(), values.end(), made.values.begin());
  out->notes.push_back({InstanceId{}, std::move(made)});
}

void Node::State::boot(const Boot& boot) {
  // Every machine starts before any of them hears of another: first those of the
  // mechanisms, which all publications of the others may need.
  std::vector<PublicationKey> resumed;
  for (Hosted& hosted : instances) {
    if (is_mechanism_instance(hosted.id)) start(hosted, boot, resumed);
  }
  for (Hosted& hosted : instances) {
    if (!is_mechanism_instance(hosted.id)) start(hosted, boot, resumed);
  }
  for (const PublicationKey& key : resumed) {
    // Its machine may have finished or replaced it in its Start.
    const Publication* publication = dissemination.find(key);
    if (publication != nullptr && publication->sealed.empty()) begin(key);
  }
  drain_locals();
}

void Node::State::start(Hosted& hosted, const Boot& boot, std::vector<PublicationKey>& resumed) {
  const Recovered nothing;
  const auto found = boot.recovered.find(hosted.id);
  Unwrapped unwrapped =
      unwrap(found == boot.recovered.end() ? nothing : found->second, hosted.id, self,
             static_cast<std::uint32_t>(tables.deployment.principals.size()));
  for (auto& [key, publication] : unwrapped.publications) {
    dissemination.add(key, std::move(publication));
    resumed.push_back(key);
  }
  step_machine(hosted, Start{self, hosted.membership, unwrapped.recovered});
}

void Node::State::arrived(const Arrived& arrived) {
  const FrameView& frame = arrived.frame;
  Hosted* target = hosted(frame.instance);
  if (target == nullptr) return note(kernel_notes::instance_unknown, {frame.instance.value});
  // Who stands by may ask to be a member.
  const bool stands_by = target->route != nullptr && target->route->standby.contains(frame.issuer);
  if (!stands_by && !target->membership->members.contains(frame.issuer) &&
      !target->membership->learners.contains(frame.issuer)) {
    return note(kernel_notes::not_a_member, {frame.issuer.value});
  }
  dissemination.heard(frame.instance, frame.issuer);
  if (frame.type == type_acknowledgement) return take_acknowledgement(frame);
  if (frame.acknowledge) acknowledge(frame);
  drive(*target, Deliver{frame.issuer, frame.type, frame.record});
}

void Node::State::request(const Request& request) {
  Hosted* target = hosted(request.instance);
  if (target == nullptr) return note(kernel_notes::instance_unknown, {request.instance.value});
  PARLEY_ASSERT(!local_request_of(request.request));
  drive(*target, Submit{request.request, request.port, request.value});
}

void Node::State::timer_fired(const NodeTimerFired& fired) {
  if (fired.key.owner == TimerKey::Owner::Machine) {
    Hosted* target = hosted(fired.key.instance);
    PARLEY_ASSERT(target != nullptr);
    drive(*target, TimerFired{TimerId{static_cast<std::uint32_t>(fired.key.timer)}});
    return;
  }
  const PublicationKey key{fired.key.instance, PublicationId{fired.key.timer}};
  const Publication* publication = dissemination.find(key);
  if (publication == nullptr) return;  // Finished while its timer was on its way.
  const std::size_t stage = publication->stage;
  const Spread next = dissemination.escalate(key);
  if (publication->stage != stage) {
    note(kernel_notes::stage_escalated, {key.id.value, stage});
  } else {
    note(kernel_notes::retransmitted, {key.id.value});
  }
  spread(key, next);
}

void Node::State::peer_restarted(const PeerRestarted& restarted) {
  const PrincipalSet peer{restarted.peer};
  for (const PublicationKey& key : dissemination.forget(restarted.peer)) {
    send_publication(*dissemination.find(key), peer);
  }
}

void Node::State::membership_changed(const NodeMembershipChanged& change) {
  Hosted* target = hosted(change.instance);
  if (target == nullptr) return note(kernel_notes::instance_unknown, {change.instance.value});
  target->membership = change.membership;
  drive(*target, MembershipChanged{change.membership});
}

void Node::State::drive(Hosted& first, const Input& input) {
  step_machine(first, input);
  drain_locals();
}

void Node::State::drain_locals() {
  for (std::uint32_t steps = 0; !locals.empty();) {
    const PendingLocal next = std::move(locals.front());
    locals.pop_front();
    // Only instances can call each other for ever; sealing ends with its messages.
    if (!is_mechanism_instance(next.to)) ++steps;
    PARLEY_ASSERT(steps <= limits::local_steps_max);
    Hosted* target = hosted(next.to);
    if (target == nullptr) {
      note(kernel_notes::instance_unknown, {next.to.value});
      continue;
    }
    if (next.port) {
      step_machine(*target, Submit{next.request, *next.port, next.value});
    } else {
      step_machine(*target, Answered{next.request, next.value});
    }
  }
}

void Node::State::step_machine(Hosted& hosted, const Input& input) {
  effects.clear();
  hosted.machine->step(input, effects);
  answer_draws(hosted, 0);
  perform(hosted, effects);
}

void Node::State::answer_draws(Hosted& hosted, std::size_t first) {
  for (std::uint32_t draws = 0;; ++draws) {
    PARLEY_ASSERT(draws < limits::draws_max);
    const auto draw =
        std::find_if(effects.begin() + static_cast<std::ptrdiff_t>(first), effects.end(),
                     [](const Effect& effect) { return std::holds_alternative<Draw>(effect); });
    if (draw == effects.end()) return;
    const std::uint64_t bound = std::get<Draw>(*draw).bound;
    PARLEY_ASSERT(bound > 0);
    effects.erase(draw);
    first = effects.size();
    hosted.machine->step(Drawn{chooser.choose(hosted.id, bound)}, effects);
  }
}

}  // namespace parley
