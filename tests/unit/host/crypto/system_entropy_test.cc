// SPDX-License-Identifier: Apache-2.0
#include "core/host/crypto/system_entropy.h"

#include <gtest/gtest.h>

namespace parley {
namespace {

TEST(SystemEntropyTest, GivesFreshBytesOfTheSizeAskedFor) {
  const Result<Bytes> first = system_entropy(32);
  const Result<Bytes> second = system_entropy(32);
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(first->size(), 32u);
  EXPECT_NE(*first, *second);
  EXPECT_EQ(system_entropy(0)->size(), 0u);
}

}  // namespace
}  // namespace parley
