// SPDX-License-Identifier: Apache-2.0
#include "apps/lab/conformance/contention.h"

#include <algorithm>
#include <map>
#include <set>

#include "apps/lab/conformance/cell.h"
#include "apps/lab/conformance/machine_network.h"
#include "apps/lab/object_client.h"
#include "core/base/prng.h"

namespace parley {
namespace {

constexpr std::uint32_t members_count = 3;
constexpr std::uint32_t attempts_max = 1'000'000;
constexpr std::uint64_t seeds_count = 120;
constexpr std::uint32_t steps_count = 60;
constexpr std::uint32_t crash_steps_count = 32;
constexpr std::uint32_t calls_of_a_long_life = 300;

constexpr const char* rule_agreement =
    "proposers agree whichever member crashes, after whichever step";
constexpr const char* rule_kept = "what was answered Ok is there for the next proposer";
constexpr const char* rule_result = "a push that is Ok answers what was decided";
constexpr const char* rule_order = "a push answers no less than pushes that ended before it began";
constexpr const char* rule_refused = "a call that ended with a definite refusal is never decided";
constexpr const char* rule_position = "no two invocations are at one position";
constexpr const char* rule_long =
    "what was committed outlives any crash of all, however long after";

using Rules = std::map<std::string, std::string>;

/// Which members crash in a run, and after which step.
struct Crash {
  std::uint32_t after_step;
  PrincipalSet members;
};

/// One run: callers at every member, messages in any order, one crash.
class Contention {
 public:
  Contention(const std::function<std::unique_ptr<Machine>()>& make, std::uint64_t seed,
             Rules& broken)
      : network_(make, members_count),
        random_(seed),
        slow_{static_cast<std::uint32_t>(seed % (members_count + 1))},
        seed_(seed),
        broken_(broken) {
    for (std::uint32_t i = 0; i < members_count; ++i) {
      // In every other run the last caller reads.
      const bool reads = i + 1 == members_count && (seed / 4) % 2 == 0;
      const Bytes method = reads ? Bytes{} : to_bytes("value-" + std::to_string(i));
      callers_.push_back({ObjectClient{method, attempts_max}, PrincipalId{i}});
    }
  }

  void run(const Crash& crash) {
    for (std::uint32_t step = 0; step < steps_count; ++step) {
      one_step();
      take_replies();
      if (step == crash.after_step) crash_and_restart(crash.members);
    }
    network_.deliver_all();
    take_replies();
    for (std::uint32_t i = 0; i < members_count; ++i) call_alone(PrincipalId{i});
    check(rule_agreement, network_.disagreement().empty(), network_.disagreement());
    check_results();
  }

 private:
  struct Caller {
    ObjectClient client;
    PrincipalId member;
    RequestId request{};
    PortId port{};
    bool perhaps_pushed = false;  ///< A push of it ended in no definite refusal.
    bool others_pushed = false;   ///< When the outstanding push began, another had ended.
  };

  void check(const char* rule, bool kept, const std::string& detail) {
    if (!kept) broken_.try_emplace(rule, "seed " + std::to_string(seed_) + ": " + detail);
  }

