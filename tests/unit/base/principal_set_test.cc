// SPDX-License-Identifier: Apache-2.0
#include "core/base/principal_set.h"

#include <gtest/gtest.h>

#include <set>

#include "core/base/codec.h"
#include "core/base/prng.h"

namespace parley {
namespace {

PrincipalSet range(std::uint32_t first, std::uint32_t end, std::uint32_t stride = 1) {
  PrincipalSet set;
  for (std::uint32_t member = first; member < end; member += stride) {
    set.insert(PrincipalId{member});
  }
  return set;
}

TEST(PrincipalSetTest, InsertSaysWhetherTheMemberWasNew) {
  PrincipalSet set;
  EXPECT_TRUE(set.insert(PrincipalId{5}));
  EXPECT_FALSE(set.insert(PrincipalId{5}));
  EXPECT_TRUE(set.insert(PrincipalId{500}));
  EXPECT_FALSE(set.insert(PrincipalId{500}));
  EXPECT_EQ(set.size(), 2u);
}

TEST(PrincipalSetTest, MembersAreVisitedInAscendingOrder) {
  const PrincipalSet set{PrincipalId{200}, PrincipalId{0}, PrincipalId{64}, PrincipalId{63}};
  EXPECT_EQ(set.members(),
            (std::vector{PrincipalId{0}, PrincipalId{63}, PrincipalId{64}, PrincipalId{200}}));
}

// Goal: equal sets are equal bytes, however they came to be.
TEST(PrincipalSetTest, AShrunkenSetEqualsOneThatNeverGrew) {
  PrincipalSet shrunken{PrincipalId{1}, PrincipalId{100'000}};
  shrunken.erase(PrincipalId{100'000});
  EXPECT_EQ(shrunken, PrincipalSet{PrincipalId{1}});

  PrincipalSet intersected = range(0, 300);
  intersected &= range(0, 10);
  EXPECT_EQ(intersected, range(0, 10));

  PrincipalSet subtracted = range(0, 300);
  subtracted -= range(10, 300);
  EXPECT_EQ(subtracted, range(0, 10));
  EXPECT_EQ(subtracted <=> range(0, 10), std::strong_ordering::equal);
}

TEST(PrincipalSetTest, ErasingAStrangerChangesNothing) {
  PrincipalSet set = range(0, 70);
  set.erase(PrincipalId{1'000'000});
  EXPECT_EQ(set, range(0, 70));
}

TEST(PrincipalSetTest, ClearedIsEmpty) {
  PrincipalSet set = range(0, 1000);
  EXPECT_FALSE(set.empty());
  set.clear();
  EXPECT_TRUE(set.empty());
  EXPECT_EQ(set.size(), 0u);
}

TEST(PrincipalSetTest, IncludesAsksForEveryMember) {
  EXPECT_TRUE(range(0, 100).includes(range(0, 100)));
  EXPECT_TRUE(range(0, 100).includes({}));
  EXPECT_FALSE(range(0, 100).includes(range(99, 101)));
  EXPECT_FALSE(PrincipalSet{}.includes({PrincipalId{64}}));
}

// Goal: sets across word borders behave as the standard library's sets do.
TEST(PrincipalSetTest, AgreesWithAnOrdinarySetOnRandomOperations) {
  Prng prng(20'26);
  for (int round = 0; round < 200; ++round) {
    std::set<std::uint32_t> left_model;
    std::set<std::uint32_t> right_model;
    PrincipalSet left;
    PrincipalSet right;
    const std::uint64_t bound = 1 + prng.below(400);
    for (std::uint64_t i = 0; i < bound; ++i) {
      const auto member = static_cast<std::uint32_t>(prng.below(bound));
      const bool to_left = prng.below(2) == 0;
      EXPECT_EQ((to_left ? left : right).insert(PrincipalId{member}),
                (to_left ? left_model : right_model).insert(member).second);
    }
    std::vector<PrincipalId> joined;
    std::vector<PrincipalId> shared;
    std::vector<PrincipalId> removed;
    for (std::uint32_t member = 0; member < bound; ++member) {
      const bool in_left = left_model.contains(member);
      const bool in_right = right_model.contains(member);
      if (in_left || in_right) joined.push_back(PrincipalId{member});
      if (in_left && in_right) shared.push_back(PrincipalId{member});
      if (in_left && !in_right) removed.push_back(PrincipalId{member});
    }
    EXPECT_EQ((left | right).members(), joined);
    EXPECT_EQ((left & right).members(), shared);
    EXPECT_EQ((left - right).members(), removed);
    EXPECT_EQ(left.size(), left_model.size());
  }
}

TEST(PrincipalSetTest, HoldsAHundredThousandMembers) {
  const PrincipalSet even = range(0, 100'000, 2);
  const PrincipalSet odd = range(1, 100'000, 2);
  EXPECT_EQ(even.size(), 50'000u);
  EXPECT_TRUE((even & odd).empty());
  EXPECT_EQ(even | odd, range(0, 100'000));

  Bytes out;
  Writer(out).principals(even);
  EXPECT_EQ(Reader(out).principals(100'000), even);
}

}  // namespace
}  // namespace parley
