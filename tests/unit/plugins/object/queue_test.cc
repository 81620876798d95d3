// SPDX-License-Identifier: Apache-2.0
#include "plugins/object/queue/queue.h"

#include <gtest/gtest.h>

namespace parley::queue {
namespace {

std::string run(Object& object, std::string_view words) {
  return object.describe(object.apply(*object.parse_method(words)));
}

Bytes snapshot_of(const Object& object) {
  Bytes out;
  object.snapshot(out);
  return out;
}

TEST(QueueTest, FirstInIsFirstOut) {
  Queue object;
  EXPECT_EQ(run(object, "pop"), "(empty)");
  EXPECT_EQ(run(object, "push a"), "1");
  EXPECT_EQ(run(object, "push  b c "), "2");
  EXPECT_EQ(run(object, "push "), "3");
  EXPECT_EQ(run(object, "peek"), "a");
  EXPECT_EQ(run(object, "pop"), "a");
  EXPECT_EQ(run(object, "pop"), " b c ");
  EXPECT_EQ(run(object, "len"), "1");
  EXPECT_EQ(run(object, "pop"), "");
  EXPECT_EQ(run(object, "peek"), "(empty)");
  EXPECT_EQ(run(object, "len"), "0");
}

TEST(QueueTest, ReadsChangeNothing) {
  Queue object;
  run(object, "push a");
  for (const char* words : {"peek", "len"}) {
    EXPECT_TRUE(object.reads_only(*object.parse_method(words)));
  }
  for (const char* words : {"pop", "push a"}) {
    EXPECT_FALSE(object.reads_only(*object.parse_method(words)));
  }
  EXPECT_TRUE(object.reads_only(Bytes{9}));
}

TEST(QueueTest, WordsAndBytesThatAreNoMethod) {
  Queue object;
  for (const char* words : {"", "push", "pop 1", "len ", "shift"}) {
    EXPECT_FALSE(object.parse_method(words)) << words;
  }
  for (const Bytes& method : {Bytes{}, Bytes{0}, Bytes{2, 0}, Bytes{5}}) {
    EXPECT_EQ(object.describe(object.apply(method)), "(not understood)");
  }
}

TEST(QueueTest, IsBounded) {
  Queue object;
  const std::string largest(value_size_max, 'x');
  EXPECT_FALSE(object.parse_method("push " + largest + "x"));
  EXPECT_EQ(run(object, "push " + largest), "1");
  while (run(object, "push a") != "(full)") {
  }
  EXPECT_EQ(run(object, "len"), std::to_string(values_count_max));
  run(object, "pop");
  EXPECT_EQ(run(object, "push b"), std::to_string(values_count_max));
}

TEST(QueueTest, SnapshotIsTheWholeState) {
  Queue object;
  run(object, "push a");
  run(object, "push ");
  const Bytes snapshot = snapshot_of(object);
  const auto copy = object.clone();
  run(object, "pop");
  EXPECT_EQ(snapshot_of(*copy), snapshot);
  Queue restored;
  ASSERT_TRUE(restored.restore(snapshot));
  EXPECT_EQ(snapshot_of(restored), snapshot);
  for (const Bytes& bytes : {Bytes{}, Bytes{1}, Bytes{0, 0}, Bytes{1, 2, 'a'},
                             Bytes{255, 255, 255, 255, 15}, Bytes{0x80, 0}}) {
    EXPECT_FALSE(restored.restore(bytes));
    EXPECT_EQ(snapshot_of(restored), snapshot);
  }
}

}  // namespace
}  // namespace parley::queue
