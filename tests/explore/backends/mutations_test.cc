// SPDX-License-Identifier: Apache-2.0
//
// Which check finds which known mistake of single_paxos (mutation.h). Every one
// must be found, and what each check is expected to find is exact, so that one
// that grows weaker is noticed. Looks for more than it expects and prints all of
// it as a table.
#include <cstdio>

#include "apps/lab/conformance/conformance.h"
#include "apps/parley/simulation/campaign.h"
#include "tests/explore/backends/explored_register.h"
#include "tests/sim/smoke/simulated_deployment.h"

namespace parley::testing {
namespace {

constexpr std::uint64_t states_max = 400'000;
constexpr std::uint64_t seeds_max = 200;

/// What finds a mistake, and how soon.
struct Expected {
  const char* mutation;
  std::uint64_t exploration_steps;  ///< Of a shortest counterexample; 0: none in its bounds.
  std::uint64_t simulation_seeds;   ///< Some seed up to this one; 0: none is asked for.
  const char* conformance_rule;     ///< The first that breaks; empty: none does.
};

constexpr Expected mutations[] = {
    {"SmallerQuorum", 6, 10,
     "no two members ever decide differently, whatever is lost, repeated, reordered or crashes"},
    {"ForgetsPromise", 15, 0, "proposers agree whichever member crashes, after whichever step"},
    {"ForgetsVote", 15, 100, "what was answered Ok is there for the next proposer"},
    {"ForgetsOwnBallot", 0, 0, "no two invocations are at one position"},
    {"AnswersBeforePersist", 15, 0, "what was answered Ok is there for the next proposer"},
    {"SnapshotWithoutVote", 0, 100,
     "what was committed outlives any crash of all, however long after"},
    {"TrimsWithoutSnapshot", 0, 100,
     "what was committed outlives any crash of all, however long after"},
    {"RecoversFirstRecord", 15, 10, "what was committed is there after all members crashed"},
    {"AdoptsMinimum", 0, 10, "a push that is Ok returns what was decided"},
    {"DropsBase", 12, 10, "a push that is Ok returns what was decided"},
    {"AcceptsBelowPromise", 14, 10,
     "no two members ever decide differently, whatever is lost, repeated, reordered or crashes"},
    {"ReadsUnconfirmed", 0, 0, "a push answers no less than pushes that ended before it began"},
    {"ResultOfInitialState", 12, 10, "a push that is Ok returns what was decided"},
    {"RefusesWhatMayCommit", 14, 0, "a call that ended with a definite refusal is never decided"},
    {"SharesBranch", 0, 0, "callers on one node never answer for each other"},
};

std::filesystem::path module_of(const std::string& mutation) {
  return std::filesystem::path{PARLEY_BUILD_DIR "/tests/mutations"} / mutation / "single_paxos.so";
}

/// Two clients and one crash: the least in which forgetting can do harm.
std::uint64_t exploration_steps(const std::string& mutation) {
  const ExploredRegister deployed{module_of(mutation), 3};
  ExploreOptions options = deployed.options({"put a", "put b"});
  options.crashes = 1;
  options.states_max = states_max;
  const Exploration found = explore(deployed.system(), options);
  return found.counterexample ? found.counterexample->steps.size() : 0;
}

/// The first seed that breaks an invariant; 0: none.
std::uint64_t first_seed(const std::string& mutation) {
  const SimulatedDeployment lab{module_of(mutation).parent_path()};
  const CampaignBounds bounds{.first_seed = 1, .seeds = seeds_max, .jobs = 2, .violations_max = 1};
  const CampaignReport report =
      run_campaign(*lab.simulator, default_plan(), bounds, [](const CampaignReport&) {});
  return report.violations.empty() ? 0 : report.violations.front().seed;
}

std::string first_rule(const std::string& mutation) {
  const auto loaded = load_plugin(scan_plugin(module_of(mutation)));
  for (const Finding& finding : run_conformance(std::get<Plugin>(loaded))) {
    if (!finding.passed) return finding.rule;
  }
  return "";
}

class MutationTest : public ::testing::TestWithParam<Expected> {};

TEST_P(MutationTest, IsFoundByTheChecksThatAreThereForIt) {
  const Expected& expected = GetParam();
  const std::uint64_t steps = exploration_steps(expected.mutation);
  const std::uint64_t seed = first_seed(expected.mutation);
  const std::string rule = first_rule(expected.mutation);
  std::printf("| %-22s | steps %2d | seed %4d | %s\n", expected.mutation, static_cast<int>(steps),
              static_cast<int>(seed), rule.c_str());
  EXPECT_TRUE(steps > 0 || seed > 0 || !rule.empty()) << "nothing finds it";
  EXPECT_EQ(steps, expected.exploration_steps);
  EXPECT_EQ(rule, expected.conformance_rule);
  if (expected.simulation_seeds == 0) return;
  EXPECT_GT(seed, 0u);
  EXPECT_LE(seed, expected.simulation_seeds);
}

INSTANTIATE_TEST_SUITE_P(SinglePaxos, MutationTest, ::testing::ValuesIn(mutations),
                         [](const auto& row) { return std::string{row.param.mutation}; });

}  // namespace
}  // namespace parley::testing
