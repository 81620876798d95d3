// SPDX-License-Identifier: Apache-2.0
#include "apps/lab/explorer/state_table.h"

#include <gtest/gtest.h>

#include "apps/lab/explorer/byte_interner.h"
#include "core/base/codec.h"

namespace parley::testing {
namespace {

Bytes state_number(std::uint64_t number) {
  Bytes bytes;
  Writer{bytes}.varint(number);
  bytes.resize(bytes.size() + number % 50);  // Lengths that do not fit blocks evenly.
  return bytes;
}

TEST(StateTableTest, KeepsEachStateOnceInOrderOverManyBlocks) {
  constexpr std::uint32_t count = 300'000;  // Several blocks, several growths.
  StateTable table;
  for (std::uint32_t i = 0; i < count; ++i) {
    const Bytes state = state_number(i);
    EXPECT_TRUE(table.insert(state, StateTable::hash_of(state), i % 1000, i % 7));
    EXPECT_FALSE(table.insert(state, StateTable::hash_of(state), 5, 3));
  }
  EXPECT_EQ(table.size(), count);
  std::uint64_t next = 0;
  for (StateTable::Place place = table.begin(); place < table.end(); place = table.next(place)) {
    const StateTable::Record record = table.at(place);
    ASSERT_TRUE(equal(record.state, state_number(next)));
    ASSERT_EQ(record.parent, next % 1000);
    ASSERT_EQ(record.tag, next % 7);
    ++next;
  }
  EXPECT_EQ(next, count);
}

// Goal: no hash compaction. States of one hash stay different states.
TEST(StateTableTest, TellsStatesOfEqualHashApart) {
  StateTable table;
  for (std::uint64_t i = 0; i < 500; ++i) EXPECT_TRUE(table.insert(state_number(i), 42, 0));
  for (std::uint64_t i = 0; i < 500; ++i) EXPECT_FALSE(table.insert(state_number(i), 42, 0));
}

TEST(StateTableTest, HoldsTheLargestStateAndTag) {
  StateTable table;
  const Bytes large(StateTable::state_size_max, 7);
  const Bytes small;
  EXPECT_TRUE(table.insert(large, 1, StateTable::no_place, StateTable::tag_max));
  EXPECT_TRUE(table.insert(small, 1, StateTable::no_place));
  const StateTable::Record record = table.at(table.begin());
  EXPECT_TRUE(equal(record.state, large));
  EXPECT_EQ(record.parent, StateTable::no_place);
  EXPECT_EQ(record.tag, StateTable::tag_max);
  EXPECT_TRUE(table.at(table.next(table.begin())).state.empty());
}

TEST(ByteInternerTest, EqualBytesHaveOneNumber) {
  ByteInterner interner;
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    const ByteInterner::Number number = interner.intern(state_number(i));
    EXPECT_TRUE(number.is_new);
    EXPECT_EQ(number.id, i);
  }
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    const ByteInterner::Number number = interner.intern(state_number(i));
    EXPECT_FALSE(number.is_new);
    EXPECT_EQ(number.id, i);
    EXPECT_TRUE(equal(interner.bytes(number.id), state_number(i)));
  }
}

}  // namespace
}  // namespace parley::testing
