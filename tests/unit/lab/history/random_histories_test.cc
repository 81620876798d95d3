// SPDX-License-Identifier: Apache-2.0
//
// Goal: the checker says what every permutation says, and accepts whatever came
// from a sequential object.
#include <gtest/gtest.h>

#include "apps/lab/history/check.h"
#include "apps/lab/history/droppable.h"
#include "tests/unit/lab/history/random_history.h"

namespace parley::history::testing {
namespace {

constexpr Model all_models[] = {Model::KeyValue, Model::Register, Model::Queue, Model::Lock};

/// Another answer, or another order of two neighbours, at a drawn place.
void mutate(std::vector<Event>& events, Prng& random) {
  const std::size_t at = random.below(events.size());
  Event& event = events[at];
  const bool reads = event.f == "get" || event.f == "read" || event.f == "dequeue";
  if (event.type == EventType::Ok && reads) {
    const std::uint64_t value = random.below(4);
    event.value = value == 0 ? Value{} : Value{Scalar{static_cast<std::int64_t>(value)}};
  } else if (event.type == EventType::Ok && (event.f == "cas" || event.f == "del")) {
    event.value = Value{Scalar{random.below(2) == 0}};
  } else if (event.type == EventType::Fail) {
    event.type = EventType::Ok;
    event.value = std::nullopt;
  } else if (at > 0 && events[at - 1].process != event.process) {
    std::swap(events[at - 1], events[at]);
    std::swap(events[at - 1].time, events[at].time);
  }
}

struct Judged {
  bool naive = false;
  Judgement checked;
  Problem problem;
  History history;
};

Judged judge(const std::vector<Event>& events, Model model) {
  Diagnostics faults;
  Judged judged;
  judged.history = read_history(as_text(events), faults);
  judged.problem = understand(judged.history, model, faults);
  EXPECT_FALSE(faults.has_errors()) << faults.sorted()[0].message << '\n' << as_text(events);
  judged.naive = NaiveJudge{judged.history.operations}.linearizable();
  judged.checked = check(judged.problem, Budget{});
  return judged;
}

class AgainstPermutations : public ::testing::TestWithParam<Model> {};

TEST_P(AgainstPermutations, TheCheckerAgreesOnThousandsOfTinyHistories) {
  std::size_t violated = 0;
  constexpr std::uint64_t cases = 6'000;
  for (std::uint64_t seed = 0; seed < cases; ++seed) {
    Prng random{seed * 7 + 1};
    RandomShape shape{.model = GetParam(), .operations = 2 + random.below(5)};
    shape.processes = 2 + static_cast<std::int64_t>(random.below(3));
    std::vector<Event> events = RandomHistory{shape, seed}.make();
    for (std::uint64_t i = random.below(4); i > 0; --i) mutate(events, random);
    const Judged judged = judge(events, GetParam());
    ASSERT_EQ(judged.checked.verdict == Verdict::Linearizable, judged.naive) << as_text(events);
    violated += judged.naive ? 0 : 1;
  }
  // Both answers were seen often enough to mean something.
  EXPECT_GT(violated, cases / 20);
  EXPECT_LT(violated, cases * 19 / 20);
}

TEST_P(AgainstPermutations, AMinimalHistoryIsAViolationToo) {
  std::size_t violated = 0;
  for (std::uint64_t seed = 0; seed < 3'000; ++seed) {
    Prng random{seed * 11 + 5};
    RandomShape shape{.model = GetParam(), .operations = 7};
    std::vector<Event> events = RandomHistory{shape, seed}.make();
    for (std::uint64_t i = 1 + random.below(3); i > 0; --i) mutate(events, random);
    const Judged judged = judge(events, GetParam());
    if (!judged.checked.counterexample) continue;
    ++violated;
    const Counterexample& found = *judged.checked.counterexample;
    EXPECT_TRUE(found.minimal_is_final);
    EXPECT_FALSE(found.dead_ends.empty()) << as_text(events);
    // What is answered after the blocked answer need not have taken effect by then.
    const std::size_t end = judged.history.operations[found.minimal_blocked].end;
    std::vector<Operation> kept;
    for (const std::size_t i : found.minimal) kept.push_back(judged.history.operations[i]);
    EXPECT_FALSE(NaiveJudge{kept}.linearizable()) << as_text(events);
    for (const Operation& operation : kept) EXPECT_LT(operation.begin, end);
  }
  EXPECT_GT(violated, 100U);
}

/// Goal: leaving out what may be left out never makes a violation.
TEST_P(AgainstPermutations, ADroppableGroupIsNotMissed) {
  std::size_t dropped = 0;
  for (std::uint64_t seed = 0; seed < 1'500; ++seed) {
    RandomShape shape{.model = GetParam(), .operations = 7};
    const std::vector<Event> events = RandomHistory{shape, seed + 50'000}.make();
    Diagnostics faults;
    const History history = read_history(as_text(events), faults);
    Problem problem = understand(history, GetParam(), faults);
    for (const Partition& partition : problem.partitions) {
      Prng random{seed};
      std::vector<bool> gone(partition.steps.size());
      for (const auto& group : droppable(problem.model, problem.values, partition.steps)) {
        if (random.below(2) == 0) continue;
        for (const std::size_t step : group) gone[step] = true;
        ++dropped;
      }
      Partition rest{partition.keys, {}};
      for (std::size_t i = 0; i < gone.size(); ++i) {
        if (!gone[i]) rest.steps.push_back(partition.steps[i]);
      }
      EXPECT_EQ(search(problem.model, problem.values, rest, Budget{}).verdict,
                Verdict::Linearizable)
          << as_text(events);
    }
  }
  EXPECT_GT(dropped, 1'000U);
}

TEST_P(AgainstPermutations, WhatASequentialObjectAnsweredIsAccepted) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    RandomShape shape{.model = GetParam(), .operations = 400, .processes = 5, .keys = 5};
    shape.unknown_per_million = 20'000;
    shape.distinct_values = seed % 2 == 0;
    if (GetParam() == Model::Queue) {
      // Who left when is a guess otherwise, and the search exponential.
      shape.distinct_values = true;
      shape.unknown_per_million = 0;
    }
    const std::vector<Event> events = RandomHistory{shape, seed}.make();
    Diagnostics faults;
    const History history = read_history(as_text(events), faults);
    Problem problem = understand(history, GetParam(), faults);
    ASSERT_FALSE(faults.has_errors());
    const Judgement judgement = check(problem, Budget{});
    EXPECT_EQ(judgement.verdict, Verdict::Linearizable) << "seed " << seed;
  }
}

TEST_P(AgainstPermutations, AWitnessIsAnOrderThatTheObjectAllows) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const RandomShape shape{.model = GetParam(), .operations = 30, .processes = 4};
    Diagnostics faults;
    const History history = read_history(as_text(RandomHistory{shape, seed}.make()), faults);
    Problem problem = understand(history, GetParam(), faults);
    for (const Partition& partition : problem.partitions) {
      const SearchResult found = search(problem.model, problem.values, partition, Budget{});
      ASSERT_EQ(found.verdict, Verdict::Linearizable);
      NaiveObject object;
      std::size_t answered = 0;
      std::size_t latest_begin = 0;
      for (const std::size_t step : found.order) {
        const Operation& operation = history.operations[partition.steps[step].operation];
        // Nothing earlier in the order began after this was answered.
        EXPECT_TRUE(operation.end > latest_begin);
        latest_begin = std::max(latest_begin, operation.begin);
        const auto answer = object.run(operation.invoke);
        ASSERT_TRUE(answer.has_value());
        if (!operation.answer) continue;
        ++answered;
        EXPECT_TRUE(fits(operation.invoke.f, operation.answer->value.value_or(Value{}), *answer));
      }
      EXPECT_EQ(answered, static_cast<std::size_t>(
                              std::count_if(partition.steps.begin(), partition.steps.end(),
                                            [](const Step& step) { return step.answered(); })));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Models, AgainstPermutations, ::testing::ValuesIn(all_models),
                         [](const auto& one) {
                           const std::string name{name_of(one.param)};
                           return name == "kv" ? std::string{"KeyValue"} : name;
                         });

}  // namespace
}  // namespace parley::history::testing
