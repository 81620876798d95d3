// SPDX-License-Identifier: Apache-2.0
//
// Members of caspaxos together: partitions side by side, on any network, through
// any crash, each step checked against the model, and whole calls through the
// object engine.
#include <gtest/gtest.h>

#include "apps/lab/conformance/hand_caller.h"
#include "apps/lab/conformance/machine_network.h"
#include "apps/lab/object_client.h"
#include "core/api/call.h"
#include "core/base/prng.h"
#include "core/kernel/invariants.h"
#include "core/kernel/objects/engine.h"
#include "core/kernel/objects/refinement.h"
#include "plugins/backend/caspaxos/caspaxos.h"
#include "plugins/backend/caspaxos/notes.h"
#include "plugins/object/kv/kv.h"

namespace parley::caspaxos {
namespace {

constexpr std::uint32_t members_count = 3;
constexpr InstanceId thing{1};

const kv::KeyValues initial;

Bytes method(std::string_view words) {
  return *initial.parse_method(words);
}

MachineNetwork network(const Options& options = {.call_timeout = 500ms}) {
  return MachineNetwork{[options] { return std::make_unique<CasPaxos>(initial, options); },
                        members_count};
}

/// Callers of several keys at all members, on a network that does its worst.
class RandomRun {
 public:
  RandomRun(const Options& options, std::uint64_t seed)
      : net_(network(options)),
        random_(seed),
        refinement_({.members = {PrincipalId{0}, PrincipalId{1}, PrincipalId{2}}}) {
    for (std::uint32_t i = 0; i < 12; ++i) {
      const std::string key(1, static_cast<char>('a' + i % 3));
      const std::string words = i < 8 ? "append " + key + " " + std::to_string(i) : "get " + key;
      callers_.push_back({new_client(words), words, PrincipalId{i / 2 % members_count}});
    }
  }

  void run(std::uint32_t steps, std::uint32_t crashes_per_mille) {
    for (std::uint32_t i = 0; i < steps && problem_.empty(); ++i) one_step(crashes_per_mille);
    const auto unfinished = refinement_.finish();
    if (unfinished) note_problem(*unfinished);
  }

  const std::string& problem() const { return problem_; }
  std::size_t committed() const { return committed_; }
  bool reached(const NoteDeclaration& note) const { return notes_.contains(note.name); }

 private:
  struct Caller {
    ObjectClient client;
    std::string words;
    PrincipalId member;
    RequestId request{};
  };

  static ObjectClient new_client(const std::string& words) {
    const Bytes bytes = method(words);
    return ObjectClient{bytes, 1'000'000, PullCall{.partition = *initial.partition(bytes)}};
  }

