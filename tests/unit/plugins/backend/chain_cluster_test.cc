// SPDX-License-Identifier: Apache-2.0
//
// Chains and stars with a configuration master, through failures and faults.
#include <gtest/gtest.h>

#include "tests/unit/plugins/backend/chain_cluster.h"

namespace parley::chain {
namespace {

PrincipalSet everybody() {
  PrincipalSet all;
  for (std::uint32_t i = 0; i < 16; ++i) all.insert(PrincipalId{i});
  return all;
}

std::string prefix(Shape shape) {
  return shape == Shape::Chain ? "chain_" : "primary_backup_";
}

class ClusterTest : public testing::TestWithParam<Shape> {};

INSTANTIATE_TEST_SUITE_P(Shapes, ClusterTest, testing::Values(Shape::Chain, Shape::Star),
                         [](const auto& shape) {
                           return shape.param == Shape::Chain ? "Chain" : "PrimaryBackup";
                         });

/// The callers go on making progress.
void expect_progress(Cluster& cluster, const std::string& when) {
  const std::uint64_t before = cluster.writes_done();
  cluster.run_for(2s);
  EXPECT_EQ(cluster.fault(), "") << when;
  EXPECT_GT(cluster.writes_done(), before) << when;
}

std::vector<PrincipalId> members_of(const Cluster& cluster) {
  return cluster.decided_epochs().epochs.back().order;
}

TEST_P(ClusterTest, WithoutFailuresTheEpochStays) {
  Cluster cluster{{.shape = GetParam()}, 1};
  for (std::uint32_t i = 0; i < 3; ++i) cluster.add_caller(PrincipalId{i});
  expect_progress(cluster, "no failure");
  EXPECT_GT(cluster.reads_done(), 0u);
  EXPECT_TRUE(cluster.decided_epochs().epochs.empty());
}

TEST_P(ClusterTest, AMemberThatFailsIsRemovedAndComesBackLast) {
  for (std::uint32_t failing = 0; failing < 3; ++failing) {
    const std::string when = "member " + std::to_string(failing) + " fails";
    Cluster cluster{{.shape = GetParam()}, 2 + failing};
    for (std::uint32_t i = 0; i < 3; ++i) cluster.add_caller(PrincipalId{i});
    cluster.run_for(500ms);
    cluster.crash(PrincipalId{failing});
    cluster.run_for(2s);
    expect_progress(cluster, when);
    EXPECT_EQ(members_of(cluster).size(), 2u) << when;
    cluster.start(PrincipalId{failing});
    cluster.run_for(2s);
    expect_progress(cluster, when + " and returns");
    ASSERT_EQ(members_of(cluster).size(), 3u) << when;
    EXPECT_EQ(members_of(cluster).back(), PrincipalId{failing}) << when;
  }
}

TEST_P(ClusterTest, OneSurvivorGoesOnAlone) {
  Cluster cluster{{.shape = GetParam()}, 7};
  for (std::uint32_t i = 0; i < 3; ++i) cluster.add_caller(PrincipalId{i});
  cluster.run_for(500ms);
  cluster.crash(PrincipalId{0});
  cluster.crash(PrincipalId{1});
  cluster.run_for(3s);
  expect_progress(cluster, "two of three failed");
  EXPECT_EQ(members_of(cluster), std::vector<PrincipalId>{PrincipalId{2}});
}

TEST_P(ClusterTest, WhoStandsByTakesAFreeSeatByAnImage) {
  Cluster cluster{{.shape = GetParam(), .hosts = 4, .snapshot_after = 512, .ballast = 4'000}, 9};
  for (std::uint32_t i = 0; i < 3; ++i) cluster.add_caller(PrincipalId{i});
  cluster.run_for(2s);
  cluster.crash(PrincipalId{1});
  cluster.run_for(3s);
  expect_progress(cluster, "a seat is free");
  const std::vector<PrincipalId> expected{PrincipalId{0}, PrincipalId{2}, PrincipalId{3}};
  EXPECT_EQ(members_of(cluster), expected);
  EXPECT_GT(cluster.notes(prefix(GetParam()) + "image_installed"), 0u);
  EXPECT_EQ(cluster.decided_epochs().completed, cluster.decided_epochs().epochs.back().epoch);
}

// Goal: a head that was removed, and does not know it, answers nothing of the past.
TEST_P(ClusterTest, AHeadThatIsCutOffServesNobody) {
  Cluster cluster{{.shape = GetParam()}, 11};
  for (std::uint32_t i = 0; i < 3; ++i) cluster.add_caller(PrincipalId{i});
  cluster.run_for(500ms);
  cluster.cut(PrincipalSet{PrincipalId{0}});
  cluster.master_reached_by(PrincipalSet{PrincipalId{1}, PrincipalId{2}});
  expect_progress(cluster, "the others go on");
  cluster.cut({});
  cluster.master_reached_by(everybody());
  cluster.run_for(2s);
  expect_progress(cluster, "it came back");
  EXPECT_EQ(members_of(cluster).back(), PrincipalId{0});
}

TEST_P(ClusterTest, WithoutAMasterTheFirstEpochIsServedAndNeverLeft) {
  Cluster cluster{{.shape = GetParam(), .master = false}, 13};
  for (std::uint32_t i = 0; i < 3; ++i) cluster.add_caller(PrincipalId{i});
  cluster.run_for(500ms);
  cluster.crash(PrincipalId{1});
  cluster.run_for(2s);
  const std::uint64_t before = cluster.writes_done();
  cluster.run_for(2s);
  EXPECT_EQ(cluster.writes_done(), before);
  EXPECT_EQ(cluster.fault(), "");
  cluster.start(PrincipalId{1});
  cluster.run_for(500ms);
  expect_progress(cluster, "the member is back");
}

TEST_P(ClusterTest, LearnersFollowAndDoNotCount) {
  Cluster cluster{{.shape = GetParam(), .hosts = 4, .learners = PrincipalSet{PrincipalId{3}}}, 15};
  for (std::uint32_t i = 0; i < 3; ++i) cluster.add_caller(PrincipalId{i});
  cluster.run_for(1s);
  EXPECT_GT(cluster.decided_by(PrincipalId{3}), 0u);
  cluster.crash(PrincipalId{3});
  expect_progress(cluster, "the learner is down");
  EXPECT_TRUE(cluster.decided_epochs().epochs.empty());
}

// Goal: whatever a node keeps for another that does not answer has a bound.
TEST_P(ClusterTest, AnUnreachableLearnerDoesNotGrowTheState) {
  Cluster cluster{{.shape = GetParam(),
                   .hosts = 4,
                   .learners = PrincipalSet{PrincipalId{3}},
                   .snapshot_after = 2'048},
                  17};
  for (std::uint32_t i = 0; i < 3; ++i) cluster.add_caller(PrincipalId{i});
  cluster.cut(PrincipalSet{PrincipalId{3}});
  cluster.run_for(5s);
  EXPECT_EQ(cluster.fault(), "");
  EXPECT_GT(cluster.writes_done(), 500u);
  EXPECT_LT(cluster.state_size(PrincipalId{0}), 16'384u);
}

/// Crashes, cuts and a master out of reach, for a while.
void disturb(Cluster& cluster, Prng& random, std::uint32_t hosts) {
  const bool loses = random.chance(700'000);
  for (int i = 0; i < 30 && cluster.fault().empty(); ++i) {
    cluster.lossy(loses);
    const PrincipalId node{static_cast<std::uint32_t>(random.below(hosts))};
    const std::uint64_t dice = random.below(100);
    if (dice < 25 && cluster.up(node)) cluster.crash(node);
    if (dice >= 25 && dice < 60 && !cluster.up(node)) cluster.start(node);
    if (dice >= 60 && dice < 70) cluster.cut(PrincipalSet{node});
    if (dice >= 70 && dice < 85) cluster.cut({});
    if (dice >= 85 && dice < 92) cluster.master_reached_by(PrincipalSet{node});
    cluster.run_for(Duration{static_cast<std::int64_t>(random.below(300'000'000))});
  }
}

void heal(Cluster& cluster, std::uint32_t hosts) {
  cluster.lossy(false);
  cluster.cut({});
  cluster.master_reached_by(everybody());
  for (std::uint32_t i = 0; i < hosts; ++i) {
    if (!cluster.up(PrincipalId{i})) cluster.start(PrincipalId{i});
  }
  cluster.run_for(3s);
}

TEST_P(ClusterTest, EveryFaultIsStoodAndHealed) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Prng random{seed};
    ClusterOptions options{.shape = GetParam()};
    options.hosts = 3 + static_cast<std::uint32_t>(seed % 3);
    if (options.hosts == 5) options.learners = PrincipalSet{PrincipalId{4}};
    options.snapshot_after = seed % 2 == 0 ? 512 : std::uint64_t{1} << 20;
    Cluster cluster{options, seed};
    for (std::uint32_t i = 0; i < 3; ++i) cluster.add_caller(PrincipalId{i});
    disturb(cluster, random, options.hosts);
    heal(cluster, options.hosts);
    expect_progress(cluster, "healed");
    cluster.stop_callers();
    cluster.run_for(1s);
    if (!cluster.decided_epochs().epochs.empty()) {
      EXPECT_EQ(members_of(cluster).size(), 3u);
    }
    for (std::uint32_t i = 0; i < options.hosts; ++i) {
      const auto& epochs = cluster.decided_epochs().epochs;
      const bool member = epochs.empty() ? i < 3 : epochs.back().members.contains(PrincipalId{i});
      if (member) {
        EXPECT_EQ(cluster.decided_by(PrincipalId{i}), cluster.decided().size());
      }
    }
  }
}

}  // namespace
}  // namespace parley::chain
