// SPDX-License-Identifier: Apache-2.0
#include "core/base/digest.h"

#include <gtest/gtest.h>

#include <set>

namespace parley {
namespace {

TEST(DigestTest, HexIsLowerCaseAndComplete) {
  EXPECT_EQ(to_hex(Bytes{0x00, 0x0F, 0xA0, 0xFF}), "000fa0ff");
  EXPECT_EQ(to_hex({}), "");
  EXPECT_EQ(to_hex(Digest{}.bytes), std::string(64, '0'));
}

TEST(DigestTest, DigestsAreOrderedByTheirBytes) {
  Digest low;
  Digest high;
  low.bytes[0] = 1;
  high.bytes[0] = 2;
  EXPECT_LT(low, high);
  EXPECT_NE(low, high);
  high.bytes[0] = 1;
  EXPECT_EQ(low, high);
}

// Goal: a change of the accumulation would silently void every recorded trace.
TEST(FingerprintTest, IsTheSameForEver) {
  EXPECT_EQ(fingerprint(view_of("")), 0x365F967E60E17441u);
  EXPECT_EQ(fingerprint(view_of("parley")), 0x9D666CE1CC52DF5Bu);
  EXPECT_EQ(fingerprint(view_of("equal seeds, equal digests")), 0x7CAF668B38B62E46u);
}

TEST(FingerprintTest, DependsOnOrder) {
  Fingerprint forward;
  forward.add(1);
  forward.add(2);
  Fingerprint backward;
  backward.add(2);
  backward.add(1);
  EXPECT_NE(forward.value(), backward.value());
}

TEST(FingerprintTest, SeesWhereOneSequenceEndsAndTheNextBegins) {
  Fingerprint first;
  first.add(view_of("ab"));
  first.add(view_of("c"));
  Fingerprint second;
  second.add(view_of("a"));
  second.add(view_of("bc"));
  EXPECT_NE(first.value(), second.value());
}

TEST(FingerprintTest, SeesTrailingZeros) {
  std::set<std::uint64_t> seen;
  for (std::size_t size = 0; size < 40; ++size) {
    EXPECT_TRUE(seen.insert(fingerprint(Bytes(size, 0))).second) << size;
  }
}

TEST(FingerprintTest, SeesEverySingleBit) {
  Bytes bytes(33, 0x5A);
  std::set<std::uint64_t> seen{fingerprint(bytes)};
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    const auto mask = static_cast<std::uint8_t>(1u << (bit % 8));
    bytes[bit / 8] ^= mask;
    EXPECT_TRUE(seen.insert(fingerprint(bytes)).second) << bit;
    bytes[bit / 8] ^= mask;
  }
}

}  // namespace
}  // namespace parley
