// SPDX-License-Identifier: Apache-2.0
#include "plugins/disseminator/unicast/unicast.h"

#include <gtest/gtest.h>

namespace parley::unicast {
namespace {

TEST(UnicastTest, SendsToEveryVerifierButItself) {
  Unicast unicast{PrincipalId{1}};
  const PrincipalSet all{PrincipalId{0}, PrincipalId{1}, PrincipalId{200}};
  EXPECT_EQ(unicast.targets(all), (PrincipalSet{PrincipalId{0}, PrincipalId{200}}));
  EXPECT_TRUE(unicast.targets({}).empty());
}

TEST(UnicastTest, LearnsNothing) {
  Unicast unicast{PrincipalId{0}};
  unicast.on_answer(PrincipalId{2});
  unicast.on_escalation({PrincipalId{1}});
  Bytes state;
  StateWriter writer{state};
  unicast.encode(writer);
  EXPECT_TRUE(state.empty());
}

}  // namespace
}  // namespace parley::unicast
