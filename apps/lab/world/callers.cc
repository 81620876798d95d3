// SPDX-License-Identifier: Apache-2.0
#include "apps/lab/world/callers.h"

#include <algorithm>

namespace parley {
namespace {

constexpr std::uint32_t retry_ticks_max = 20;
constexpr std::uint64_t tempos_count = 8;
constexpr std::uint64_t runs_per_shared_node = 4;
constexpr std::uint32_t pause_ticks_max = 8;

/// The method in the object's words, or, if it has none for it, as bytes.
Bytes method_bytes(const Object& object, std::string words, std::size_t number) {
  const std::string count = std::to_string(number);
  for (std::size_t at = words.find("{n}"); at != std::string::npos; at = words.find("{n}")) {
    words.replace(at, 3, count);
  }
  return object.parse_method(words).value_or(to_bytes(words));
}

/// What to ask of an object of which nothing is known: every third caller reads,
/// the others change it, in its own words if it has one of the common ones, else
/// in bytes that it will refuse alike everywhere, which is as good to agree on.
/// Objects of many keys are asked for one, or no two callers would ever meet.
Bytes default_method(const Object& object, std::size_t number) {
  const std::string count = std::to_string(number);
  const bool reads = number % 3 == 2;
  for (const char* verb : {"get", "read", "get k", "holder", "peek"}) {
    if (!reads) break;
    if (std::optional<Bytes> method = object.parse_method(verb)) return *method;
  }
  if (number % 3 == 1) {
    if (std::optional<Bytes> method = object.parse_method("incr k")) return *method;
  }
  for (const char* verb : {"put v", "write v", "set v", "push v", "set k ", "acquire v"}) {
    if (std::optional<Bytes> method = object.parse_method(verb + count)) return *method;
  }
  return to_bytes("caller-" + count);
}

}  // namespace

Callers::Callers(World& world, const Tables& tables, const Plan& plan, std::uint64_t seed)
    : world_(world),
      tables_(tables),
      tick_(plan.tick),
      prng_(seed ^ 0x63616C6C),
      pauses_(seed ^ 0x70617573),
      shares_node_(pauses_.below(runs_per_shared_node) == 0) {
  for (const WorkloadPlan& workload : plan.workloads) {
    for (std::size_t object = 0; object < tables.deployment.objects.size(); ++object) {
      const std::string& name = tables.deployment.objects[object].name;
      if (workload.object.empty() || workload.object == name) add_workload(workload, plan, object);
    }
  }
  find_shared_methods();
}

void Callers::find_shared_methods() {
  for (Caller& caller : callers_) {
    const auto same = [&](const Caller& other) {
      return &other != &caller && other.object == caller.object &&
             other.client.method() == caller.client.method();
    };
    caller.shared = std::any_of(callers_.begin(), callers_.end(), same);
  }
}

void Callers::add_workload(const WorkloadPlan& workload, const Plan& plan, std::size_t object) {
  const std::vector<PrincipalId> members =
      tables_.deployment.objects[object].membership.members.members();
  const Object& initial = *tables_.objects[object];
  // Without a window of the plan's own each run has its own tempo: callers that
  // meet each other in some, in others each alone with the faults.
  const std::uint32_t end = workload.ticks.to == 0
                                ? std::max(1u, plan.hurt_ticks >> prng_.below(tempos_count))
                                : workload.ticks.to;
  for (std::uint32_t i = 0; i < workload.clients; ++i) {
    const std::size_t number = callers_.size();
    Bytes method =
        workload.methods.empty()
            ? default_method(initial, number)
            : method_bytes(initial, workload.methods[i % workload.methods.size()], number);
    const PrincipalId node = members[prng_.below(members.size())];
    const auto comes = prng_.between(workload.ticks.from, std::max(workload.ticks.from, end));
    PullCall pull{.partition = initial.partition(method).value_or(Bytes{})};
    callers_.push_back({.client = ObjectClient{std::move(method), UINT32_MAX, std::move(pull)},
                        .object = object,
                        .node = node,
                        .comes = tick_ * comes});
    if (shares_node_ && i == 1) share_node(callers_[number - 1], callers_[number]);
  }
}

void Callers::share_node(Caller& first, Caller& second) {
  second.node = first.node;
  second.comes = first.comes;
  first.pauses = true;
  second.pauses = true;
}

void Callers::begin() {
  for (std::uint32_t i = 0; i < callers_.size(); ++i) call_at(callers_[i].comes, i);
}

void Callers::call_at(Duration at, std::uint32_t index) {
  world_.alarm(at, Alarm{.owner = Alarm::Owner::Callers, .detail = index}.token());
}

void Callers::call(std::uint32_t index) {
  Caller& caller = callers_[index];
  caller.here = true;
  if (!world_.alive(caller.node)) return;  // on_booted calls again.
  std::optional<ObjectClient::Call> next = caller.client.next();
  if (!next) return;
  const RequestId request{(std::uint64_t{++caller.calls} << 32) | index};
  world_.submit(caller.node, object_instance(caller.object), request, next->port,
                SharedBytes{next->value});
}

std::optional<Callers::Pushed> Callers::on_reply(const NodeOutput::Replied& reply) {
  const auto index = static_cast<std::uint32_t>(reply.request.value);
  if (index >= callers_.size()) return std::nullopt;
  Caller& caller = callers_[index];
  if (reply.request.value >> 32 != caller.calls || !caller.client.waiting()) return std::nullopt;
  caller.client.on_reply(reply.value);
  if (caller.client.done()) {
    ++done_count_;
    std::optional<Outcome> result = caller.client.result();
    if (result->kind != OutcomeKind::Ok) return std::nullopt;
    return Pushed{object_instance(caller.object), caller.object, caller.client.method(),
                  std::move(result->value)};
  }
  // Who would serve the call at once is asked next.
  const std::optional<Outcome> outcome = decode_outcome(reply.value);
  if (outcome && outcome->owner) caller.node = *outcome->owner;
  // A failure is tried again after a while, or two callers would go on outbidding each other.
  if (caller.client.pulling()) {
    call_at(world_.now() + tick_ * prng_.between(1, retry_ticks_max), index);
  } else if (caller.pauses) {
    call_at(world_.now() + tick_ * pauses_.between(0, pause_ticks_max), index);
  } else {
    call(index);
  }
  return std::nullopt;
}

void Callers::on_crashed(PrincipalId node) {
  for (Caller& caller : callers_) {
    if (caller.node == node) caller.client.on_lost();
  }
}

void Callers::on_booted(PrincipalId node) {
  for (std::uint32_t i = 0; i < callers_.size(); ++i) {
    if (callers_[i].node == node && callers_[i].here) call(i);
  }
}

void Callers::on_decided(InstanceId instance, ByteView method) {
  for (Caller& caller : callers_) {
    if (object_instance(caller.object) != instance) continue;
    caller.decided = caller.decided || equal(caller.client.method(), method);
  }
}

std::optional<std::string> Callers::refused_yet_decided() const {
  for (std::size_t i = 0; i < callers_.size(); ++i) {
    const Caller& caller = callers_[i];
    if (caller.shared || !caller.decided || caller.client.perhaps_pushed()) continue;
    return name_of(i) + ": expected the method never to be decided, for every push of it was " +
           "refused, found it decided";
  }
  return std::nullopt;
}

std::string Callers::name_of(std::size_t caller) const {
  return "caller " + std::to_string(caller) + " at " +
         tables_.deployment.principals[callers_[caller].node.value].name;
}

std::string Callers::unfinished() const {
  std::string list;
  for (std::size_t i = 0; i < callers_.size(); ++i) {
    if (callers_[i].client.done()) continue;
    if (!list.empty()) list += ", ";
    list += name_of(i);
  }
  return list;
}

}  // namespace parley
