// SPDX-License-Identifier: Apache-2.0
#include "apps/lab/simulate.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/fixtures/fake_deployment.h"

namespace parley {
namespace {

using testing::FakeDeployment;
using testing::Script;

SharedBytes ok_outcome() {
  return SharedBytes{encode_outcome({})};
}

/// Refuses every push, and decides its method all the same: wrong.
Script deceitful() {
  auto method = std::make_shared<Bytes>();
  auto decided = std::make_shared<std::uint64_t>(0);
  return [method, decided](const Input& input, Effects& effects) {
    const Submit* submit = std::get_if<Submit>(&input);
    if (submit == nullptr) return;
    Outcome outcome;
    if (submit->port == port_invoke) *method = decode_invoke(submit->value)->method;
    if (submit->port == port_push) {
      outcome.kind = OutcomeKind::Stale;
      effects.push_back(Decide{++*decided, SharedBytes{*method}});
    }
    effects.push_back(Reply{submit->request, SharedBytes{encode_outcome(outcome)}});
  };
}

/// Answers every call at once; `on_push` does what is to be done with the method.
Script answering(std::function<void(ByteView method, Effects&)> on_push) {
  auto method = std::make_shared<Bytes>();
  return [method, on_push](const Input& input, Effects& effects) {
    const Submit* submit = std::get_if<Submit>(&input);
    if (submit == nullptr) return;
    if (submit->port == port_invoke) *method = decode_invoke(submit->value)->method;
    if (submit->port == port_push) on_push(*method, effects);
    effects.push_back(Reply{submit->request, ok_outcome()});
  };
}

/// Decides nothing: right, if of no use.
Script harmless() {
  return answering([](ByteView, Effects&) {});
}

/// Each node decides what it is asked first: wrong, whenever two are asked.
Script selfish() {
  auto decided = std::make_shared<bool>(false);
  return answering([decided](ByteView method, Effects& effects) {
    if (!*decided) effects.push_back(Decide{1, SharedBytes{method}});
    *decided = true;
  });
}

/// Never answers.
Script silent() {
  return [](const Input&, Effects&) {};
}

std::shared_ptr<const Simulator> simulator_of(const FakeDeployment& fake) {
  return Simulator::make(fake.deployment, fake.catalogue, nullptr, {}).value();
}

CampaignReport run_seeds(const Simulator& simulator, std::uint64_t seeds) {
  CampaignReport report;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    report.add(simulator.run(default_plan(), seed));
  }
  return report;
}

TEST(SimulateTest, ARightMachinePasses) {
  const FakeDeployment fake{harmless};
  const CampaignReport report = run_seeds(*simulator_of(fake), 20);
  EXPECT_TRUE(report.violations.empty());
  EXPECT_EQ(report.callers_done, report.callers);
}

// The canary: a judge that lets this pass judges nothing.
TEST(SimulateTest, AMachineThatAgreesWithNobodyIsCaught) {
  const FakeDeployment fake{selfish};
  const CampaignReport report = run_seeds(*simulator_of(fake), 20);
  ASSERT_FALSE(report.violations.empty());
  for (const RunReport& run : report.violations) EXPECT_EQ(run.violation->invariant, "agreement");
}

TEST(SimulateTest, AMethodThatWasRefusedAndDecidedIsCaught) {
  const FakeDeployment fake{deceitful};
  Plan plan = default_plan();
  plan.swarm = false;
  plan.faults.clear();
  plan.workloads.resize(1);
  plan.workloads[0].clients = 1;
  const RunReport run = simulator_of(fake)->run(plan, 1);
  ASSERT_TRUE(run.violation);
  EXPECT_EQ(run.violation->invariant, "refused_decided");
}

// Calls of two callers come in between each other in some runs, in most not.
TEST(SimulateTest, SomeRunsHaveTwoCallersThatInterleaveOnOneNode) {
  struct Interleaving final : StepListener {
    void on_step(PrincipalId node, Duration, const NodeInput& input,
                 const std::vector<std::uint64_t>&, const NodeOutput&) override {
      const Request* request = std::get_if<Request>(&input);
      if (request == nullptr) return;
      const auto caller = static_cast<std::uint32_t>(request->request.value);
      std::uint32_t& open = open_at[node];
      if (request->port == port_pull) open = caller;
      if (request->port == port_push && open != caller) found = true;
    }
    std::map<PrincipalId, std::uint32_t> open_at;  ///< Who pulled last.
    bool found = false;
  };
  const FakeDeployment fake{harmless};
  const auto simulator = simulator_of(fake);
  Plan plan = default_plan();
  plan.swarm = false;
  plan.faults.clear();
  plan.workloads.resize(1);
  plan.workloads[0].clients = 2;
  int interleaved = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    Interleaving listener;
    simulator->run(plan, seed, &listener);
    interleaved += listener.found ? 1 : 0;
  }
  EXPECT_GT(interleaved, 10);
  EXPECT_LT(interleaved, 40);
}

