// SPDX-License-Identifier: Apache-2.0
#include "plugins/authenticator/plain/plain.h"

#include <gtest/gtest.h>

#include "tests/fixtures/fixed_key_ring.h"

namespace parley::plain {
namespace {

TEST(PlainTest, AcceptsOnlyTheEmptyEvidence) {
  const testing::FixedKeyRing ring;
  const auto authenticator = Factory{}.create(PrincipalId{0}, ring, {});
  const Bytes message = to_bytes("said on a private link");
  EXPECT_TRUE(authenticator->seal(message, {PrincipalId{1}})->empty());
  EXPECT_TRUE(authenticator->check(PrincipalId{1}, message, {}));
  EXPECT_FALSE(authenticator->check(PrincipalId{1}, message, Bytes{0}));
}

}  // namespace
}  // namespace parley::plain
