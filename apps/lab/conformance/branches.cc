// SPDX-License-Identifier: Apache-2.0
#include "apps/lab/conformance/branches.h"

#include <algorithm>
#include <map>
#include <set>

#include "apps/lab/conformance/hand_caller.h"
#include "apps/lab/conformance/machine_network.h"
#include "apps/lab/object_client.h"
#include "core/base/prng.h"

namespace parley {
namespace {

constexpr std::uint32_t members_count = 3;
constexpr PrincipalId shared{0};  ///< The member that all callers call.
constexpr std::uint64_t seeds_count = 300;
constexpr std::uint32_t steps_count = 120;
constexpr std::uint32_t callers_count = 3;
constexpr std::uint32_t invokes_tried_max = 64;

constexpr const char* rule_own = "callers on one node never answer for each other";
constexpr const char* rule_base = "invoke extends the caller's own branch alone";
constexpr const char* rule_refused = "a push that is Stale is never committed";
constexpr const char* rule_new = "every pull opens a branch of its own, also after a crash";
constexpr const char* rule_life = "a branch of an earlier life is Stale";
constexpr const char* rule_unopened = "a branch that no pull opened is Stale";
constexpr const char* rule_limit = "a branch takes as many methods as the factory says, no more";
constexpr const char* rule_malformed = "a call that does not decode is answered, and refused";

using MakeMachine = std::function<std::unique_ptr<Machine>()>;
/// Those that broke, each with its first occasion.
using Rules = std::map<std::string, std::string>;

/// What callers of one member were told about their methods, no two of them
/// alike, and whether it was true.
class Ledger {
 public:
  explicit Ledger(Rules& broken) : broken_(broken) {}

  struct Attempt {
    Bytes method;
    bool on_empty = false;  ///< The state pulled was the empty cell.
    bool invoked = false;
  };

  void pulled(Attempt& attempt, const Outcome& outcome, const std::string& where) {
    if (outcome.kind != OutcomeKind::Ok) return;
    attempt.on_empty = outcome.value.empty();
    const bool is_new = outcome.branch != 0 && branches_.insert(outcome.branch).second;
    check(rule_new, is_new, where + ": branch " + std::to_string(outcome.branch));
  }

  void invoked(Attempt& attempt, const Outcome& outcome, const std::string& where) {
    if (outcome.kind != OutcomeKind::Ok) return;
    attempt.invoked = true;
    check(rule_base, !attempt.on_empty || outcome.value == attempt.method,
          where + ": " + text(attempt.method) + " on the empty cell gave " + text(outcome.value));
  }

  /// The answer to the push; nullopt: it will never be answered.
  void pushed(const Attempt& attempt, const std::optional<Outcome>& outcome) {
    if (is_ok(outcome)) {
      // On another state than the empty cell the method may change nothing.
      if (attempt.on_empty || !attempt.invoked) ok_.push_back(attempt);
    } else if (is_stale(outcome)) {
      refused_.push_back(attempt.method);
    }
  }

  /// What was refused before it could be pushed.
  void refused(const Attempt& attempt) { refused_.push_back(attempt.method); }

  void judge(const MachineNetwork& network, const std::string& where) {
    std::set<Bytes> decided;
    for (const auto& [position, method] : network.decided()) {
      decided.insert(to_bytes(method.view()));
    }
    for (const Attempt& attempt : ok_) {
      check(rule_own, attempt.invoked && decided.contains(attempt.method),
            where + ": the push of " + text(attempt.method) + " was Ok, and nobody decided it");
    }
    for (const Bytes& method : refused_) {
      check(rule_refused, !decided.contains(method), where + ": " + text(method) + " was");
    }
  }

  void check(const char* rule, bool kept, const std::string& detail) {
    if (!kept) broken_.try_emplace(rule, detail);
  }

 private:
  static std::string text(const Bytes& method) { return "'" + std::string{text_of(method)} + "'"; }