  void one_step(std::uint32_t crashes_per_mille) {
    const std::uint64_t dice = random_.below(1'000);
    const PrincipalId member{static_cast<std::uint32_t>(random_.below(members_count))};
    if (dice < crashes_per_mille) return crash(member);
    if (dice < 800) return some_message();
    if (dice < 930) return next_call(callers_[random_.below(callers_.size())]);
    if (!net_.up(member)) {
      net_.restart(member);
      return observe(member);
    }
    if (dice < 960) return net_.repeat_publications(member);
    if (net_.fire_timer(member)) observe(member);
  }

  void some_message() {
    if (net_.in_flight() == 0) return;
    const std::size_t index = random_.below(net_.in_flight());
    if (random_.chance(100'000)) return net_.lose(index);
    const PrincipalId to = net_.message(index).to;
    net_.deliver(index, random_.chance(100'000));
    if (net_.up(to)) observe(to);
  }

  void next_call(Caller& caller) {
    if (!net_.up(caller.member)) return;
    const auto due = caller.client.next();
    if (!due) return;
    caller.request = net_.new_request();
    net_.submit(caller.member, caller.request, due->port, due->value);
    observe(caller.member);
  }

  void crash(PrincipalId member) {
    if (!net_.up(member)) return;
    net_.crash(member);
    refinement_.on_restart(member);
    invariants_.on_restart(member);
    for (Caller& caller : callers_) {
      if (caller.member == member) caller.client.on_lost();
    }
  }

  void observe(PrincipalId member) {
    for (const Effect& effect : net_.last_effects()) {
      if (const auto* note = std::get_if<Note>(&effect)) {
        notes_.insert(note->declaration->name);
        if (const auto found = refinement_.on_note(member, *note)) note_problem(*found);
      } else if (const auto* decided = std::get_if<Decide>(&effect)) {
        const auto found = invariants_.on_decide(
            member, {thing, decided->position, decided->value, decided->partition});
        if (found) note_problem(*found);
      }
    }
    for (Caller& caller : callers_) take_reply(caller);
    net_.replies().clear();
  }

  void take_reply(Caller& caller) {
    const auto reply = net_.replies().find(caller.request);
    if (!caller.client.waiting() || reply == net_.replies().end()) return;
    caller.client.on_reply(reply->second);
    if (!caller.client.done()) return;
    const Bytes result = caller.client.result()->value;
    const Bytes& pushed = caller.client.method();
    if (const auto found = invariants_.on_pushed(caller.member, thing, pushed, initial)) {
      note_problem(*found);
    } else if (const auto wrong =
                   invariants_.on_result(caller.member, thing, pushed, result, initial)) {
      note_problem(*wrong);
    }
    ++committed_;
    caller.client = new_client(caller.words);
  }

  void note_problem(const Violation& violation) {
    if (problem_.empty()) problem_ = violation.invariant + ": " + violation.message;
  }

  MachineNetwork net_;
  Prng random_;
  Refinement refinement_;
  Invariants invariants_;
  std::vector<Caller> callers_;
  std::set<std::string> notes_;
  std::size_t committed_ = 0;
  std::string problem_;
};

void expect_runs_hold(const Options& options, std::uint32_t crashes_per_mille,
                      const std::vector<const NoteDeclaration*>& notes_expected) {
  std::size_t committed = 0;
  std::set<std::string> missing;
  for (const NoteDeclaration* note : notes_expected) missing.insert(note->name);
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    RandomRun run{options, seed};
    run.run(1'200, crashes_per_mille);
    ASSERT_EQ(run.problem(), "") << "seed " << seed;
    committed += run.committed();
    for (const NoteDeclaration* note : notes_expected) {
      if (run.reached(*note)) missing.erase(note->name);
    }
  }
  EXPECT_GT(committed, 500u);
  EXPECT_EQ(missing, std::set<std::string>{}) << "not reached by any run";
}

TEST(CasPaxosNetworkTest, RefinesTheModelPartitionByPartition) {
  expect_runs_hold({.call_timeout = 500ms}, 0,
                   {&notes::held, &notes::waiting, &notes::confirmed, &notes::written_back,
                    &notes::learned, &notes::missed, &notes::preempted, &notes::push_refused});
}

TEST(CasPaxosNetworkTest, RefinesTheModelThroughCrashesAndCompaction) {
  expect_runs_hold({.call_timeout = 500ms, .snapshot_after = 512}, 10,
                   {&notes::compacted, &notes::held, &notes::missed});
}

TEST(CasPaxosNetworkTest, RefinesTheModelWithoutPromisesThatComeWithVotes) {
  expect_runs_hold({.call_timeout = 500ms, .one_round_trip = false}, 5,
                   {&notes::confirmed, &notes::written_back, &notes::missed});
}

/// What the last member answers, tried until it has outbid what was promised.
std::string read(MachineNetwork& net, std::string_view words) {
  HandCaller reader{net, PrincipalId{members_count - 1}};
  const Bytes partition = *initial.partition(method(words));
  for (int attempt = 0; attempt < 3; ++attempt) {
    const auto pulled = reader.call(port_pull, encode_call(PullCall{.partition = partition}));
    if (!is_ok(pulled)) continue;
    reader.call(port_invoke, encode_call(InvokeCall{pulled->branch, method(words)}));
    const auto pushed = reader.call(port_push, encode_call(PushCall{pulled->branch}));
    if (is_ok(pushed)) return initial.describe(pushed->value);
  }
  return "failed";
}

// Goal: nothing that was answered Ok depends on any one member's memory.
TEST(CasPaxosNetworkTest, WhatWasCommittedOutlivesACrashOfAllAfterAnyStep) {
  bool finished = false;
  for (std::size_t deliveries = 0; deliveries < 64 && !finished; ++deliveries) {
    MachineNetwork net = network();
    std::size_t left = deliveries;
    const auto deliver = [&](MachineNetwork& all) {
      for (; all.in_flight() > 0 && left > 0; --left) all.deliver(0);
    };
    HandCaller caller{net, PrincipalId{0}, deliver};
    const auto pulled = caller.call(port_pull, encode_call(PullCall{.partition = to_bytes("k")}));
    const Branch branch = pulled ? pulled->branch : 0;
    caller.call(port_invoke, encode_call(InvokeCall{branch, method("set k 1")}));
    const bool pushed = is_ok(caller.call(port_push, encode_call(PushCall{branch})));
    finished = pushed && left > 0;
    for (std::uint32_t i = 0; i < members_count; ++i) net.crash(PrincipalId{i});
    for (std::uint32_t i = 0; i < members_count; ++i) net.restart(PrincipalId{i});
    EXPECT_TRUE(!pushed || read(net, "get k") == "\"1\"") << deliveries;
  }
  EXPECT_TRUE(finished) << "the last run committed with deliveries to spare";
}

/// Engines over caspaxos, and calls through them.
class Cluster {
 public:
  Cluster()
      : net_(
            [this] {
              const EngineSpec spec{.object = object_, .memoises = true, .partitions = true};
              const Options options{.call_timeout = 500ms};
              return std::make_unique<ObjectEngine>(spec,
                                                    std::make_unique<CasPaxos>(object_, options));
            },
            members_count) {}

  RequestId call(std::uint32_t member, std::string_view words) {
    const RequestId request = net_.new_request();
    net_.submit(PrincipalId{member}, request, port_call,
                encode_call(Call{.timeout = 100s, .method = method(words)}));
    return request;
  }
  /// Effect: messages arrive and engines tick until every call is answered.
  void settle(std::size_t calls) {
    for (int round = 0; round < 5'000 && net_.replies().size() < calls; ++round) {
      net_.deliver_all();
      for (std::uint32_t i = 0; i < members_count; ++i) net_.fire_timer(PrincipalId{i});
    }
    net_.deliver_all();
  }
  std::string answer(RequestId request) {
    const auto reply = net_.replies().find(request);
    if (reply == net_.replies().end()) return "no answer";
    const auto result = decode_result(reply->second);
    if (!result || result->kind != CallResultKind::Ok) return "failed";
    return initial.describe(result->value);
  }

 private:
  SessionObject object_{std::make_unique<kv::KeyValues>()};
  MachineNetwork net_;
};

TEST(CasPaxosNetworkTest, CallsThroughTheEngineCountEachOnce) {
  Cluster cluster;
  constexpr std::uint32_t calls_per_member = 40;
  std::size_t calls = 0;
  for (std::uint32_t i = 0; i < calls_per_member; ++i) {
    for (std::uint32_t member = 0; member < members_count; ++member) {
      cluster.call(member, "incr hot");
      cluster.call(member, "incr own" + std::to_string(member));
      calls += 2;
    }
  }
  cluster.settle(calls);
  const RequestId hot = cluster.call(1, "get hot");
  const RequestId own = cluster.call(1, "get own2");
  const RequestId whole = cluster.call(1, "dbsize");
  cluster.settle(calls + 3);
  EXPECT_EQ(cluster.answer(hot), "\"" + std::to_string(calls_per_member * members_count) + "\"");
  EXPECT_EQ(cluster.answer(own), "\"" + std::to_string(calls_per_member) + "\"");
  EXPECT_EQ(cluster.answer(whole), "failed") << "no partition holds all keys";
}

}  // namespace
}  // namespace parley::caspaxos
