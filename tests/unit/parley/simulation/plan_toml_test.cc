// SPDX-License-Identifier: Apache-2.0
#include "apps/parley/simulation/plan_toml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley {
namespace {

using ::testing::HasSubstr;

PlanReading read(std::string text) {
  return read_plan({"plans/plan.toml", std::move(text)});
}

TEST(PlanTomlTest, ReadsEveryKey) {
  const PlanReading reading = read(R"(
deployment = "../three.toml"
first_seed = 7
seeds = 20
tick = "2ms"
hurt_ticks = 400
swarm = false
[[workload]]
name = "submit"
object = "register"
methods = ["put a", "get"]
clients = 3
ticks = [5, 50]
[[fault]]
name = "crash_restart"
ticks = [50, 400]
every_ticks = 30
lasts_ticks = [1, 9]
torn_writes = false
[[fault]]
name = "loss"
probability = 0.25
[[fault]]
name = "partition"
one_way = false
[expect]
agreement = "unchecked"
progress = false
progress_after_heal_ticks = 500
note_reached = ["kernel_retransmitted"]
)");
  ASSERT_TRUE(reading.plan) << reading.report();
  const Plan& plan = *reading.plan;
  EXPECT_EQ(plan.deployment, "three.toml");
  EXPECT_EQ(plan.first_seed, 7u);
  EXPECT_EQ(plan.seeds, 20u);
  EXPECT_EQ(plan.tick, 2ms);
  EXPECT_EQ(plan.hurt_ticks, 400u);
  EXPECT_FALSE(plan.swarm);
  ASSERT_EQ(plan.workloads.size(), 1u);
  EXPECT_EQ(plan.workloads[0].object, "register");
  EXPECT_EQ(plan.workloads[0].methods, (std::vector<std::string>{"put a", "get"}));
  EXPECT_EQ(plan.workloads[0].clients, 3u);
  EXPECT_EQ(plan.workloads[0].ticks, (TickRange{5, 50}));
  ASSERT_EQ(plan.faults.size(), 3u);
  EXPECT_EQ(plan.faults[0].fault, FaultClass::CrashRestart);
  EXPECT_EQ(plan.faults[0].ticks, (TickRange{50, 400}));
  EXPECT_EQ(plan.faults[0].every_ticks, 30u);
  EXPECT_EQ(plan.faults[0].lasts_ticks, (TickRange{1, 9}));
  EXPECT_FALSE(plan.faults[0].torn_writes);
  EXPECT_EQ(plan.faults[1].per_million, 250'000u);
  EXPECT_FALSE(plan.faults[2].one_way);
  EXPECT_FALSE(plan.expect_agreement);
  EXPECT_FALSE(plan.expect_progress);
  EXPECT_EQ(plan.progress_ticks, 500u);
  EXPECT_EQ(plan.notes_expected, std::vector<std::string>{"kernel_retransmitted"});
}

TEST(PlanTomlTest, ReportsEveryErrorWithItsPlace) {
  const PlanReading reading = read(R"(deployment = "three.toml"
seed = 7
hurt_ticks = 0
tick = "soon"
[[fault]]
name = "partiton"
[[fault]]
probability = 2.0
ticks = [9, 5]
)");
  EXPECT_FALSE(reading.plan);
  const std::string report = reading.report();
  EXPECT_EQ(reading.diagnostics.size(), 7u) << report;
  EXPECT_THAT(report, HasSubstr("unknown key 'seed'"));
  EXPECT_THAT(report, HasSubstr("did you mean 'seeds'?"));
  EXPECT_THAT(report, HasSubstr("hurt_ticks: expected 1 to"));
  EXPECT_THAT(report, HasSubstr("found 'soon'"));
  EXPECT_THAT(report, HasSubstr("did you mean 'partition'?"));
  EXPECT_THAT(report, HasSubstr("expected the key 'name'"));
  EXPECT_THAT(report, HasSubstr("expected a share from 0.0 to 1.0"));
  EXPECT_THAT(report, HasSubstr("expected from <= to, found 9 > 5"));
  EXPECT_THAT(report, HasSubstr("plans/plan.toml:3"));
}

TEST(PlanTomlTest, APlanIsToldFromADeployment) {
  EXPECT_TRUE(is_plan("deployment = \"three.toml\""));
  EXPECT_FALSE(is_plan("[deployment]\nname = \"three\""));
  EXPECT_FALSE(is_plan("deployment = "));
}

TEST(PlanTomlTest, AlwaysHasAWorkload) {
  const PlanReading reading = read("deployment = \"three.toml\"");
  ASSERT_TRUE(reading.plan);
  EXPECT_EQ(reading.plan->workloads.size(), 1u);
}

}  // namespace
}  // namespace parley
