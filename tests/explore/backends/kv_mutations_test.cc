// SPDX-License-Identifier: Apache-2.0
//
// Which check finds which known mistake of multi_paxos and caspaxos (their
// mutation.h): a simulation of kv under all fault classes, else the conformance
// suite. Prints a table of the invariant that broke, at which seed and after how
// many steps of machines. A mistake that no check finds has a reason beside it.
#include <cstdio>

#include "apps/lab/conformance/conformance.h"
#include "apps/parley/simulation/campaign.h"
#include "core/host/plugins/loader.h"
#include "tests/sim/smoke/simulated_deployment.h"

namespace parley::testing {
namespace {

struct Expected {
  const char* backend;
  const char* mutation;
  std::uint64_t seeds;           ///< One of so many breaks an invariant; 0: none is asked for.
  const char* invariant;         ///< Of the first such seed.
  const char* conformance_rule;  ///< The first that breaks; empty: not asked.
};

constexpr Expected mutations[] = {
    {"caspaxos", "SmallerQuorum", 10, "I8_quorum_evidence", ""},
    {"caspaxos", "ForgetsPromise", 50, "I9_monotone_times", ""},
    {"caspaxos", "ForgetsVote", 50, "I11_log_match", ""},
    {"caspaxos", "ForgetsOwnBallot", 50, "I9_monotone_times", ""},
    {"caspaxos", "ForgetsNextPromise", 50, "I9_monotone_times", ""},
    {"caspaxos", "ForgetsBranches", 0, "", "callers on one node never answer for each other"},
    {"caspaxos", "SnapshotWithoutVote", 100, "I11_log_match", ""},
    {"caspaxos", "TrimsWithoutSnapshot", 100, "I9_monotone_times", ""},
    {"caspaxos", "AdoptsMinimum", 10, "I17_elect_maximum", ""},
    {"caspaxos", "DropsBase", 10, "agreement", ""},
    {"caspaxos", "AcceptsBelowPromise", 10, "I9_monotone_times", ""},
    {"caspaxos", "ReadsUnconfirmed", 0, "",
     "a push answers no less than pushes that ended before it began"},
    {"caspaxos", "TrustsMinority", 100, "agreement", ""},
    {"caspaxos", "SharesBranch", 0, "", "callers on one node never answer for each other"},
    {"multi_paxos", "SmallerQuorum", 10, "I8_quorum_evidence", ""},
    {"multi_paxos", "MinorityElection", 10, "I8_quorum_evidence", ""},
    {"multi_paxos", "VotesForShorterLog", 50, "I17_elect_maximum", ""},
    {"multi_paxos", "VotesForOlderBallot", 10, "I9_monotone_times", ""},
    {"multi_paxos", "AcceptsBelowPromise", 10, "I9_monotone_times", ""},
    {"multi_paxos", "CommitsAfterOneAccept", 10, "I8_quorum_evidence", ""},
    {"multi_paxos", "ForgetsPromise", 100, "I9_monotone_times", ""},
    {"multi_paxos", "ForgetsEntries", 50, "I11_log_match", ""},
    {"multi_paxos", "TrimsWithoutSnapshot", 50, "I9_monotone_times", ""},
    {"multi_paxos", "SnapshotWithoutTail", 50, "I11_log_match", ""},
    {"multi_paxos", "VotesDuringLease", 0, "", "once the network heals, calls succeed"},
    {"multi_paxos", "PushesOnMovedBase", 0, "", "invoke extends the caller's own branch alone"},
    {"multi_paxos", "SharesBranch", 10, "push_result", ""},
    // Left out, for neither check finds them:
    // - CommitsInherited: what a new leader inherited and the entry that it begins
    //   with leave in one message, so that a quorum has both or none.
    // - ReadsUnconfirmed, ForgetsLease: the simulation takes a read of any prefix of
    //   the decisions, and no rule of the suite lets a leader that was cut off read.
    // - SkipsRule1, SkipsRule2, StrictRule2, SkipsRule3: neither changes members.
};

std::filesystem::path folder_of(const Expected& row) {
  return std::filesystem::path{PARLEY_BUILD_DIR "/tests/mutations"} / row.mutation;
}

/// The first of the seeds that breaks an invariant; without a violation if none does.
RunReport first_violation(const Expected& row, std::uint64_t seeds) {
  const SimulatedDeployment lab{folder_of(row), std::string{"kv_"} + row.backend + ".toml"};
  if (lab.simulator == nullptr) return {};
  Plan plan = default_plan();
  plan.workloads.front().clients = 8;
  const CampaignBounds bounds{.first_seed = 1, .seeds = seeds, .jobs = 2, .violations_max = 1};
  const CampaignReport report =
      run_campaign(*lab.simulator, plan, bounds, [](const CampaignReport&) {});
  return report.violations.empty() ? RunReport{} : report.violations.front();
}

std::string first_rule(const Expected& row) {
  const auto module = folder_of(row) / (std::string{row.backend} + ".so");
  const auto loaded = load_plugin(scan_plugin(module));
  for (const Finding& finding : run_conformance(std::get<Plugin>(loaded))) {
    if (!finding.passed) return finding.rule;
  }
  return "";
}

class KvMutationTest : public ::testing::TestWithParam<Expected> {};

TEST_P(KvMutationTest, IsFoundByTheCheckThatIsThereForIt) {
  const Expected& expected = GetParam();
  const std::string rule_expected = expected.conformance_rule;
  ASSERT_TRUE(expected.seeds > 0 || !rule_expected.empty());
  if (expected.seeds > 0) {
    const RunReport found = first_violation(expected, expected.seeds);
    const std::string invariant = found.violation ? found.violation->invariant : "nothing";
    std::printf("| %-11s | %-21s | %-20s | seed %3llu | %6llu steps |\n", expected.backend,
                expected.mutation, invariant.c_str(), static_cast<unsigned long long>(found.seed),
                static_cast<unsigned long long>(found.machine_steps));
    EXPECT_EQ(invariant, expected.invariant);
  }
  if (!rule_expected.empty()) {
    const std::string rule = first_rule(expected);
    std::printf("| %-11s | %-21s | conformance: %s\n", expected.backend, expected.mutation,
                rule.c_str());
    EXPECT_EQ(rule, rule_expected);
  }
}

INSTANTIATE_TEST_SUITE_P(Backends, KvMutationTest, ::testing::ValuesIn(mutations),
                         [](const auto& row) {
                           return std::string{row.param.backend} + "_" + row.param.mutation;
                         });

}  // namespace
}  // namespace parley::testing
