// SPDX-License-Identifier: Apache-2.0
//
// Which invariant finds which known mistake of a backend: every one must be found,
// by the one that names it, and nothing may be found where there is no mistake.
// Prints a table.
#include <gtest/gtest.h>

#include <cstdio>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "tests/unit/kernel/objects/toy_caspaxos.h"
#include "tests/unit/kernel/objects/toy_chain.h"
#include "tests/unit/kernel/objects/toy_multi_paxos.h"

namespace parley::testing {
namespace {

constexpr std::uint32_t steps_max = 400;
constexpr std::uint64_t seeds = 200;
constexpr std::uint64_t clean_seeds = 1'000;

std::unique_ptr<Toy> make(const std::string& backend, std::uint64_t seed, Mistake mistake) {
  if (backend == "chain") return std::make_unique<ToyChain>(seed, mistake);
  if (backend == "caspaxos") return std::make_unique<ToyCasPaxos>(seed, mistake);
  return std::make_unique<ToyMultiPaxos>(seed, mistake);
}

class CleanToyTest : public ::testing::TestWithParam<const char*> {};

TEST_P(CleanToyTest, NothingIsFoundWhereThereIsNoMistake) {
  std::uint64_t commits = 0;
  std::uint64_t events = 0;
  for (std::uint64_t seed = 1; seed <= clean_seeds; ++seed) {
    const auto toy = make(GetParam(), seed, Mistake::None);
    for (std::uint32_t step = 0; step < steps_max && !toy->violation(); ++step) toy->step();
    ASSERT_FALSE(toy->violation()) << "seed " << seed << ": " << toy->violation()->invariant << ": "
                                   << toy->violation()->message;
    commits += toy->commits();
    events += toy->checker().events();
  }
  std::printf("%-12s %llu runs of %u steps: %llu events, %llu commits claimed, no violation\n",
              GetParam(), static_cast<unsigned long long>(clean_seeds), steps_max,
              static_cast<unsigned long long>(events), static_cast<unsigned long long>(commits));
  // Otherwise nothing was looked at.
  EXPECT_GT(commits, clean_seeds);
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, CleanToyTest,
                         ::testing::Values("multi_paxos", "chain", "caspaxos"),
                         [](const auto& param) { return std::string{param.param}; });

struct Known {
  const char* name;
  const char* backend;
  Mistake mistake;
  const char* invariant;  ///< What finds it at the first seed at which it is found.
};

constexpr Known mistakes[] = {
    {"AdoptsLesserLog", "multi_paxos", Mistake::AdoptsLesserLog, "I17_elect_maximum"},
    {"VotesForOlderTime", "multi_paxos", Mistake::VotesForOlderTime, "I9_monotone_times"},
    {"AcceptsBelowPromise", "multi_paxos", Mistake::AcceptsBelowPromise, "I9_monotone_times"},
    {"MinorityElects", "multi_paxos", Mistake::MinorityElects, "I8_quorum_evidence"},
    {"ClaimsAfterOneAccept", "multi_paxos", Mistake::ClaimsAfterOneAccept, "I8_quorum_evidence"},
    {"ClaimsInheritedEntry", "multi_paxos", Mistake::ClaimsInheritedEntry, "I8_quorum_evidence"},
    {"OneElectsTwoCommit", "multi_paxos", Mistake::OneElectsTwoCommit, "I14_single_live_owner"},
    {"ForgetsPromise", "multi_paxos", Mistake::ForgetsPromise, "I9_monotone_times"},
    {"ForgetsLog", "multi_paxos", Mistake::ForgetsLog, "I11_log_match"},
    {"ReusesTime", "multi_paxos", Mistake::ReusesTime, "I2_unique_leader"},
    {"NoBarrier", "chain", Mistake::NoBarrier, "I8_quorum_evidence"},
    {"ShufflesSurvivors", "chain", Mistake::ShufflesSurvivors, "I17_elect_maximum"},
    {"NoEpochCheck", "chain", Mistake::NoEpochCheck, "I9_monotone_times"},
    {"AdoptsMinimum", "caspaxos", Mistake::AdoptsMinimum, "I17_elect_maximum"},
};

class ToyMistakeTest : public ::testing::TestWithParam<Known> {};

TEST_P(ToyMistakeTest, IsFound) {
  const Known& known = GetParam();
  std::uint64_t caught = 0;
  std::uint64_t first_seed = 0;
  std::uint32_t first_steps = 0;
  std::set<std::string> by;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const auto toy = make(known.backend, seed, known.mistake);
    std::uint32_t step = 0;
    for (; step < steps_max && !toy->violation(); ++step) toy->step();
    if (!toy->violation()) continue;
    if (caught == 0) {
      first_seed = seed;
      first_steps = step;
    }
    ++caught;
    by.insert(toy->violation()->invariant);
  }
  std::string names;
  for (const std::string& name : by) names += " " + name;
  std::printf("%-12s %-22s found in %3llu of %llu runs, first at seed %llu in %u steps, by%s\n",
              known.backend, known.name, static_cast<unsigned long long>(caught),
              static_cast<unsigned long long>(seeds), static_cast<unsigned long long>(first_seed),
              first_steps, names.c_str());
  EXPECT_GT(caught, 0u);
  EXPECT_TRUE(by.contains(known.invariant))
      << known.invariant << " was expected, found by" << names;
}

INSTANTIATE_TEST_SUITE_P(EveryMistake, ToyMistakeTest, ::testing::ValuesIn(mistakes),
                         [](const auto& param) { return std::string{param.param.name}; });

}  // namespace
}  // namespace parley::testing
