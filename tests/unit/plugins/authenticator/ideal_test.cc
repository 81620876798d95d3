// SPDX-License-Identifier: Apache-2.0
#include "plugins/authenticator/ideal/ideal.h"

#include <gtest/gtest.h>

#include <set>

#include "core/base/digest.h"
#include "tests/fixtures/fixed_key_ring.h"

namespace parley::ideal {
namespace {

Bytes sealed(PrincipalId issuer, ByteView message) {
  const testing::FixedKeyRing ring;
  return *Factory{}.create(issuer, ring, {})->seal(message, {});
}

// Goal: traces of two builds must be equal, evidence included.
TEST(IdealTest, EvidenceIsTheSameForEver) {
  EXPECT_EQ(to_hex(sealed(PrincipalId{1}, to_bytes("seventeen bytes..."))), "baaed72c63544d5e");
}

TEST(IdealTest, TellsLengthsAndIssuersApart) {
  std::set<Bytes> seen;
  for (std::uint32_t issuer = 0; issuer < 8; ++issuer) {
    for (std::size_t size = 0; size < 64; ++size) {
      EXPECT_TRUE(seen.insert(sealed(PrincipalId{issuer}, Bytes(size))).second);
    }
  }
}

}  // namespace
}  // namespace parley::ideal
