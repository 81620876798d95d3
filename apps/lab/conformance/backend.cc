// SPDX-License-Identifier: Apache-2.0
//
// The rules of a backend: it keeps a Machine's contract, serves pull, invoke and
// push on a network that works, and agrees on one that does not. The object it
// serves here is a write-once cell, which every backend can: its first method
// decides everything.
#include "apps/lab/conformance/branches.h"
#include "apps/lab/conformance/cell.h"
#include "apps/lab/conformance/conformance.h"
#include "apps/lab/conformance/contention.h"
#include "apps/lab/conformance/default_config.h"
#include "apps/lab/conformance/hand_caller.h"
#include "apps/lab/conformance/machine_network.h"
#include "apps/lab/conformance/rehearsal.h"
#include "apps/lab/object_client.h"
#include "core/base/prng.h"

namespace parley {
namespace {

constexpr std::uint32_t members_count = 3;
constexpr std::uint32_t callers_count = 2;
constexpr std::uint32_t seeds_count = 200;
constexpr std::uint32_t steps_per_seed = 400;
constexpr std::uint32_t heal_rounds_max = 200;
constexpr std::uint32_t attempts_max = 1'000'000;

struct Subject {
  const BackendFactory& factory;
  Config config;
  Cell initial{};

  MachineNetwork network() const {
    return MachineNetwork{[this] { return factory.create({initial, config}); }, members_count};
  }
};

void check_calls(const Subject& subject, Findings& findings) {
  MachineNetwork network = subject.network();
  network.deliver_all();
  HandCaller first{network, PrincipalId{0}};
  expect(findings, "invoke without a pull is answered Stale", is_stale(first.invoke("x")));
  expect(findings, "push without a pull is answered Stale", is_stale(first.push()));

  const auto pulled = first.pull();
  expect(findings, "a pull at a healthy quorum is Ok with the state in its value",
         is_ok(pulled) && pulled->value.empty());
  const auto invoked = first.invoke("x");
  expect(findings, "invoke answers the speculative result",
         is_ok(invoked) && invoked->value == to_bytes("x"));
  const auto pushed = first.push();
  expect(findings, "push commits at a position after the base that was pulled",
         is_ok(pushed) && pulled && pushed->position > pulled->position);

  HandCaller other{network, PrincipalId{1}};
  const auto later = other.pull();
  expect(findings, "a pull that began at another member sees what was committed",
         is_ok(later) && later->value == to_bytes("x"));
  const auto without = other.call(port_pull, encode_call(PullCall{}));
  expect(findings, "a pull that asks for no state gets none",
         is_ok(without) && without->value.empty());
  for (std::uint32_t i = 0; i < members_count; ++i) {
    network.repeat_publications(PrincipalId{i});
    network.deliver_all();
  }
  bool everywhere = true;
  for (std::uint32_t i = 0; i < members_count; ++i) {
    const auto& decided = network.decided(PrincipalId{i});
    everywhere = everywhere && !decided.empty() && decided.begin()->first == 1;
  }
  expect(findings, "every member learns what was committed, from position 1", everywhere);
}

/// One run of callers, each calling again and again, over a network with every
/// fault that a crash-fault protocol must stand.
class Schedule {
 public:
  Schedule(const Subject& subject, std::uint64_t seed)
      : network_(subject.network()), random_(seed) {
    for (std::uint32_t i = 0; i < callers_count; ++i) {
      callers_.push_back(
          {ObjectClient{to_bytes("value-" + std::to_string(i)), attempts_max}, PrincipalId{i}, {}});
    }
  }

  void hurt() {
    for (std::uint32_t i = 0; i < steps_per_seed; ++i) {
      one_step();
      take_replies();
      call_again();
    }
  }

  /// Effect: everybody comes up, messages arrive, timers fire only when nothing
  /// else can happen. Returns whether every caller got its method committed.
  bool heal() {
    for (std::uint32_t i = 0; i < members_count; ++i) {
      if (!network_.up(PrincipalId{i})) network_.restart(PrincipalId{i});
    }
    for (std::uint32_t round = 0; round < heal_rounds_max && !all_done(); ++round) {
      // One after the other: that callers do not preempt each other for ever is
      // not promised by every backend.
      Caller& caller = callers_[callers_[0].client.done() ? callers_.size() - 1 : 0];
      next_call(caller);
      settle();
      if (caller.client.waiting()) network_.fire_timer(caller.member);
      settle();
    }
    return all_done();
  }

