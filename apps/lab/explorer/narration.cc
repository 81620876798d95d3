// SPDX-License-Identifier: Apache-2.0
#include "apps/lab/explorer/narration.h"

#include <sstream>

#include "core/base/digest.h"

namespace parley {
namespace {

std::string shown(const System& system, const Message& message) {
  return "type " + std::to_string(message.type.value) + " of " + system.name_of(message.instance) +
         " [" + to_hex(message.record) + "]";
}

std::string call_name(const ObjectClient::Call& call) {
  if (call.port == port_pull) return "pull";
  if (call.port == port_push) return "push";
  const std::optional<InvokeCall> invoked = decode_invoke(call.value);
  return "invoke " + (invoked ? in_words(invoked->method) : "of something malformed");
}

const char* outcome_name(OutcomeKind kind) {
  switch (kind) {
    case OutcomeKind::Ok:
      return "Ok";
    case OutcomeKind::Preempted:
      return "Preempted";
    case OutcomeKind::NoQuorum:
      return "NoQuorum";
    case OutcomeKind::Stale:
      return "Stale";
    case OutcomeKind::Unknown:
      return "Unknown";
  }
  return "something unknown";
}

std::string shown(const Note& note) {
  std::string text = std::string{"notes "} + note.declaration->name;
  std::istringstream fields{note.declaration->fields};
  std::string field;
  for (std::size_t i = 0; i < Note::values_max && fields >> field; ++i) {
    text += ' ' + field + '=' + std::to_string(note.values[i]);
  }
  return text;
}

std::string event_name(const System& system, const Transitions& transitions, const Step& step,
                       const Performed& done) {
  switch (step.event.kind()) {
    case LocalEvent::Kind::Deliver: {
      const Message& message = transitions.message(step.event.detail());
      return "receives " + shown(system, message) + " from " + system.name_of(message.from);
    }
    case LocalEvent::Kind::Timer: {
      const RunningTimer timer = transitions.timer(step.event.detail());
      return "timer " + std::to_string(timer.timer.value) + " of " +
             system.name_of(timer.instance) + " fires";
    }
    case LocalEvent::Kind::Call:
      return "its client calls " + call_name(*done.called);
    case LocalEvent::Kind::Crash:
      break;
  }
  return "crashes and starts again from its log";
}

}  // namespace

std::vector<std::string> narrate_effects(const System& system, const Performed& done) {
  std::vector<std::string> lines;
  for (const Performed::Noted& noted : done.notes) lines.push_back(shown(noted.note));
  for (const Message& message : done.sends) {
    lines.push_back("sends " + shown(system, message) + " to " + system.name_of(message.to));
  }
  for (const Performed::MembersChanged& change : done.changes) {
    std::string names;
    for (const PrincipalId member : change.membership->order) names += " " + system.name_of(member);
    lines.push_back("members of " + system.name_of(change.instance) + " from epoch " +
                    std::to_string(change.membership->epoch.value) + ":" + names);
  }
  for (const NodeOutput::Decided& decided : done.decides) {
    lines.push_back("decides " + in_words(decided.value) + " at position " +
                    std::to_string(decided.position) + " of " + system.name_of(decided.instance));
  }
  if (done.answered) {
    lines.push_back(std::string{"answers its client "} + outcome_name(done.answered->kind));
  }
  return lines;
}

Counterexample::Step narrate_step(const System& system, const Transitions& transitions,
                                  const Step& step) {
  const Performed done = transitions.perform_again(step.local, step.event, step.branch);
  return {.principal = system.name_of(step.principal),
          .event = event_name(system, transitions, step, done),
          .effects = narrate_effects(system, done)};
}

}  // namespace parley
