// SPDX-License-Identifier: Apache-2.0
//
// Every behaviour of single_paxos within bounds, through the plugin as built.
// The counts are exact: a change of the protocol's states changes them, and then
// they are to be measured and explained anew.
#include "tests/explore/backends/explored_register.h"

namespace parley::testing {
namespace {

constexpr const char* plugin = PARLEY_BUILD_DIR "/plugins/backend/single_paxos.so";
/// The same with its majority lowered by one.
constexpr const char* mutated = PARLEY_BUILD_DIR "/tests/mutations/SmallerQuorum/single_paxos.so";

TEST(SinglePaxosTest, ThreeAcceptorsAndTwoProposersAgree) {
  const ExploredRegister deployed{plugin, 3};
  const Exploration found = explore(deployed.system(), deployed.options({"put a", "put b"}));
  EXPECT_TRUE(found.exhausted());
  EXPECT_EQ(found.states, 528'457u);
  EXPECT_EQ(found.transitions, 2'413'250u);
  EXPECT_EQ(found.depth, 25u);
}

TEST(SinglePaxosTest, ProposersAgreeWhenEveryMessageMayComeAgain) {
  const ExploredRegister deployed{plugin, 3};
  ExploreOptions options = deployed.options({"put a", "put b"});
  options.duplicates = true;
  const Exploration found = explore(deployed.system(), options);
  EXPECT_TRUE(found.exhausted());
  EXPECT_EQ(found.states, 262'169u);
}

TEST(SinglePaxosTest, AProposerMayCrashAnywhereAndTryAgain) {
  const ExploredRegister deployed{plugin, 3};
  ExploreOptions options = deployed.options({"put a"});
  options.crashes = 1;
  options.attempts = 2;
  options.duplicates = true;
  const Exploration found = explore(deployed.system(), options);
  EXPECT_TRUE(found.exhausted());
  EXPECT_EQ(found.states, 65'403u);
}

// Forgetting does harm only where two proposers meet what one member forgot.
TEST(SinglePaxosTest, ProposersAgreeWhoeverCrashesOnce) {
  const ExploredRegister deployed{plugin, 3};
  ExploreOptions options = deployed.options({"put a", "put b"});
  options.crashes = 1;
  const Exploration found = explore(deployed.system(), options);
  EXPECT_TRUE(found.exhausted());
  EXPECT_EQ(found.states, 3'947'150u);
  EXPECT_EQ(found.depth, 26u);
}

TEST(SinglePaxosTest, AcceptorsThatDoNotProposeAreInterchangeable) {
  const ExploredRegister deployed{plugin, 5};
  ExploreOptions options = deployed.options({"put a"});
  const Exploration all = explore(deployed.system(), options);
  options.symmetric = {PrincipalId{2}, PrincipalId{3}, PrincipalId{4}};
  const Exploration orbits = explore(deployed.system(), options);
  EXPECT_TRUE(all.exhausted() && orbits.exhausted());
  EXPECT_EQ(all.states, 58'693u);
  EXPECT_EQ(orbits.states_unreduced, all.states);
  EXPECT_EQ(orbits.states, 11'372u);
}

TEST(SinglePaxosTest, ALowerMajorityLosesAgreementInSixSteps) {
  const ExploredRegister deployed{mutated, 3};
  const Exploration found = explore(deployed.system(), deployed.options({"put a", "put b"}));
  ASSERT_TRUE(found.counterexample);
  EXPECT_EQ(found.counterexample->violation.invariant, "agreement");
  // A proposer that needs nobody: pull, invoke, push; then the other one.
  EXPECT_EQ(found.counterexample->steps.size(), 6u);
}

}  // namespace
}  // namespace parley::testing
