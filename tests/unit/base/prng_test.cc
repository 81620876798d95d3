// SPDX-License-Identifier: Apache-2.0
#include "core/base/prng.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>

namespace parley {
namespace {

// Goal: a seed means the same run on every compiler and for ever. The first
// values are those of the published reference implementation of splitmix64.
TEST(PrngTest, FollowsThePublishedSequence) {
  Prng prng(1234567);
  EXPECT_EQ(prng.next(), 6457827717110365317u);
  EXPECT_EQ(prng.next(), 3203168211198807973u);
  EXPECT_EQ(prng.next(), 9817491932198370423u);
  EXPECT_EQ(prng.next(), 4593380528125082431u);
  EXPECT_EQ(prng.next(), 16408922859458223821u);
}

TEST(PrngTest, StaysBelowItsBoundAndReachesAllOfIt) {
  Prng prng(7);
  std::array<int, 6> hits{};
  for (int i = 0; i < 6000; ++i) {
    const std::uint64_t value = prng.below(hits.size());
    ASSERT_LT(value, hits.size());
    ++hits[value];
  }
  for (const int count : hits) EXPECT_NEAR(count, 1000, 150);
}

TEST(PrngTest, BelowOneIsAlwaysZero) {
  Prng prng(3);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(prng.below(1), 0u);
}

TEST(PrngTest, BetweenIncludesBothEnds) {
  Prng prng(11);
  bool low = false;
  bool high = false;
  for (int i = 0; i < 1000; ++i) {
    const std::int64_t value = prng.between(-2, 2);
    ASSERT_GE(value, -2);
    ASSERT_LE(value, 2);
    low = low || value == -2;
    high = high || value == 2;
  }
  EXPECT_TRUE(low && high);
  EXPECT_EQ(prng.between(42, 42), 42);
}

TEST(PrngTest, BetweenTakesTheWholeRangeOfIntegers) {
  Prng prng(5);
  constexpr auto low = std::numeric_limits<std::int64_t>::min();
  constexpr auto high = std::numeric_limits<std::int64_t>::max();
  bool negative = false;
  bool positive = false;
  for (int i = 0; i < 100; ++i) {
    const std::int64_t value = prng.between(low, high);
    negative = negative || value < 0;
    positive = positive || value > 0;
  }
  EXPECT_TRUE(negative && positive);
}

TEST(PrngTest, ChanceKnowsNeverAndAlways) {
  Prng prng(13);
  for (int i = 0; i < 1000; ++i) {
    EXPECT_FALSE(prng.chance(0));
    EXPECT_TRUE(prng.chance(1'000'000));
  }
}

TEST(PrngTest, AForkDoesNotDisturbItsParent) {
  Prng parent(17);
  Prng undisturbed(17);
  Prng child = parent.fork();
  undisturbed.next();
  for (int i = 0; i < 10; ++i) child.next();
  EXPECT_EQ(parent.next(), undisturbed.next());
}

TEST(PrngDeathTest, ABoundOfZeroIsABug) {
  EXPECT_DEATH(Prng(1).below(0), "assertion failed: bound > 0");
}

}  // namespace
}  // namespace parley
