// SPDX-License-Identifier: Apache-2.0
#include "apps/lab/conformance/contention.h"

#include <algorithm>
#include <map>
#include <set>

#include "apps/lab/conformance/cell.h"
#include "apps/lab/conformance/hand_caller.h"
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
    bool others_pushed = false;  ///< When the outstanding push began, another had ended.
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

  /// The slow member hears only of what its own callers wait for.
  bool holds_back(PrincipalId member) const {
    const auto waits = [&](const Caller& caller) {
      return caller.member == member && caller.client.waiting();
    };
    return member == slow_ && std::none_of(callers_.begin(), callers_.end(), waits);
  }

  void crash_and_restart(const PrincipalSet& members) {
    members.for_each([&](PrincipalId member) {
      network_.crash(member);
      for (Caller& caller : callers_) {
        if (caller.member == member) caller.client.on_lost();
      }
    });
    members.for_each([&](PrincipalId member) { network_.restart(member); });
  }

  void next_call(Caller& caller) {
    const auto due = caller.client.next();
    if (!due) return;
    caller.request = network_.new_request();
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
      if (outcome && outcome->owner && outcome->owner->value < members_count) {
        caller.member = *outcome->owner;
      }
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
    if (!ok) return;
    check(rule_order, !caller.others_pushed || outcome.value == results_.front(),
          "an older state was answered");
    if (!outcome.value.empty()) results_.push_back(outcome.value);
  }

  /// Nobody else calls, everything arrives: what the member finds and leaves.
  void call_alone(PrincipalId member) {
    const bool committed = !results_.empty();
    HandCaller caller{network_, member};
    const auto pulled = caller.pull();
    if (!is_ok(pulled)) return;
    if (committed) {
      check(rule_kept, pulled->value == results_.front(), "a pull found another state");
    }
    if (!is_ok(caller.invoke("late"))) return;
    const auto pushed = caller.push();
    if (is_ok(pushed)) results_.push_back(pushed->value);
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
      check(rule_refused, reads || !mine_decided || caller.client.perhaps_pushed(),
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
};

/// A committed value and calls enough that logs are compacted, all members
/// crashing after each call. Nothing but the log remembers it then.
void check_long_life(const std::function<std::unique_ptr<Machine>()>& make, Rules& broken) {
  MachineNetwork network{make, members_count};
  if (!is_ok(HandCaller{network, PrincipalId{0}}.run("kept"))) return;
  for (std::uint32_t i = 0; i < calls_of_a_long_life; ++i) {
    const auto pulled = HandCaller{network, PrincipalId{i % members_count}}.pull();
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
  const PrincipalId at_reader{2};
  HandCaller reader{network, at_reader};
  HandCaller writer{network, PrincipalId{0}, [&](MachineNetwork& all) {
                      while (all.in_flight() > 0) {
                        all.message(0).to == at_reader ? all.lose(0) : all.deliver(0);
                      }
                    }};
  reader.pull();
  reader.invoke("");
  // The first pull may be too low, where others have promised more.
  std::optional<Outcome> pushed;
  for (int attempt = 0; attempt < 3 && !is_ok(pushed); ++attempt) pushed = writer.run("new");
  const auto read = reader.push();
  const bool stale = is_ok(pushed) && is_ok(read) && read->value != to_bytes("new");
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