  const MachineNetwork& network() const { return network_; }

  /// Every push that was answered Ok returned what was decided first.
  bool results_agree() const {
    const auto first = network_.decided().find(1);
    for (const Bytes& result : results_) {
      if (first == network_.decided().end() || !equal(first->second, result)) return false;
    }
    return true;
  }

  /// Whether only the outcomes that object.h lists were given, each to a call of its port.
  const std::string& bad_outcome() const { return bad_outcome_; }

 private:
  struct Caller {
    ObjectClient client;
    PrincipalId member;
    std::optional<RequestId> request;
    PortId port{};
  };

  void one_step() {
    const std::uint64_t dice = random_.below(100);
    const PrincipalId member{static_cast<std::uint32_t>(random_.below(members_count))};
    if (dice < 60) return some_message();
    if (dice < 80) return next_call(callers_[random_.below(callers_.size())]);
    if (dice < 88) return network_.repeat_publications(member);
    if (dice < 94) return static_cast<void>(network_.up(member) && network_.fire_timer(member));
    if (dice < 96) return crash(member);
    if (!network_.up(member)) network_.restart(member);
  }

  void some_message() {
    if (network_.in_flight() == 0) return;
    const std::size_t index = random_.below(network_.in_flight());
    if (random_.chance(200'000)) return network_.lose(index);
    network_.deliver(index, random_.chance(200'000));
  }

  void crash(PrincipalId member) {
    if (!network_.up(member)) return;
    network_.crash(member);
    for (Caller& caller : callers_) {
      if (caller.member != member || !caller.request) continue;
      caller.request.reset();
      caller.client.on_lost();
    }
  }

  void next_call(Caller& caller) {
    if (!network_.up(caller.member)) return;
    const auto due = caller.client.next();
    if (!due) return;
    caller.request = RequestId{++requests_count_};
    caller.port = due->port;
    network_.submit(caller.member, *caller.request, due->port, due->value);
  }

  void settle() {
    network_.deliver_all();
    for (std::uint32_t i = 0; i < members_count; ++i) network_.repeat_publications(PrincipalId{i});
    network_.deliver_all();
    take_replies();
  }

  void take_replies() {
    for (Caller& caller : callers_) {
      if (!caller.request) continue;
      const auto reply = network_.replies().find(*caller.request);
      if (reply == network_.replies().end()) continue;
      const auto outcome = decode_outcome(reply->second);
      judge(caller.port, outcome);
      if (outcome && outcome->owner && outcome->owner->value < members_count) {
        caller.member = *outcome->owner;
      }
      caller.request.reset();
      caller.client.on_reply(reply->second);
      if (caller.client.done()) results_.push_back(caller.client.result()->value);
    }
    network_.replies().clear();
  }

  void call_again() {
    for (Caller& caller : callers_) {
      if (caller.client.done()) {
        caller.client = ObjectClient{caller.client.method(), attempts_max};
      }
    }
  }

  void judge(PortId port, const std::optional<Outcome>& outcome) {
    if (!bad_outcome_.empty()) return;
    if (!outcome) {
      bad_outcome_ = "a reply on port " + std::to_string(port.value) + " is no Outcome";
      return;
    }
    const auto is = [&](OutcomeKind kind) { return outcome->kind == kind; };
    const bool pull = is(OutcomeKind::Preempted) || is(OutcomeKind::NoQuorum);
    const bool push = is(OutcomeKind::Stale) || is(OutcomeKind::Unknown);
    if (is(OutcomeKind::Ok) || (port == port_pull && pull) || (port == port_push && push)) return;
    if (port == port_invoke && is(OutcomeKind::Stale)) return;
    bad_outcome_ = "port " + std::to_string(port.value) + " answered " +
                   std::to_string(static_cast<int>(outcome->kind));
  }

  bool all_done() const {
    for (const Caller& caller : callers_) {
      if (!caller.client.done()) return false;
    }
    return true;
  }

  MachineNetwork network_;
  Prng random_;
  std::vector<Caller> callers_;
  std::vector<Bytes> results_;  ///< Of pushes that were answered Ok.
  std::uint64_t requests_count_ = 0;
  std::string bad_outcome_;
};

/// The first seed at which a rule broke, and how.
struct Breach {
  std::string detail;

  void check(bool kept, std::uint64_t seed, const std::string& how) {
    if (!kept && detail.empty()) detail = "seed " + std::to_string(seed) + ": " + how;
  }
  void report(Findings& findings, const char* rule) const {
    expect(findings, rule, detail.empty(), detail);
  }
};

void check_schedules(const Subject& subject, Findings& findings) {
  Breach agreement;
  Breach results;
  Breach outcomes;
  Breach liveness;
  for (std::uint64_t seed = 1; seed <= seeds_count; ++seed) {
    Schedule schedule{subject, seed};
    schedule.hurt();
    const bool committed = schedule.heal();
    const std::string& disagreement = schedule.network().disagreement();
    agreement.check(disagreement.empty(), seed, disagreement);
    results.check(schedule.results_agree(), seed, "a push returned something else");
    outcomes.check(schedule.bad_outcome().empty(), seed, schedule.bad_outcome());
    liveness.check(committed, seed, "a caller is still waiting");
  }
  agreement.report(findings,
                   "no two members ever decide differently, whatever is lost, repeated, "
                   "reordered or crashes");
  results.report(findings, "a push that is Ok returns what was decided");
  outcomes.report(findings, "every call is answered with an outcome that its port may give");
  liveness.report(findings, "once the network heals, calls succeed");
}

void check_recovery(const Subject& subject, Findings& findings) {
  MachineNetwork network = subject.network();
  const bool committed = is_ok(HandCaller{network, PrincipalId{0}}.run("kept"));
  for (std::uint32_t i = 0; i < members_count; ++i) network.crash(PrincipalId{i});
  for (std::uint32_t i = 0; i < members_count; ++i) network.restart(PrincipalId{i});
  network.deliver_all();
  const auto pulled = HandCaller{network, PrincipalId{2}}.pull();
  expect(findings, "what was committed is there after all members crashed",
         committed && is_ok(pulled) && pulled->value == to_bytes("kept"));
  expect(findings, "a restarted member decides again what it had decided",
         network.decided(PrincipalId{0}).size() == 1 && network.disagreement().empty(),
         network.disagreement());
}

/// Flips, cuts or extends.
Bytes mutated(ByteView record, Prng& random) {
  Bytes bytes = to_bytes(record);
  const std::uint64_t how = random.below(4);
  if (bytes.empty() || how == 0) {
    bytes.push_back(static_cast<std::uint8_t>(random.next()));
  } else if (how == 1) {
    bytes.resize(random.below(bytes.size()));
  } else {
    bytes[random.below(bytes.size())] = static_cast<std::uint8_t>(random.next());
  }
  return bytes;
}

/// Every real message arrives mangled at copies of all members. What they do
/// about it is theirs, but they do it, and the members themselves are untouched.
void check_mangled_records(const Subject& subject, Findings& findings) {
  MachineNetwork network = subject.network();
  Prng random{7};
  std::uint64_t mangled = 0;
  const Bytes pull = encode_call(PullCall{});
  const auto drain = [&](MachineNetwork& all) {
    while (all.in_flight() > 0) {
      const MachineNetwork::Message message = all.message(0);
      for (std::uint32_t copies = 0; copies < 32; ++copies) {
        const Bytes record = mutated(message.record, random);
        const auto copy = all.machine(message.to).clone();
        Effects effects;
        copy->step(Deliver{message.from, message.type, record}, effects);
        copy->step(Deliver{message.from, message.type, record}, effects);
        copy->step(Submit{RequestId{++mangled}, port_pull, pull}, effects);
      }
      all.deliver(0);
    }
  };
  for (std::uint32_t i = 0; i < members_count; ++i) {
    HandCaller{network, PrincipalId{i}, drain}.run("v");
  }
  expect(findings, "mangled statements of members are dropped or obeyed, never fatal",
         network.disagreement().empty(), std::to_string(mangled) + " mangled statements");
}

}  // namespace

Findings check_backend(const Plugin& plugin) {
  const auto& factory = *static_cast<const BackendFactory*>(plugin.factory.get());
  const Subject subject{factory, default_config(*plugin.descriptor)};
  Findings findings;
  const auto make = [&] { return factory.create({subject.initial, subject.config}); };
  if (!expect(findings, "a machine is made", make() != nullptr)) return findings;
  check_calls(subject, findings);
  check_recovery(subject, findings);
  check_mangled_records(subject, findings);
  rehearse(make, *plugin.descriptor, {}, findings);
  check_schedules(subject, findings);
  check_contention(make, findings);
  check_branches(make, factory.invokes_per_pull_max(), findings);
  return findings;
}

}  // namespace parley