TEST(SimulateTest, CallersThatNeverEndAfterTheHealingAreAViolation) {
  const FakeDeployment fake{silent};
  const RunReport run = simulator_of(fake)->run(default_plan(), 1);
  ASSERT_TRUE(run.violation);
  EXPECT_EQ(run.violation->invariant, "progress_after_heal");
}

TEST(SimulateTest, EqualSeedsGiveEqualRuns) {
  const FakeDeployment fake{harmless};
  const auto simulator = simulator_of(fake);
  const RunReport one = simulator->run(default_plan(), 5);
  const RunReport two = simulator->run(default_plan(), 5);
  EXPECT_EQ(one.digest, two.digest);
  EXPECT_EQ(one.events, two.events);
  EXPECT_NE(one.digest, simulator->run(default_plan(), 6).digest);
}

TEST(SimulateTest, ShrinkingLeavesWhatIsNeeded) {
  const FakeDeployment fake{selfish};
  const auto simulator = simulator_of(fake);
  std::uint64_t seed = 1;
  RunReport run = simulator->run(default_plan(), seed);
  while (!run.violation) run = simulator->run(default_plan(), ++seed);
  const Plan smaller = shrink(*simulator, default_plan(), seed, *run.violation);
  EXPECT_TRUE(smaller.faults.empty());
  EXPECT_LE(smaller.workloads.front().clients, default_plan().workloads.front().clients);
  EXPECT_TRUE(simulator->run(smaller, seed).violation);
}

TEST(SimulateTest, NodesWhoseStoreKeepsNothingNeverCrash) {
  const FakeDeployment fake{harmless};
  const auto simulator = simulator_of(fake);
  EXPECT_EQ(simulator->left_out(default_plan()).size(), 1u);
  struct NoSecondBoot final : StepListener {
    void on_step(PrincipalId node, Duration, const NodeInput& input,
                 const std::vector<std::uint64_t>&, const NodeOutput&) override {
      if (std::holds_alternative<Boot>(input)) ++boots[node.value];
    }
    std::array<int, 3> boots{};
  } listener;
  Plan plan = default_plan();
  plan.swarm = false;
  const RunReport run = simulator->run(plan, 1, &listener);
  EXPECT_EQ(listener.boots, (std::array<int, 3>{1, 1, 1}));
  // Nor does the report count the run as one with crashes.
  EXPECT_EQ(run.faults.size(), plan.faults.size() - 1);
  EXPECT_EQ(std::count(run.faults.begin(), run.faults.end(), FaultClass::CrashRestart), 0);
}

TEST(SimulateTest, TheSwarmSwitchesWholeClasses) {
  const Plan plan = default_plan();
  std::map<FaultClass, int> on;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    for (const FaultPlan& fault : drawn(plan, seed).faults) ++on[fault.fault];
  }
  EXPECT_EQ(on.size(), plan.faults.size());
  for (const auto& [fault, count] : on) {
    EXPECT_GT(count, 60) << name_of(fault);
    EXPECT_LT(count, 140) << name_of(fault);
  }
}

TEST(SimulateTest, APlanThatDoesNotFitTheDeploymentIsRefused) {
  const FakeDeployment fake{harmless};
  const auto simulator = simulator_of(fake);
  Plan plan = default_plan();
  EXPECT_TRUE(simulator->check(plan).ok());
  plan.workloads[0].object = "nothing";
  EXPECT_FALSE(simulator->check(plan).ok());
  plan = default_plan();
  plan.notes_expected = {"kernel_retransmittet"};
  EXPECT_FALSE(simulator->check(plan).ok());
}

TEST(SimulateTest, NotesThatNoRunReachedAreListed) {
  const FakeDeployment fake{harmless};
  const auto simulator = simulator_of(fake);
  const CampaignReport report = run_seeds(*simulator, 3);
  const std::vector<std::string> missing = report.never_reached(simulator->declared_notes());
  EXPECT_NE(std::find(missing.begin(), missing.end(), "kernel_retransmitted"), missing.end());
}

}  // namespace
}  // namespace parley