  Rules& broken_;
  std::set<Branch> branches_;
  std::vector<Attempt> ok_;
  std::vector<Bytes> refused_;
};

/// Two callers whose calls come in the order given, each answered before the
/// next comes; the member crashes and restarts before call number `crash_at`.
void run_order(const MakeMachine& make, const std::vector<std::size_t>& order, std::size_t crash_at,
               Rules& broken) {
  MachineNetwork network{make, members_count};
  network.deliver_all();
  Ledger ledger{broken};
  HandCaller callers[] = {HandCaller{network, shared}, HandCaller{network, shared}};
  Ledger::Attempt attempts[] = {{to_bytes("first")}, {to_bytes("second")}};
  int calls[] = {0, 0};
  bool earlier[] = {false, false};  ///< Whose branch was opened before the crash.
  std::string where = "calls of caller";
  for (const std::size_t who : order) where += " " + std::to_string(who + 1);
  if (crash_at < order.size()) where += ", a crash before call " + std::to_string(crash_at + 1);
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (i == crash_at) {
      network.crash(shared);
      network.restart(shared);
      network.deliver_all();
      for (std::size_t who = 0; who < 2; ++who) earlier[who] = calls[who] > 0;
    }
    const std::size_t who = order[i];
    const int call = calls[who]++;
    const auto answered = call == 0   ? callers[who].pull()
                          : call == 1 ? callers[who].invoke(attempts[who].method)
                                      : callers[who].push();
    if (earlier[who]) ledger.check(rule_life, is_stale(answered), where);
    const Outcome outcome = answered.value_or(Outcome{.kind = OutcomeKind::Unknown});
    if (call == 0) ledger.pulled(attempts[who], outcome, where);
    if (call == 1) ledger.invoked(attempts[who], outcome, where);
    if (call == 2) ledger.pushed(attempts[who], outcome);
  }
  network.deliver_all();
  ledger.judge(network, where);
}

void check_orders(const MakeMachine& make, Rules& broken) {
  std::vector<std::size_t> order{0, 0, 0, 1, 1, 1};
  do {
    for (std::size_t crash_at = 0; crash_at <= order.size(); ++crash_at) {
      run_order(make, order, crash_at, broken);
    }
  } while (std::next_permutation(order.begin(), order.end()));
}

/// One run of callers of one member, each attempt with a method of its own, over
/// a network that is late, and a member that may crash and forget whom it serves.
class SharedMember {
 public:
  SharedMember(const MakeMachine& make, std::uint64_t seed, Rules& broken)
      : network_(make, members_count),
        random_(seed),
        ledger_(broken),
        where_("seed " + std::to_string(seed)) {
    callers_.resize(callers_count);
    for (Caller& caller : callers_) begin_attempt(caller);
  }

  void run() {
    for (std::uint32_t step = 0; step < steps_count; ++step) {
      one_step();
      take_replies();
    }
    network_.deliver_all();
    take_replies();
    ledger_.judge(network_, where_);
  }

 private:
  struct Caller {
    std::optional<ObjectClient> client;
    Ledger::Attempt attempt;
    RequestId request{};
    PortId port{};
  };

  void begin_attempt(Caller& caller) {
    caller.attempt = {to_bytes("value-" + std::to_string(++attempts_count_))};
    caller.client.emplace(caller.attempt.method, 1, PullCall{.with_state = true});
  }

