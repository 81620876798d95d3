// SPDX-License-Identifier: Apache-2.0
//
// The ADO model itself, exhaustively within bounds: what is proved of it holds, each
// rule that is left out shows why it is there, and every step of Level P is one of
// Level A or none. Counts are exact and printed.
#include <gtest/gtest.h>

#include <cstdio>
#include <string>

#include "apps/lab/models/adore.h"
#include "apps/lab/models/level_a.h"
#include "apps/lab/models/model_search.h"

namespace parley::testing {
namespace {

constexpr std::uint64_t states_max = 30'000'000;
constexpr const char* forked = "I4 commits are on one branch";

template <class Model>
ModelReport explored(const char* name, const Model& model) {
  const ModelReport report = search(model, states_max);
  std::printf("%-36s %9llu states (of %llu) %10llu transitions depth %2llu%s%s\n", name,
              static_cast<unsigned long long>(report.states),
              static_cast<unsigned long long>(report.states_unreduced),
              static_cast<unsigned long long>(report.transitions),
              static_cast<unsigned long long>(report.depth),
              report.exhausted ? "" : ", broken: ", report.fault.c_str());
  for (const std::string& step : report.story) std::printf("    %s\n", step.c_str());
  return report;
}

/// Everything was looked at and nothing found.
void expect_all(const ModelReport& report, std::uint64_t states, std::uint64_t transitions) {
  EXPECT_TRUE(report.exhausted) << report.fault;
  EXPECT_EQ(report.states, states);
  EXPECT_EQ(report.transitions, transitions);
}

void expect_fault(const ModelReport& report, const std::string& fault, std::size_t steps) {
  EXPECT_EQ(report.fault, fault);
  EXPECT_EQ(report.story.size(), steps);
}

TEST(LevelAModelTest, BranchesExtendTheLog) {
  expect_all(explored("level a", LevelAModel{}), 2'014, 4'894);
}

TEST(LevelAModelTest, APushPrunesTheSiblings) {
  LevelAModel model;
  model.mistake = LevelAModel::Mistake::KeepsSiblings;
  expect_fault(explored("level a, keeps siblings", model), "I13 every branch extends the log", 5);
}

TEST(LevelAModelTest, OnlyTheOwnerPushes) {
  LevelAModel model;
  model.mistake = LevelAModel::Mistake::PushesWithoutOwning;
  expect_fault(explored("level a, pushes without owning", model), "I14 only the owner pushes", 4);
}

TEST(AdoreModelTest, IsSafeAndRefinesLevelA) {
  AdoreModel model;
  model.simulates = true;
  expect_all(explored("adore, lower bound", model), 792'877, 2'218'515);
}

TEST(AdoreModelTest, IsSafeWithTheExactBase) {
  AdoreModel model;
  model.simulates = true;
  model.base = AdoreModel::Base::Exact;
  expect_all(explored("adore, exact base", model), 671'161, 1'811'559);
}

TEST(AdoreModelTest, NotEveryCacheMayBeBuiltOn) {
  AdoreModel model;
  model.base = AdoreModel::Base::Any;
  expect_fault(explored("adore, any base", model), "I5 an election follows every commit", 4);
}

TEST(AdoreModelTest, ElectionsMeetCommits) {
  AdoreModel model;
  model.elect = 1;
  expect_fault(explored("adore, one elects, two commit", model),
               "I14 only the newest owner can commit", 2);
}

TEST(AdoreModelTest, IsSafeWithAllAndOne) {
  AdoreModel model;
  model.simulates = true;
  model.elect = 3;
  model.commit = 1;
  expect_all(explored("adore, all elect, one commits", model), 894'259, 1'181'484);
  model.elect = 1;
  model.commit = 3;
  model.own_times = true;
  // Elections need not meet, so that a smaller time may be won after a larger one,
  // which no order of events at Level A allows.
  model.simulates = false;
  expect_all(explored("adore, one elects, all commit", model), 5'471, 33'238);
}

AdoreModel reconfiguring(std::uint8_t nodes, std::uint8_t times, std::uint8_t methods) {
  AdoreModel model;
  model.nodes = nodes;
  model.times = times;
  model.methods = methods;
  model.reconfigures = true;
  return model;
}

TEST(AdoreModelTest, IsSafeUnderReconfiguration) {
  AdoreModel model = reconfiguring(3, 3, 2);
  const ModelReport whole = explored("adore, members change, N=3 T=3 L=2", model);
  expect_all(whole, 5'199'520, 12'139'797);
  model.symmetric = true;
  const ModelReport reduced = explored("the same, symmetric", model);
  expect_all(reduced, 867'328, 2'026'447);
  EXPECT_EQ(reduced.states_unreduced, whole.states);
}

TEST(AdoreModelTest, IsSafeUnderLongerTerms) {
  expect_all(explored("adore, members change, N=3 T=2 L=3", reconfiguring(3, 2, 3)), 2'170'863,
             4'436'064);
}

TEST(AdoreModelTest, IsSafeUnderReconfigurationOfFour) {
  AdoreModel model = reconfiguring(4, 3, 2);
  model.symmetric = true;
  const ModelReport report = explored("adore, members change, N=4 T=3 L=2", model);
  expect_all(report, 5'220'342, 16'298'568);
  EXPECT_EQ(report.states_unreduced, 123'608'584u);
}

TEST(AdoreModelTest, MembersOverlap) {
  AdoreModel model = reconfiguring(3, 2, 2);
  model.only_forked_commits = true;
  model.r1 = false;
  expect_fault(explored("adore, without R1+", model), forked, 8);
}

TEST(AdoreModelTest, OneChangeAtATime) {
  AdoreModel model = reconfiguring(3, 2, 3);
  model.only_forked_commits = true;
  model.r2 = false;
  expect_fault(explored("adore, without R2", model), forked, 9);
  model.r2 = true;
  model.r2_strict = true;
  expect_fault(explored("adore, R2 without the own place", model), forked, 9);
}

TEST(AdoreModelTest, AChangeFollowsAnOwnCommit) {
  AdoreModel model = reconfiguring(4, 3, 1);
  model.only_forked_commits = true;
  model.r3 = false;
  expect_fault(explored("adore, without R3", model), forked, 8);
}

}  // namespace
}  // namespace parley::testing
