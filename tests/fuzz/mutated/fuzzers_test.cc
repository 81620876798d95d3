// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <set>

#include "core/base/digest.h"
#include "tests/fuzz/mutation.h"

namespace parley::fuzz {

void PrintTo(const Fuzzer& fuzzer, std::ostream* out) {
  *out << fuzzer.name;
}

namespace {

constexpr std::uint64_t seed = 20'26;

class FuzzerTest : public testing::TestWithParam<Fuzzer> {};

TEST_P(FuzzerTest, HoldsUnderMutation) {
  const auto broken = run_mutated(GetParam(), seed);
  EXPECT_FALSE(broken) << "property " << broken->property << " at iteration " << broken->iteration
                       << ": " << to_hex(broken->input);
}

// Goal: mutants start behind a decoder's first check, not in front of it.
TEST_P(FuzzerTest, AcceptsItsSeeds) {
  for (const Bytes& bytes : GetParam().seeds()) EXPECT_EQ(GetParam().run(bytes), accepted);
}

TEST_P(FuzzerTest, RefusesNothingAndNonsense) {
  EXPECT_EQ(GetParam().run({}), refused);
  EXPECT_EQ(GetParam().run(Bytes(1000, 0xFF)), refused);
}

INSTANTIATE_TEST_SUITE_P(All, FuzzerTest, testing::ValuesIn(fuzzers().begin(), fuzzers().end()),
                         [](const auto& each) { return std::string(each.param.name); });

// Goal: a harness that finds nothing is itself found out.
TEST(CanaryTest, ThePlantedBugIsFound) {
  for (const Bytes& bytes : canary().seeds()) ASSERT_EQ(canary().run(bytes), accepted);
  const auto broken = run_mutated(canary(), seed);
  EXPECT_TRUE(broken);
}

TEST(MutationTest, EqualSeedsGiveEqualMutants) {
  const auto mutants = [](std::uint64_t from) {
    Prng prng(from);
    Bytes bytes = to_bytes("an example of some length");
    Fingerprint sum;
    for (int i = 0; i < 1000; ++i) {
      mutate(bytes, view_of("another"), prng);
      sum.add(bytes);
    }
    return sum.value();
  };
  EXPECT_EQ(mutants(1), mutants(1));
  EXPECT_NE(mutants(1), mutants(2));
}

TEST(MutationTest, AlmostEveryMutantIsNew) {
  Prng prng(seed);
  std::set<Bytes> seen;
  for (int i = 0; i < 1000; ++i) {
    Bytes bytes = to_bytes("an example of some length");
    mutate(bytes, view_of("another"), prng);
    seen.insert(bytes);
  }
  EXPECT_GT(seen.size(), 500u);
}

}  // namespace
}  // namespace parley::fuzz