  void one_step() {
    const std::uint64_t dice = random_.below(100);
    if (dice < 50 && network_.in_flight() > 0) {
      return network_.deliver(random_.below(network_.in_flight()), random_.chance(50'000));
    }
    if (dice < 95) return next_call(callers_[random_.below(callers_.size())]);
    if (dice < 98) return static_cast<void>(network_.fire_timer(shared));
    crash_and_restart();
  }

  void next_call(Caller& caller) {
    const auto due = caller.client->next();
    if (!due) return;
    caller.request = network_.new_request();
    caller.port = due->port;
    network_.submit(shared, caller.request, due->port, due->value);
  }

  /// A caller that waits for nothing goes on with the branch of the earlier life.
  void crash_and_restart() {
    network_.crash(shared);
    network_.restart(shared);
    for (Caller& caller : callers_) {
      if (!caller.client->waiting()) continue;
      caller.client->on_lost();
      end_attempt(caller);
    }
  }

  void take_replies() {
    for (Caller& caller : callers_) {
      const auto reply = network_.replies().find(caller.request);
      if (!caller.client->waiting() || reply == network_.replies().end()) continue;
      const auto outcome = decode_outcome(reply->second);
      if (outcome && caller.port == port_pull) ledger_.pulled(caller.attempt, *outcome, where_);
      if (outcome && caller.port == port_invoke) ledger_.invoked(caller.attempt, *outcome, where_);
      if (caller.port == port_push) ledger_.pushed(caller.attempt, outcome);
      caller.client->on_reply(reply->second);
      if (caller.client->done()) end_attempt(caller);
    }
    network_.replies().clear();
  }

  void end_attempt(Caller& caller) {
    if (!caller.client->perhaps_pushed()) ledger_.refused(caller.attempt);
    begin_attempt(caller);
  }

  MachineNetwork network_;
  Prng random_;
  Ledger ledger_;
  std::string where_;
  std::vector<Caller> callers_;
  std::uint64_t attempts_count_ = 0;
};

void check_unopened(const MakeMachine& make, Rules& broken) {
  MachineNetwork network{make, members_count};
  network.deliver_all();
  Ledger ledger{broken};
  HandCaller caller{network, shared};
  const auto is_refused = [&](Branch branch, const char* when) {
    const auto invoked = caller.call(port_invoke, encode_call(InvokeCall{branch, to_bytes("x")}));
    const auto pushed = caller.call(port_push, encode_call(PushCall{branch}));
    ledger.check(rule_unopened, is_stale(invoked) && is_stale(pushed),
                 "branch " + std::to_string(branch) + ", " + when);
  };
  is_refused(0, "before any pull");
  is_refused(1, "before any pull");
  caller.pull();
  const Branch open = caller.branch();
  for (const Branch other : {Branch{0}, open - 1, open + 1, ~open}) is_refused(other, "pulled");
  caller.invoke("x");
  for (const Branch other : {Branch{0}, open - 1, open + 1, ~open}) is_refused(other, "invoked");
  ledger.check(rule_unopened, is_ok(caller.push()), "the open branch could not be pushed after it");
  is_refused(open + 1, "pushed");
}

void check_limit(const MakeMachine& make, std::uint32_t invokes_max, Rules& broken) {
  MachineNetwork network{make, members_count};
  network.deliver_all();
  Ledger ledger{broken};
  HandCaller caller{network, shared};
  caller.pull();
  const std::uint32_t tried =
      invokes_max == 0 ? invokes_tried_max : std::min(invokes_max, invokes_tried_max);
  for (std::uint32_t i = 1; i <= tried; ++i) {
    ledger.check(
        rule_limit, is_ok(caller.invoke("value-" + std::to_string(i))),
        "method " + std::to_string(i) + " of " + std::to_string(invokes_max) + " was refused");
  }
  if (tried == invokes_max) {
    ledger.check(rule_limit, is_stale(caller.invoke("one-more")), "one more was not Stale");
  }
  ledger.check(rule_limit, is_ok(caller.push()), "the branch could not be pushed");
  for (const auto& [position, method] : network.decided()) {
    ledger.check(rule_limit, !equal(method, view_of("one-more")), "the refused one was decided");
  }
}

void check_malformed(const MakeMachine& make, Rules& broken) {
  MachineNetwork network{make, members_count};
  network.deliver_all();
  Ledger ledger{broken};
  HandCaller caller{network, shared};
  caller.pull();
  caller.invoke("x");
  Bytes pull = encode_call(PullCall{});
  Bytes invoke = encode_call(InvokeCall{caller.branch(), to_bytes("y")});
  Bytes push = encode_call(PushCall{caller.branch()});
  for (const auto& [port, whole] :
       {std::pair{port_pull, pull}, {port_invoke, invoke}, {port_push, push}}) {
    Bytes longer = whole;
    longer.push_back(0);
    for (const Bytes& bad : {Bytes{}, longer, Bytes(11, 0xFF)}) {
      const auto outcome = caller.call(port, bad);
      ledger.check(
          rule_malformed, outcome && outcome->kind != OutcomeKind::Ok,
          "port " + std::to_string(port.value) + ", " + std::to_string(bad.size()) + " bytes");
    }
  }
}

}  // namespace

void check_branches(const MakeMachine& make, std::uint32_t invokes_max, Findings& findings) {
  Rules broken;
  check_orders(make, broken);
  for (std::uint64_t seed = 1; seed <= seeds_count; ++seed) SharedMember{make, seed, broken}.run();
  check_unopened(make, broken);
  check_limit(make, invokes_max, broken);
  check_malformed(make, broken);
  for (const char* rule : {rule_own, rule_base, rule_refused, rule_new, rule_life, rule_unopened,
                           rule_limit, rule_malformed}) {
    const auto breach = broken.find(rule);
    expect(findings, rule, breach == broken.end(), breach == broken.end() ? "" : breach->second);
  }
}

}  // namespace parley
