// SPDX-License-Identifier: Apache-2.0
#include "plugins/object/register/register.h"

#include <gtest/gtest.h>

namespace parley::write_once_register {
namespace {

std::string run(Register& object, std::string_view words) {
  return object.describe(object.apply(*object.parse_method(words)));
}

TEST(RegisterTest, SecondPutReturnsFirst) {
  Register object;
  EXPECT_EQ(run(object, "get"), "(unwritten)");
  EXPECT_EQ(run(object, "put first"), "first");
  EXPECT_EQ(run(object, "put second"), "first");
  EXPECT_EQ(run(object, "get"), "first");
}

TEST(RegisterTest, EmptyValueIsWritten) {
  Register object;
  run(object, "put ");
  EXPECT_EQ(run(object, "put later"), "");
}

TEST(RegisterTest, ValueIsTakenAsItStands) {
  Register object;
  EXPECT_EQ(run(object, "put  two  spaces "), " two  spaces ");
}

TEST(RegisterTest, WordsThatAreNoMethodAreNotUnderstood) {
  const Register object;
  for (const char* words : {"", "put", "gets", "get now", "PUT a", "delete"}) {
    EXPECT_FALSE(object.parse_method(words)) << words;
  }
}

TEST(RegisterTest, MethodThatDoesNotDecodeIsAnAnswer) {
  Register object;
  for (const Bytes& method : {Bytes{}, Bytes{0}, Bytes{3}, Bytes{2, 0}}) {
    EXPECT_EQ(object.describe(object.apply(method)), "(not understood)");
  }
  EXPECT_EQ(run(object, "get"), "(unwritten)");
}

TEST(RegisterTest, ValueIsBounded) {
  Register object;
  const std::string largest(value_size_max, 'x');
  EXPECT_FALSE(object.parse_method("put " + largest + "x"));
  Bytes method = *object.parse_method("put " + largest);
  method.push_back('x');
  EXPECT_EQ(object.describe(object.apply(method)), "(not understood)");
  EXPECT_EQ(run(object, "put " + largest), largest);
}

TEST(RegisterTest, SnapshotIsTheWholeState) {
  Register written;
  run(written, "put value");
  for (const Register& object : {Register{}, written}) {
    Bytes snapshot;
    object.snapshot(snapshot);
    Register restored;
    run(restored, "put something else");
    ASSERT_TRUE(restored.restore(snapshot));
    Bytes again;
    restored.snapshot(again);
    EXPECT_EQ(again, snapshot);
    EXPECT_EQ(restored.describe(snapshot), run(restored, "get"));
  }
}

TEST(RegisterTest, MalformedSnapshotChangesNothing) {
  Register object;
  run(object, "put kept");
  for (const Bytes& snapshot : {Bytes{}, Bytes{2}, Bytes{0, 1}, Bytes(value_size_max + 2, 1)}) {
    EXPECT_FALSE(object.restore(snapshot));
    EXPECT_EQ(run(object, "get"), "kept");
  }
}

TEST(RegisterTest, CloneIsIndependent) {
  Register object;
  const auto copy = object.clone();
  run(object, "put mine");
  EXPECT_EQ(copy->describe(copy->apply(*copy->parse_method("get"))), "(unwritten)");
}

}  // namespace
}  // namespace parley::write_once_register
