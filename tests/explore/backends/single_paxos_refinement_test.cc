// SPDX-License-Identifier: Apache-2.0
//
// single_paxos refines the ADO model in every behaviour within bounds: what it notes
// is a part of the states, hence there are more of them than without. And what the
// checker finds of its known mistakes, in how many steps; printed as a table.
#include <cstdio>

#include "tests/explore/backends/explored_register.h"

namespace parley::testing {
namespace {

constexpr const char* plugin = PARLEY_BUILD_DIR "/plugins/backend/single_paxos.so";
constexpr std::uint64_t states_max = 400'000;

TEST(SinglePaxosRefinementTest, ThreeAcceptorsAndTwoProposersRefine) {
  const ExploredRegister deployed{plugin, 3};
  ExploreOptions options = deployed.options({"put a", "put b"});
  options.refinement = true;
  const Exploration found = explore(deployed.system(), options);
  EXPECT_TRUE(found.exhausted());
  EXPECT_EQ(found.states, 691'026u);
}

TEST(SinglePaxosRefinementTest, AProposerMayCrashAnywhereAndTryAgain) {
  const ExploredRegister deployed{plugin, 3};
  ExploreOptions options = deployed.options({"put a"});
  options.crashes = 1;
  options.attempts = 2;
  options.duplicates = true;
  options.refinement = true;
  const Exploration found = explore(deployed.system(), options);
  EXPECT_TRUE(found.exhausted());
  EXPECT_EQ(found.states, 115'722u);
}

TEST(SinglePaxosRefinementTest, NamesOfPrincipalsAreNotExchanged) {
  const ExploredRegister deployed{plugin, 3};
  ExploreOptions options = deployed.options({"put a"});
  options.refinement = true;
  options.symmetric = {PrincipalId{1}, PrincipalId{2}};
  EXPECT_TRUE(options_fault(deployed.system(), options));
}

struct Known {
  const char* mutation;
  const char* invariant;  ///< Of a shortest counterexample.
  std::uint64_t steps;
};

constexpr Known mutations[] = {
    {"SmallerQuorum", "I8_quorum_evidence", 1},
    {"ForgetsPromise", "I9_monotone_times", 4},
    {"ForgetsVote", "I11_log_match", 8},
    {"ForgetsOwnBallot", "I9_monotone_times", 4},
    {"AcceptsBelowPromise", "I9_monotone_times", 7},
    // Its tree is well-formed; that another method stands in it is not about its shape.
    {"DropsBase", "push_decided", 12},
};

class SinglePaxosMistakeTest : public ::testing::TestWithParam<Known> {};

TEST_P(SinglePaxosMistakeTest, IsFoundByRefinement) {
  const std::string module =
      std::string{PARLEY_BUILD_DIR "/tests/mutations/"} + GetParam().mutation + "/single_paxos.so";
  const ExploredRegister deployed{module, 3};
  ExploreOptions options = deployed.options({"put a", "put b"});
  options.crashes = 1;
  options.states_max = states_max;
  options.refinement = true;
  const Exploration found = explore(deployed.system(), options);
  const std::string invariant =
      found.counterexample ? found.counterexample->violation.invariant : "nothing";
  const std::size_t steps = found.counterexample ? found.counterexample->steps.size() : 0;
  std::printf("%-20s %-26s in %2zu steps, %8llu states\n", GetParam().mutation, invariant.c_str(),
              steps, static_cast<unsigned long long>(found.states));
  EXPECT_EQ(invariant, GetParam().invariant);
  EXPECT_EQ(steps, GetParam().steps);
}

INSTANTIATE_TEST_SUITE_P(EveryMistake, SinglePaxosMistakeTest, ::testing::ValuesIn(mutations),
                         [](const auto& param) { return std::string{param.param.mutation}; });

}  // namespace
}  // namespace parley::testing
