// SPDX-License-Identifier: Apache-2.0
#include "apps/lab/explorer/explorer.h"

#include <gtest/gtest.h>

#include "tests/unit/lab/explorer/naive_explorer.h"
#include "tests/unit/lab/explorer/toy_machine.h"

namespace parley::testing {
namespace {

ExploreOptions toy_options() {
  ExploreOptions options;
  options.object = toy_instance;
  return options;
}

bool starts_at(const Input& input, const ToyMemory& memory, std::uint32_t principal) {
  return std::holds_alternative<Start>(input) && memory.self == PrincipalId{principal};
}

/// p0 sends `count` messages, different or equal, which p1 adds up.
ToyScript sender(std::uint64_t count, bool different) {
  return [=](const Input& input, ToyMemory& memory, Effects& effects) {
    if (memory.numbers.empty()) memory.numbers = {0};
    if (const Deliver* deliver = std::get_if<Deliver>(&input)) {
      memory.numbers[0] |= deliver->record[0];
    }
    if (!starts_at(input, memory, 0)) return;
    for (std::uint64_t i = 0; i < count; ++i) {
      effects.push_back(send_to(1, std::uint64_t{1} << (different ? i : 0)));
    }
  };
}

TEST(ExplorerTest, DifferentMessagesArriveInEveryOrder) {
  const System system = toy_system(2, sender(5, true));
  const Exploration found = explore(system, toy_options());
  EXPECT_TRUE(found.exhausted());
  EXPECT_EQ(found.states, 32u);           // Every subset has arrived.
  EXPECT_EQ(found.transitions, 5u * 16);  // The edges of a five-dimensional cube.
  EXPECT_EQ(found.depth, 5u);
  EXPECT_EQ(found.frontier, 0u);
  EXPECT_EQ(found.initial_states, 1u);
}

TEST(ExplorerTest, EqualMessagesInFlightAreOneTransition) {
  const System system = toy_system(2, sender(5, false));
  const Exploration found = explore(system, toy_options());
  EXPECT_EQ(found.states, 6u);
  EXPECT_EQ(found.transitions, 5u);
}

TEST(ExplorerTest, DuplicatesStayInFlight) {
  const System system = toy_system(2, sender(5, true));
  ExploreOptions options = toy_options();
  options.duplicates = true;
  const Exploration found = explore(system, options);
  EXPECT_EQ(found.states, 32u);
  EXPECT_EQ(found.transitions, 5u * 32);
}

TEST(ExplorerTest, AnyRunningTimerFires) {
  const System system = toy_system(1, [](const Input& input, ToyMemory& memory, Effects& effects) {
    if (!starts_at(input, memory, 0)) return;
    for (std::uint32_t i = 0; i < 4; ++i) effects.push_back(timer(i));
  });
  ExploreOptions options = toy_options();
  EXPECT_EQ(explore(system, options).states, 16u);
  options.timers = false;
  EXPECT_EQ(explore(system, options).states, 1u);
}

TEST(ExplorerTest, AWaitNeverEndsBeforeALiveHoldOfItsLease) {
  const auto pair = [](std::uint64_t waited_for) {
    return toy_system(2, [=](const Input& input, ToyMemory& memory, Effects& effects) {
      using Side = LeaseTag::Side;
      if (starts_at(input, memory, 0)) effects.push_back(timer(1, {Side::Hold, 5}));
      if (starts_at(input, memory, 1)) effects.push_back(timer(1, {Side::Wait, waited_for}));
    });
  };
  EXPECT_EQ(explore(pair(5), toy_options()).states, 3u);
  EXPECT_EQ(explore(pair(6), toy_options()).states, 4u);
}

TEST(ExplorerTest, EveryValueOfADrawIsABranchOfOneAtomicStep) {
  const System system = toy_system(1, [](const Input& input, ToyMemory& memory, Effects& effects) {
    if (std::holds_alternative<Start>(input)) effects.push_back(timer(0));
    if (std::holds_alternative<TimerFired>(input)) effects.push_back(Draw{3});
    if (const Drawn* drawn = std::get_if<Drawn>(&input)) {
      memory.numbers.push_back(drawn->value);
      if (memory.numbers.size() == 1) effects.push_back(Draw{drawn->value + 1});
    }
  });
  const Exploration found = explore(system, toy_options());
  EXPECT_EQ(found.states, 1u + 1 + 2 + 3);
  EXPECT_EQ(found.transitions, 1u + 2 + 3);
  EXPECT_EQ(found.depth, 1u);
}

TEST(ExplorerTest, ADrawTooWideToBranchOnIsUndecided) {
  const System system = toy_system(1, [](const Input& input, ToyMemory& memory, Effects& effects) {
    if (std::holds_alternative<Start>(input)) effects.push_back(Draw{1'000'000});
    if (const Drawn* drawn = std::get_if<Drawn>(&input)) memory.numbers = {drawn->value % 2};
  });
  const Exploration found = explore(system, toy_options());
  EXPECT_EQ(found.states, 2u);
  EXPECT_EQ(found.bounds_hit, std::vector<std::string>{"draw values"});
}

TEST(ExplorerTest, ACrashForgetsAllButTheLog) {
  const System system = toy_system(1, [](const Input& input, ToyMemory& memory, Effects& effects) {
    if (const Start* start = std::get_if<Start>(&input)) {
      memory.numbers = {start->recovered.records.size(), 0};
      effects.push_back(timer(0));
    } else {
      memory.numbers[1] = 1;
      effects.push_back(Persist{Append{record_of(1)}});
    }
  });
  ExploreOptions options = toy_options();
  options.crashes = 3;
  // Before each of at most three crashes the timer has fired or not; the log is
  // as long as it has fired: per number of crashes c, (c + 1) lengths twice.
  EXPECT_EQ(explore(system, options).states, 2u * (1 + 2 + 3 + 4));
}

TEST(ExplorerTest, ACrashedClientCallsAgainOnlyIfItHasAnAttemptLeft) {
  const System system = toy_system(1, [](const Input& input, ToyMemory& memory, Effects& effects) {
    const Submit* submit = std::get_if<Submit>(&input);
    if (submit == nullptr) return;
    memory.numbers.push_back(submit->port.value);
    if (submit->port == port_pull) return;  // Never answered.
    effects.push_back(Reply{submit->request, SharedBytes{encode_outcome({})}});
  });
  ExploreOptions options = toy_options();
  options.clients = {{PrincipalId{0}, to_bytes("put a")}};
  EXPECT_EQ(explore(system, options).states, 2u);  // It has called, or not.
  options.crashes = 1;
  // The same after a crash before the call, and done after a crash behind it.
  EXPECT_EQ(explore(system, options).states, 2u + 2 + 1);
  options.attempts = 2;
  EXPECT_EQ(explore(system, options).states, 2u + 2 + 2);
}

TEST(ExplorerTest, BoundsAreReportedAndLeaveAFrontier) {
  const System system = toy_system(2, sender(7, true));
  ExploreOptions options = toy_options();
  options.depth_max = 2;
  Exploration found = explore(system, options);
  EXPECT_FALSE(found.exhausted());
  EXPECT_EQ(found.bounds_hit, std::vector<std::string>{"depth"});
  EXPECT_EQ(found.states, 1u + 7 + 21);
  EXPECT_EQ(found.frontier, 21u);
  EXPECT_EQ(found.depth, 2u);

  options = toy_options();
  options.states_max = 10;
  found = explore(system, options);
  EXPECT_EQ(found.bounds_hit, std::vector<std::string>{"states"});
  options = toy_options();
  options.memory_max = 1;
  EXPECT_EQ(explore(system, options).bounds_hit, std::vector<std::string>{"memory"});
}

// Two ways to disagree: one message away, and at the end of a chain of timers.
TEST(ExplorerTest, TheCounterexampleIsAShortestOne) {
  const System system = toy_system(2, [](const Input& input, ToyMemory& memory, Effects& effects) {
    if (std::holds_alternative<Start>(input)) {
      effects.push_back(timer(0));
      if (memory.self == PrincipalId{0}) effects.push_back(send_to(1, 7));
    }
    if (const TimerFired* fired = std::get_if<TimerFired>(&input)) {
      const bool last = fired->timer == TimerId{3};
      if (!last) effects.push_back(timer(fired->timer.value + 1));
      if (last) effects.push_back(Decide{1, record_of(memory.self.value)});
      if (fired->timer == TimerId{1} && memory.self == PrincipalId{0}) {
        effects.push_back(Decide{1, record_of(0)});
      }
    }
    if (std::holds_alternative<Deliver>(input)) effects.push_back(Decide{1, record_of(1)});
  });
  const Exploration found = explore(system, toy_options());
  ASSERT_TRUE(found.counterexample);
  EXPECT_FALSE(found.exhausted());
  EXPECT_EQ(found.counterexample->violation.invariant, "agreement");
  ASSERT_EQ(found.counterexample->steps.size(), 3u);
  EXPECT_EQ(NaiveExplorer(system, toy_options()).run().violated_after, 3u);
  EXPECT_EQ(found.counterexample->starts.size(), 1u);
  std::string story;
  for (const auto& step : found.counterexample->steps) {
    story += step.principal + ' ' + step.event + '\n';
    for (const std::string& effect : step.effects) story += "  " + effect + '\n';
  }
  EXPECT_EQ(story,
            "p1 receives type 1 of toy [07] from p0\n"
            "  decides 01 at position 1 of toy\n"
            "p0 timer 0 of toy fires\n"
            "p0 timer 1 of toy fires\n"
            "  decides 00 at position 1 of toy\n");
}

TEST(ExplorerTest, APrincipalSkipsOnlyWhatAnotherDecided) {
  const auto skipping = [](std::uint64_t decided_by_another) {
    return toy_system(2, [=](const Input& input, ToyMemory& memory, Effects& effects) {
      if (starts_at(input, memory, 0)) effects.push_back(timer(0));
      if (starts_at(input, memory, 1)) effects.push_back(Decide{decided_by_another, record_of(2)});
      if (!std::holds_alternative<TimerFired>(input)) return;
      effects.push_back(Decide{1, record_of(1)});
      effects.push_back(Decide{3, record_of(3)});
    });
  };
  EXPECT_TRUE(explore(skipping(2), toy_options()).exhausted());
  const Exploration found = explore(skipping(4), toy_options());
  ASSERT_TRUE(found.counterexample);
  EXPECT_EQ(found.counterexample->violation.invariant, "decide_order");
  EXPECT_EQ(NaiveExplorer(skipping(2), toy_options()).run().violated_after, std::nullopt);
  EXPECT_EQ(NaiveExplorer(skipping(4), toy_options()).run().violated_after, 1u);
}

TEST(ExplorerTest, AViolationWhileStartingHasNoSteps) {
  const System system = toy_system(2, [](const Input& input, ToyMemory& memory, Effects& effects) {
    if (std::holds_alternative<Start>(input))
      effects.push_back(Decide{1, record_of(memory.self.value)});
  });
  const Exploration found = explore(system, toy_options());
  ASSERT_TRUE(found.counterexample);
  EXPECT_TRUE(found.counterexample->steps.empty());
  EXPECT_EQ(found.counterexample->starts.size(), 2u);
}

// Goal: numbering local states and messages loses nothing and adds nothing.
TEST(ExplorerTest, CountsWhatANaiveExplorerCounts) {
  std::uint64_t largest = 0;
  std::uint64_t violations = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    const auto principals = static_cast<std::uint32_t>(2 + seed % 2);
    const System system = toy_system(principals, dice(seed, 5 - principals, principals));
    ExploreOptions options = toy_options();
    options.duplicates = seed % 3 == 0;
    options.crashes = seed % 5 < 2 ? 1 : 0;
    options.timers = seed % 7 != 0;
    const Exploration found = explore(system, options);
    const NaiveExplorer::Count expected = NaiveExplorer(system, options).run();
    ASSERT_EQ(found.counterexample.has_value(), expected.violated_after.has_value()) << seed;
    if (found.counterexample) {
      EXPECT_EQ(found.counterexample->steps.size(), *expected.violated_after) << seed;
      ++violations;
      continue;
    }
    EXPECT_EQ(found.states, expected.states) << seed;
    EXPECT_EQ(found.transitions, expected.transitions) << seed;
    EXPECT_EQ(found.depth, expected.depth) << seed;
    EXPECT_EQ(found.states_unreduced, found.states) << seed;
    largest = std::max(largest, found.states);
  }
  // Otherwise the dice are too tame to say anything.
  EXPECT_GT(largest, 5'000u);
  EXPECT_GT(violations, 5u);
}

TEST(ExplorerTest, ClientsMustBeAtDifferentMembers) {
  const System system = toy_system(2, sender(1, true));
  ExploreOptions options = toy_options();
  options.clients = {{PrincipalId{0}, {}}, {PrincipalId{0}, {}}};
  EXPECT_EQ(options_fault(system, options),
            "clients: expected each principal once, found p0 twice");
  options.clients = {{PrincipalId{5}, {}}};
  EXPECT_EQ(options_fault(system, options), "clients: expected members of toy, found node 5");
}

}  // namespace
}  // namespace parley::testing
