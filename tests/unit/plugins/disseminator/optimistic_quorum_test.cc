// SPDX-License-Identifier: Apache-2.0
#include "plugins/disseminator/optimistic_quorum/optimistic_quorum.h"

#include <gtest/gtest.h>

namespace parley::optimistic_quorum {
namespace {

PrincipalSet principals(std::initializer_list<std::uint32_t> numbers) {
  PrincipalSet set;
  for (const std::uint32_t number : numbers) set.insert(PrincipalId{number});
  return set;
}

TEST(OptimisticQuorumTest, MajorityCountsTheSender) {
  for (std::uint32_t members = 2; members < 12; ++members) {
    OptimisticQuorum disseminator{PrincipalId{0}, 0};
    PrincipalSet others;
    for (std::uint32_t i = 1; i < members; ++i) others.insert(PrincipalId{i});
    EXPECT_EQ(disseminator.targets(others).size() + 1, members / 2 + 1) << members << " members";
  }
}

TEST(OptimisticQuorumTest, SizeCountsDestinations) {
  OptimisticQuorum disseminator{PrincipalId{0}, 2};
  EXPECT_EQ(disseminator.targets(principals({1, 2, 3, 4})).size(), 2u);
  EXPECT_EQ(disseminator.targets(principals({4})), principals({4}));
  EXPECT_TRUE(disseminator.targets(principals({0})).empty());
}

// Otherwise every sender would choose the same few, and load them.
TEST(OptimisticQuorumTest, SendersWhoKnowNothingStartBehindThemselves) {
  OptimisticQuorum first{PrincipalId{1}, 1};
  OptimisticQuorum last{PrincipalId{4}, 1};
  EXPECT_EQ(first.targets(principals({0, 2, 3, 4})), principals({2}));
  EXPECT_EQ(last.targets(principals({0, 1, 2, 3})), principals({0}));
}

TEST(OptimisticQuorumTest, PrefersWhoAnsweredFirst) {
  OptimisticQuorum disseminator{PrincipalId{0}, 2};
  for (const std::uint32_t peer : {4u, 3u, 1u, 4u}) disseminator.on_answer(PrincipalId{peer});
  EXPECT_EQ(disseminator.targets(principals({1, 2, 3, 4})), principals({3, 4}));
}

TEST(OptimisticQuorumTest, DemotesTheSilent) {
  OptimisticQuorum disseminator{PrincipalId{0}, 1};
  disseminator.on_answer(PrincipalId{1});
  EXPECT_EQ(disseminator.targets(principals({1, 2, 3})), principals({1}));
  disseminator.on_escalation(principals({1}));
  EXPECT_EQ(disseminator.targets(principals({1, 2, 3})), principals({2}));
  disseminator.on_escalation(principals({2, 3}));
  EXPECT_EQ(disseminator.targets(principals({1, 2, 3})), principals({1})) << "somebody at least";
}

TEST(OptimisticQuorumTest, ForgivesTheSilentWhenTheyAnswer) {
  OptimisticQuorum disseminator{PrincipalId{0}, 1};
  disseminator.on_escalation(principals({1, 2}));
  disseminator.on_answer(PrincipalId{2});
  EXPECT_EQ(disseminator.targets(principals({1, 2})), principals({2}));
}

}  // namespace
}  // namespace parley::optimistic_quorum
