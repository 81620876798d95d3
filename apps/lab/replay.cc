// SPDX-License-Identifier: Apache-2.0
#include "apps/lab/replay.h"

#include <utility>

#include "core/base/overloaded.h"

namespace parley {
namespace {

/// Gives the recorded answers; notices when there are too few or unfit ones.
class RecordedChooser final : public Chooser {
 public:
  void begin(const std::vector<std::uint64_t>& chosen) {
    chosen_ = &chosen;
    next_ = 0;
    unfit_ = false;
  }

  std::uint64_t choose(InstanceId /*instance*/, std::uint64_t bound) override {
    if (next_ < chosen_->size() && (*chosen_)[next_] < bound) return (*chosen_)[next_++];
    unfit_ = true;
    return 0;
  }

  bool followed() const { return !unfit_ && next_ == chosen_->size(); }

 private:
  const std::vector<std::uint64_t>* chosen_ = nullptr;
  std::size_t next_ = 0;
  bool unfit_ = false;
};

std::string principal_name(const Tables& tables, PrincipalId id) {
  const auto& principals = tables.deployment.principals;
  return id.value < principals.size() ? principals[id.value].name
                                      : "principal " + std::to_string(id.value);
}

std::string instance_name(const Tables& tables, InstanceId id) {
  if (const InstanceRoute* route = tables.instance(id)) return route->name;
  const auto index = static_cast<std::size_t>(id.value - mechanism_instance_first);
  if (is_mechanism_instance(id) && index < tables.mechanisms.size()) {
    return tables.mechanisms[index].name;
  }
  return id.value == 0 ? "kernel" : "instance " + std::to_string(id.value);
}

std::string timer_name(const Tables& tables, const TimerKey& key) {
  const bool machine = key.owner == TimerKey::Owner::Machine;
  return (machine ? "timer " : "publication timer ") + std::to_string(key.timer) + " of " +
         instance_name(tables, key.instance);
}

const char* persist_word(const Persist& persist) {
  return std::visit(overloaded{
                        [](const Append&) { return "append"; },
                        [](const TruncateSuffix&) { return "truncate"; },
                        [](const TrimPrefix&) { return "trim"; },
                        [](const Snapshot&) { return "snapshot"; },
                    },
                    persist.change);
}

std::string milliseconds(Duration duration) {
  return std::to_string(duration.count() / 1'000'000) + " ms";
}

Error unfit_trace(std::uint64_t step, const std::string& why) {
  return {ErrorCode::BadSource, "trace: event " + std::to_string(step) + ": " + why};
}

/// Whether all that an input names exists here; the node asserts it.
bool fits(const Tables& tables, const Node& node, const NodeInput& input) {
  const auto* fired = std::get_if<NodeTimerFired>(&input);
  if (fired != nullptr && fired->key.owner == TimerKey::Owner::Machine) {
    return node.machine(fired->key.instance) != nullptr;
  }
  const auto* request = std::get_if<Request>(&input);
  if (request != nullptr) return request->request.value < (std::uint64_t{1} << 63);
  const auto* boot = std::get_if<Boot>(&input);
  if (boot == nullptr) return true;
  for (const auto& [instance, recovered] : boot->recovered) {
    if (tables.instance(instance) == nullptr && !is_mechanism_instance(instance)) return false;
  }
  return true;
}

}  // namespace

std::string describe_input(const Tables& tables, const NodeInput& input) {
  return std::visit(
      overloaded{
          [&](const Boot& boot) {
            std::string text = "boot";
            for (const auto& [instance, recovered] : boot.recovered) {
              text += ", " + instance_name(tables, instance) + " with " +
                      std::to_string(recovered.records.size()) + " records" +
                      (recovered.snapshot_index.value == 0 ? "" : " after a snapshot");
            }
            return text;
          },
          [&](const Arrived& arrived) {
            return "statement of type " + std::to_string(arrived.frame.type.value) + " of " +
                   instance_name(tables, arrived.frame.instance) + " by " +
                   principal_name(tables, arrived.frame.issuer) + " over the link from " +
                   principal_name(tables, arrived.from) + ", " +
                   std::to_string(arrived.frame.record.size()) + " bytes";
          },
          [&](const Dropped& dropped) {
            return "frame from " + principal_name(tables, dropped.from) +
                   " dropped: " + dropped.reason->name;
          },
          [&](const Request& request) {
            return "request to " + instance_name(tables, request.instance) + " on port " +
                   std::to_string(request.port.value) + ", " +
                   std::to_string(request.value.size()) + " bytes";
          },
          [&](const NodeTimerFired& fired) { return timer_name(tables, fired.key) + " fires"; },
          [&](const PeerRestarted& restarted) {
            return principal_name(tables, restarted.peer) + " restarted";
          },
          [&](const NodeMembershipChanged& change) {
            return "membership of " + instance_name(tables, change.instance) + " becomes epoch " +
                   std::to_string(change.membership->epoch.value);
          },
      },
      input);
}

std::vector<std::string> describe_output(const Tables& tables, const NodeOutput& output) {
  std::vector<std::string> lines;
  for (const StoreChange& change : output.persists) {
    lines.push_back(std::string{persist_word(change.persist)} + " to the log of " +
                    instance_name(tables, change.instance));
  }
  for (const NodeOutput::Outgoing& outgoing : output.sends) {
    lines.push_back("send " + std::to_string(outgoing.frame.body.size()) + " bytes to " +
                    principal_name(tables, outgoing.to));
  }
  for (const NodeOutput::TimerChange& timer : output.timers) {
    lines.push_back(
        (timer.set ? "set " : "cancel ") + timer_name(tables, timer.key) +
        (timer.set ? " for " + milliseconds(timer.min) + " to " + milliseconds(timer.max) : ""));
  }
  for (const NodeOutput::Replied& reply : output.replies) {
    lines.push_back("reply of " + std::to_string(reply.value.size()) + " bytes by " +
                    instance_name(tables, reply.instance));
  }
  for (const NodeOutput::Decided& decided : output.decides) {
    lines.push_back("decide position " + std::to_string(decided.position) + " of " +
                    instance_name(tables, decided.instance));
  }
  for (const NodeOutput::Noted& noted : output.notes) {
    const auto& values = noted.note.values;
    lines.push_back("note " + describe_note({noted.instance,
                                             noted.note.declaration->name,
                                             {values.begin(), values.end()}}));
  }
  return lines;
}

std::string describe_note(const TraceEvent::Named& note) {
  std::string text = note.name;
  // Notes carry a fixed number of values; trailing zeros are mostly unused ones.
  std::size_t count = note.values.size();
  while (count > 0 && note.values[count - 1] == 0) --count;
  for (std::size_t i = 0; i < count; ++i) text += " " + std::to_string(note.values[i]);
  return text;
}

Result<ReplayReport> replay(const Tables& tables, const Keys& keys, TraceReader reader) {
  const auto principals_count = static_cast<std::uint32_t>(tables.deployment.principals.size());
  if (reader.header().deployment != tables.deployment.name ||
      reader.header().principal.value >= principals_count) {
    return Error{ErrorCode::Configuration, "trace: expected one of deployment '" +
                                               tables.deployment.name + "', found '" +
                                               reader.header().deployment + "'"};
  }
  RecordedChooser chooser;
  Node node{tables, reader.header().principal, keys, chooser};
  NodeOutput output;
  ReplayReport report;
  for (;;) {
    Result<std::optional<TraceEvent>> next = reader.next();
    if (!next) return next.error();
    if (!*next) break;
    const TraceEvent& event = **next;
    const std::uint64_t step = report.steps + 1;
    const std::optional<OwnedInput> input = decode_input(event.input, principals_count);
    if (!input) return unfit_trace(step, "its input does not decode");
    if ((step == 1) != std::holds_alternative<Boot>(input->input)) {
      return unfit_trace(step, "expected a boot at the beginning and only there");
    }
    if (!fits(tables, node, input->input)) {
      return unfit_trace(step, "it names an instance that this deployment does not have");
    }
    chooser.begin(event.chosen);
    node.step(input->input, output);
    const bool same = digest_of(output) == event.output_digest;
    if (!same || !chooser.followed()) {
      report.difference = {.step = step,
                           .at = event.at,
                           .input = describe_input(tables, input->input),
                           .what = chooser.followed() ? "the output has another digest"
                                                      : "it drew otherwise than recorded",
                           .replayed = describe_output(tables, output)};
      for (const TraceEvent::Named& note : event.notes) {
        report.difference->recorded.push_back("note " + describe_note(note));
      }
      return report;
    }
    report.steps = step;
  }
  report.torn = reader.torn();
  return report;
}

}  // namespace parley