  void one_step() {
    const std::uint64_t dice = random_.below(100);
    if (network_.in_flight() > 0 && dice < 70) {
      const std::size_t index = random_.below(network_.in_flight());
      const bool held_back = holds_back(network_.message(index).to) && !random_.chance(100'000);
      if (held_back) return;
      return network_.deliver(index, random_.chance(100'000));
    }
    if (dice < 97) return next_call(callers_[random_.below(callers_.size())]);
    network_.fire_timer(PrincipalId{static_cast<std::uint32_t>(random_.below(members_count))});
  }

  /// The slow member hears only of what its own caller waits for.
  bool holds_back(PrincipalId member) const {
    return member == slow_ && !callers_[member.value].client.waiting();
  }

  void crash_and_restart(const PrincipalSet& members) {
    members.for_each([&](PrincipalId member) {
      network_.crash(member);
      Caller& caller = callers_[member.value];
      if (caller.client.waiting() && caller.port == port_push) caller.perhaps_pushed = true;
      caller.client.on_lost();
    });
    members.for_each([&](PrincipalId member) { network_.restart(member); });
  }

  void next_call(Caller& caller) {
    const auto due = caller.client.next();
    if (!due) return;
    caller.request = RequestId{++requests_count_};
    caller.port = due->port;
    caller.others_pushed = !results_.empty();
    network_.submit(caller.member, caller.request, due->port, due->value);
  }

  void take_replies() {
    for (Caller& caller : callers_) {
      const auto reply = network_.replies().find(caller.request);
      if (!caller.client.waiting() || reply == network_.replies().end()) continue;
      const auto outcome = decode_outcome(reply->second);
      if (outcome) judge(caller, *outcome);
      caller.client.on_reply(reply->second);
    }
    network_.replies().clear();
  }

  void judge(Caller& caller, const Outcome& outcome) {
    const bool ok = outcome.kind == OutcomeKind::Ok;
    if (caller.port == port_invoke && ok && outcome.position != Position{}) {
      const bool is_new = positions_.insert(outcome.position).second;
      check(rule_position, is_new, "time " + std::to_string(outcome.position.time));
    }
    if (caller.port != port_push) return;
    if (ok || outcome.kind == OutcomeKind::Unknown) caller.perhaps_pushed = true;
    if (!ok) return;
    check(rule_order, !caller.others_pushed || outcome.value == results_.front(),
          "an older state was answered");
    if (!outcome.value.empty()) results_.push_back(outcome.value);
  }

  /// Nobody else calls, everything arrives: what the member finds and leaves.
  void call_alone(PrincipalId member) {
    const bool committed = !results_.empty();
    for (const auto& [port, method] : {std::pair<PortId, ByteView>{port_pull, {}},
                                       {port_invoke, view_of("late")},
                                       {port_push, {}}}) {
      const RequestId request{++requests_count_};
      network_.submit(member, request, port, method);
      network_.deliver_all();
      const auto reply = network_.replies().find(request);
      if (reply == network_.replies().end()) return;
      const auto outcome = decode_outcome(reply->second);
      if (!outcome || outcome->kind != OutcomeKind::Ok) return;
      if (port == port_pull && committed) {
        check(rule_kept, outcome->value == results_.front(), "a pull found another state");
      }
      if (port == port_push) results_.push_back(outcome->value);
    }
  }

  void check_results() {
    // A backend with a log may have decided reads before the write.
    Cell cell;
    for (const auto& [position, method] : network_.decided()) cell.apply(method);
    Bytes value;
    cell.snapshot(value);
    for (const Bytes& result : results_) {
      check(rule_result, result == value, "a push answered something else");
    }
    for (const Caller& caller : callers_) {
      const bool mine_decided = std::any_of(
          network_.decided().begin(), network_.decided().end(),
          [&](const auto& decided) { return equal(decided.second, caller.client.method()); });
      const bool reads = caller.client.method().empty();
      const bool under_way = caller.client.waiting() && caller.port == port_push;
      const bool refused = !caller.perhaps_pushed && !under_way;
      check(rule_refused, reads || !mine_decided || !refused,
            "the method of a caller that was refused");
    }
  }

  MachineNetwork network_;
  Prng random_;
  PrincipalId slow_;  ///< Hears late of what the others do. In some runs nobody is.
  std::uint64_t seed_;
  Rules& broken_;
  std::vector<Caller> callers_;
  std::vector<Bytes> results_;  ///< Of pushes that were answered Ok with a value.
  std::set<Position> positions_;
  std::uint64_t requests_count_ = 0;
};

/// A committed value and calls enough that logs are compacted, all members
/// crashing after each call. Nothing but the log remembers it then.
void check_long_life(const std::function<std::unique_ptr<Machine>()>& make, Rules& broken) {
  MachineNetwork network{make, members_count};
  const auto call = [&](PrincipalId member, PortId port, std::string_view method = {}) {
    network.replies().clear();
    network.submit(member, RequestId{1}, port, view_of(method));
    network.deliver_all();
    const auto reply = network.replies().find(RequestId{1});
    return reply == network.replies().end() ? std::nullopt : decode_outcome(reply->second);
  };
  call(PrincipalId{0}, port_pull);
  call(PrincipalId{0}, port_invoke, "kept");
  const auto pushed = call(PrincipalId{0}, port_push);
  if (!pushed || pushed->kind != OutcomeKind::Ok) return;
  for (std::uint32_t i = 0; i < calls_of_a_long_life; ++i) {
    const auto pulled = call(PrincipalId{i % members_count}, port_pull);
    const bool kept =
        pulled && (pulled->kind != OutcomeKind::Ok || pulled->value == to_bytes("kept"));
    if (!kept) broken.try_emplace(rule_long, "gone after " + std::to_string(i) + " calls");
    for (std::uint32_t member = 0; member < members_count; ++member) {
      network.crash(PrincipalId{member});
    }
    for (std::uint32_t member = 0; member < members_count; ++member) {
      network.restart(PrincipalId{member});
    }
  }
}

/// A read that was pulled before a write was committed behind its back, and is
/// pushed after: whoever answers it without asking answers the past.
void check_read_behind_a_write(const std::function<std::unique_ptr<Machine>()>& make,
                               Rules& broken) {
  MachineNetwork network{make, members_count};
  const PrincipalId writer{0};
  const PrincipalId reader{2};
  const auto call = [&](PrincipalId member, PortId port, std::string_view method = {}) {
    network.replies().clear();
    network.submit(member, RequestId{1}, port, view_of(method));
    while (network.in_flight() > 0) {
      const bool behind_its_back = member != reader && network.message(0).to == reader;
      behind_its_back ? network.lose(0) : network.deliver(0);
    }
    const auto reply = network.replies().find(RequestId{1});
    const auto outcome =
        reply == network.replies().end() ? std::nullopt : decode_outcome(reply->second);
    return outcome.value_or(Outcome{.kind = OutcomeKind::Unknown});
  };
  call(reader, port_pull);
  call(reader, port_invoke);
  // The first pull may be too low, where others have promised more.
  Outcome pushed{.kind = OutcomeKind::Unknown};
  for (int attempt = 0; attempt < 3 && pushed.kind != OutcomeKind::Ok; ++attempt) {
    call(writer, port_pull);
    call(writer, port_invoke, "new");
    pushed = call(writer, port_push);
  }
  const Outcome read = call(reader, port_push);
  const bool stale = pushed.kind == OutcomeKind::Ok && read.kind == OutcomeKind::Ok &&
                     read.value != to_bytes("new");
  if (stale) broken.try_emplace(rule_order, "a read that was pulled before a write");
}

}  // namespace

void check_contention(const std::function<std::unique_ptr<Machine>()>& make, Findings& findings) {
  Rules broken;
  PrincipalSet all;
  for (std::uint32_t i = 0; i < members_count; ++i) all.insert(PrincipalId{i});
  for (std::uint64_t seed = 1; seed <= seeds_count; ++seed) {
    for (std::uint32_t step = 0; step < crash_steps_count; ++step) {
      for (std::uint32_t i = 0; i < members_count; ++i) {
        Contention{make, seed, broken}.run({step, PrincipalSet{PrincipalId{i}}});
      }
      Contention{make, seed, broken}.run({step, all});
    }
  }
  check_long_life(make, broken);
  check_read_behind_a_write(make, broken);
  for (const char* rule : {rule_agreement, rule_kept, rule_result, rule_order, rule_refused,
                           rule_position, rule_long}) {
    const auto breach = broken.find(rule);
    expect(findings, rule, breach == broken.end(), breach == broken.end() ? "" : breach->second);
  }
}

}  // namespace parley
