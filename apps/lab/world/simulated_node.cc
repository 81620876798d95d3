// SPDX-License-Identifier: Apache-2.0
#include "apps/lab/world/simulated_node.h"

#include "core/base/overloaded.h"
#include "core/kernel/kernel_notes.h"

namespace parley {

NodeInput KernelNode::admit(PrincipalId from, ByteView bytes) {
  std::variant<CheckJob, Refusal> found = node_.inspect(from, bytes);
  if (const Refusal* refusal = std::get_if<Refusal>(&found)) {
    return Dropped{from, refusal->reason};
  }
  CheckJob& job = *std::get_if<CheckJob>(&found);
  if (!job.run(domain_, scratch_)) return Dropped{from, &kernel_notes::evidence_rejected};
  return Arrived{from, std::move(job.frame)};
}

BareSetting::BareSetting(SharedMembership all, Chooser& choices)
    : membership(std::move(all)), chooser(choices) {
  for (std::uint16_t type = 0; type < types_count; ++type) {
    Bytes encoded;
    Writer{encoded}.u16(type);
    types.emplace_back(encoded);
  }
}

// A bare frame is the record, then the type where evidence would be.
NodeInput BareNode::admit(PrincipalId from, ByteView bytes) {
  if (bytes.size() < 3) return Dropped{from, &kernel_notes::frame_malformed};
  Reader tail{bytes.last(2)};
  FrameView frame;
  frame.instance = instance;
  frame.type = StatementType{tail.u16()};
  frame.issuer = from;
  frame.record = bytes.first(bytes.size() - 3);
  if (frame.type.value >= BareSetting::types_count) {
    return Dropped{from, &kernel_notes::frame_malformed};
  }
  return Arrived{from, std::move(frame)};
}

void BareNode::step(const NodeInput& input, NodeOutput& out) {
  out.clear();
  std::visit(
      overloaded{
          [&](const Boot& boot) {
            static const Recovered nothing{};
            const auto found = boot.recovered.find(instance);
            run(Start{self_, setting_.membership,
                      found == boot.recovered.end() ? nothing : found->second});
          },
          [&](const Arrived& arrived) {
            run(Deliver{arrived.frame.issuer, arrived.frame.type, arrived.frame.record});
          },
          [&](const Dropped& dropped) {
            out.notes.push_back({InstanceId{}, Note{dropped.reason, {dropped.from.value}}});
          },
          [&](const Request& request) {
            run(Submit{request.request, request.port, request.value});
          },
          [&](const NodeTimerFired& fired) {
            run(TimerFired{TimerId{static_cast<std::uint32_t>(fired.key.timer)}});
          },
          [&](const PeerRestarted&) {},
          [&](const NodeMembershipChanged& changed) { run(MembershipChanged{changed.membership}); },
      },
      input);
  for (Effect& effect : setting_.effects) perform(effect, out);
  setting_.effects.clear();
}

void BareNode::run(const Input& input) {
  Effects& effects = setting_.effects;
  std::size_t unanswered = effects.size();
  machine_->step(input, effects);
  // A Draw is answered at once, which may lead to another one.
  for (; unanswered < effects.size(); ++unanswered) {
    const Draw* draw = std::get_if<Draw>(&effects[unanswered]);
    if (draw == nullptr) continue;
    machine_->step(Drawn{setting_.chooser.choose(instance, draw->bound)}, effects);
  }
}

void BareNode::perform(Effect& effect, NodeOutput& out) const {
  const auto send = [&](PrincipalId to, StatementType type, const SharedBytes& record) {
    PARLEY_ASSERT(type.value < BareSetting::types_count);
    out.sends.push_back({to, Frame{record, setting_.types[type.value]}});
  };
  std::visit(overloaded{
                 [&](const Publish& publish) {
                   publish.verifiers.for_each([&](PrincipalId to) {
                     if (to != self_) send(to, publish.type, publish.record);
                   });
                 },
                 [&](const Send& sent) { send(sent.to, sent.type, sent.record); },
                 [&](Persist& persist) {
                   out.persists.push_back({instance, std::move(persist)});
                 },
                 [&](const SetTimer& timer) {
                   out.timers.push_back({{instance, TimerKey::Owner::Machine, timer.timer.value},
                                         true,
                                         timer.min,
                                         timer.max,
                                         timer.lease});
                 },
                 [&](const CancelTimer& timer) {
                   out.timers.push_back({{instance, TimerKey::Owner::Machine, timer.timer.value}});
                 },
                 [&](const Decide& decide) {
                   out.decides.push_back({instance, decide.position, decide.value});
                 },
                 [&](const Reply& reply) {
                   out.replies.push_back({instance, reply.request, reply.value});
                 },
                 [&](Note& note) {
                   out.notes.push_back({instance, std::move(note)});
                 },
                 // Nothing is wired to a bare machine, and nothing of it is ever repeated.
                 [&](const Local&) {},
                 [&](const ChangeMembership&) {},
                 [&](const Progress&) {},
                 [&](const Draw&) {},
             },
             effect);
}

}  // namespace parley
