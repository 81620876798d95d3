// SPDX-License-Identifier: Apache-2.0
//
// Seeds of kv on a log and on a register per key, under all fault classes, through
// the plugins as built. A seed that fails here is replayed by the command that the
// test prints.
#include <gtest/gtest.h>

#include "apps/parley/simulation/campaign.h"
#include "tests/sim/smoke/simulated_deployment.h"

namespace parley {
namespace {

struct Row {
  const char* backend;
  std::uint64_t seeds;
  const char* reached;  ///< A note without which the seeds would show little.
};

constexpr Row rows[] = {
    {"multi_paxos", 400, "multi_paxos_compacted"},
    {"caspaxos", 400, "caspaxos_preempted"},
};

class KvSimulation : public ::testing::TestWithParam<Row> {};

TEST_P(KvSimulation, HoldsUnderEveryFaultClass) {
  const Row& row = GetParam();
  const std::string file = std::string{"kv_"} + row.backend + ".toml";
  const SimulatedDeployment lab{std::filesystem::path{PARLEY_BUILD_DIR} / "plugins" / "backend",
                                file};
  ASSERT_NE(lab.simulator, nullptr);
  const Plan plan = default_plan();
  EXPECT_TRUE(lab.simulator->left_out(plan).empty());
  const CampaignReport report =
      run_campaign(*lab.simulator, plan, {.first_seed = 1, .seeds = row.seeds, .jobs = 2},
                   [](const CampaignReport&) {});
  for (const RunReport& run : report.violations) {
    ADD_FAILURE() << run.violation->invariant << ": " << run.violation->message
                  << "\nparley simulate tests/sim/" << file << " --seed " << run.seed;
  }
  EXPECT_EQ(report.runs, row.seeds);
  EXPECT_EQ(report.callers_done, report.callers);
  EXPECT_EQ(report.classes.size(), plan.faults.size());
  EXPECT_TRUE(report.notes.contains(row.reached)) << row.reached;
}

INSTANTIATE_TEST_SUITE_P(Backends, KvSimulation, ::testing::ValuesIn(rows),
                         [](const auto& row) { return std::string{row.param.backend}; });

}  // namespace
}  // namespace parley
