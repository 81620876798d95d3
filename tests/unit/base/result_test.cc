// SPDX-License-Identifier: Apache-2.0
#include "core/base/result.h"

#include <gtest/gtest.h>

#include <memory>

namespace parley {
namespace {

Result<int> port_of(int number) {
  if (number < 1 || number > 65'535) {
    return Error{ErrorCode::Configuration, "port: expected 1..65535"};
  }
  return number;
}

TEST(ResultTest, HoldsAValueOrAnError) {
  const Result<int> good = port_of(80);
  ASSERT_TRUE(good);
  EXPECT_EQ(*good, 80);

  const Result<int> bad = port_of(0);
  ASSERT_FALSE(bad.ok());
  EXPECT_EQ(bad.error().code, ErrorCode::Configuration);
  EXPECT_EQ(bad.error().message, "port: expected 1..65535");
}

TEST(ResultTest, HandsOutWhatCanOnlyBeMoved) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(7);
  const std::unique_ptr<int> taken = std::move(result).value();
  EXPECT_EQ(*taken, 7);
}

TEST(ResultTest, ReachesMembersThroughTheArrow) {
  Result<std::string> result = std::string("text");
  EXPECT_EQ(result->size(), 4u);
}

TEST(StatusTest, IsGoodUntilAnErrorIsPutIn) {
  EXPECT_TRUE(Status{});
  const Status failed = Error{ErrorCode::Io, "disk full"};
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::Io);
}

// Goal: to look without asking first is a bug that is seen at once.
TEST(ResultDeathTest, LookingAtTheWrongHalfAborts) {
  EXPECT_DEATH(static_cast<void>(port_of(0).value()), "assertion failed");
  EXPECT_DEATH(static_cast<void>(port_of(80).error()), "assertion failed");
  EXPECT_DEATH(static_cast<void>(Status{}.error()), "assertion failed");
}

}  // namespace
}  // namespace parley
