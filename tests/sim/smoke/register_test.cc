// SPDX-License-Identifier: Apache-2.0
//
// Seeds of single_paxos under every fault class, through the plugins as built.
// Any seed that fails here is replayed by the command that the test prints.
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "apps/lab/replay.h"
#include "apps/lab/world/keys.h"
#include "apps/parley/simulation/campaign.h"
#include "apps/parley/simulation/plan_toml.h"
#include "apps/parley/simulation/trace_files.h"
#include "tests/sim/smoke/simulated_deployment.h"

namespace parley {
namespace {

SimulatedDeployment built(const std::string& file = "register.toml") {
  return SimulatedDeployment{std::filesystem::path{PARLEY_BUILD_DIR} / "plugins" / "backend", file};
}

SimulatedDeployment mutated() {
  return SimulatedDeployment{std::filesystem::path{PARLEY_BUILD_DIR} / "tests" / "mutations" /
                             "SmallerQuorum"};
}

std::string described(const CampaignReport& report, std::string_view file) {
  std::string text;
  for (const RunReport& run : report.violations) {
    text += run.violation->invariant + ": " + run.violation->message +
            "\nparley simulate tests/sim/" + std::string{file} + " --seed " +
            std::to_string(run.seed) + '\n';
  }
  return text;
}

CampaignReport run_seeds(const Simulator& simulator, const Plan& plan, std::uint64_t seeds,
                         unsigned jobs = 2) {
  return run_campaign(simulator, plan, {.first_seed = 1, .seeds = seeds, .jobs = jobs},
                      [](const CampaignReport&) {});
}

TEST(RegisterSimulation, TwoThousandSeedsOfTheSwarmHold) {
  const SimulatedDeployment lab = built();
  ASSERT_NE(lab.simulator, nullptr);
  const Plan plan = default_plan();
  EXPECT_TRUE(lab.simulator->left_out(plan).empty());
  const CampaignReport report = run_seeds(*lab.simulator, plan, 2'000);
  EXPECT_TRUE(report.violations.empty()) << described(report, "register.toml");
  EXPECT_EQ(report.runs, 2'000u);
  EXPECT_EQ(report.callers_done, report.callers);
  EXPECT_EQ(report.classes.size(), plan.faults.size());
}

TEST(RegisterSimulation, AllFaultsAtOnceHold) {
  const SimulatedDeployment lab = built();
  ASSERT_NE(lab.simulator, nullptr);
  const std::filesystem::path file =
      std::filesystem::path{PARLEY_SOURCE_DIR "/tests/sim"} / "all_faults.toml";
  std::ifstream in{file};
  PlanReading reading = read_plan({file.string(), {std::istreambuf_iterator<char>{in}, {}}});
  ASSERT_TRUE(reading.plan) << reading.report();
  ASSERT_TRUE(lab.simulator->check(*reading.plan).ok());
  const CampaignReport report = run_seeds(*lab.simulator, *reading.plan, reading.plan->seeds);
  EXPECT_TRUE(report.violations.empty()) << described(report, "all_faults.toml");
  EXPECT_EQ(report.never_reached(reading.plan->notes_expected), std::vector<std::string>{});
}

// Goal: a mechanism with statements of its own serves a protocol that knows
// nothing of it, through loss, crashes of the third party and all else.
TEST(RegisterSimulation, AThirdPartyThatCountersignsHolds) {
  const SimulatedDeployment lab = built("countersigned.toml");
  ASSERT_NE(lab.simulator, nullptr);
  const CampaignReport report = run_seeds(*lab.simulator, default_plan(), 300);
  EXPECT_TRUE(report.violations.empty()) << described(report, "countersigned.toml");
  EXPECT_GT(report.callers, 0u);
  EXPECT_EQ(report.callers_done, report.callers);
  EXPECT_TRUE(report.notes.contains("interactive_countersigned"));
}

// Goal: the simulation finds what it is there to find.
TEST(RegisterSimulation, AMajorityTooSmallByOneIsCaughtWithinTenSeeds) {
  const SimulatedDeployment lab = mutated();
  ASSERT_NE(lab.simulator, nullptr);
  const CampaignReport report = run_seeds(*lab.simulator, default_plan(), 10);
  ASSERT_FALSE(report.violations.empty());
  const RunReport& first = report.violations.front();
  EXPECT_EQ(first.violation->invariant, "I8_quorum_evidence");

  const Plan smaller = shrink(*lab.simulator, default_plan(), first.seed, *first.violation);
  EXPECT_LE(smaller.faults.size(), first.faults.size());
  EXPECT_LE(smaller.hurt_ticks, default_plan().hurt_ticks);
  const RunReport again = lab.simulator->run(smaller, first.seed);
  ASSERT_TRUE(again.violation);
  EXPECT_EQ(again.violation->invariant, "I8_quorum_evidence");
}

// Goal: a simulated node's trace has in it all that the node depended on.
TEST(RegisterSimulation, EveryTraceReplaysStepByStep) {
  const SimulatedDeployment lab = built();
  ASSERT_NE(lab.simulator, nullptr);
  const Tables& tables = lab.simulator->tables();
  const SimulatedKeys keys{tables};
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    TraceFiles files{tables};
    lab.simulator->run(default_plan(), seed, &files);
    for (const TraceFiles::Life& life : files.lives()) {
      Result<TraceReader> reader = TraceReader::open(life.trace);
      ASSERT_TRUE(reader.ok());
      const Result<ReplayReport> report = replay(tables, keys.of(life.node), *reader);
      ASSERT_TRUE(report.ok()) << report.error().message;
      EXPECT_GT(report->steps, 0u);
      EXPECT_FALSE(report->difference) << "seed " << seed << " node " << life.node.value << " life "
                                       << life.number << " step " << report->difference->step;
    }
  }
}

TEST(RegisterSimulation, ASeedMeansTheSameOnAnyNumberOfThreads) {
  const SimulatedDeployment lab = built();
  ASSERT_NE(lab.simulator, nullptr);
  const CampaignReport one = run_seeds(*lab.simulator, default_plan(), 100, 1);
  const CampaignReport three = run_seeds(*lab.simulator, default_plan(), 100, 3);
  EXPECT_EQ(one.digest, three.digest);
  EXPECT_EQ(one.machine_steps, three.machine_steps);
  EXPECT_EQ(one.notes, three.notes);
}

}  // namespace
}  // namespace parley
