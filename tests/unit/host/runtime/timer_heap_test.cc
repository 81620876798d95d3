// SPDX-License-Identifier: Apache-2.0
#include "core/host/runtime/timer_heap.h"

#include <gtest/gtest.h>

namespace parley {
namespace {

using Heap = TimerHeap<int>;

Heap::TimePoint at(int milliseconds) {
  return Heap::TimePoint{std::chrono::milliseconds{milliseconds}};
}

std::vector<int> take_all(Heap& heap, Heap::TimePoint now) {
  std::vector<int> keys;
  while (const auto key = heap.take_due(now)) keys.push_back(*key);
  return keys;
}

TEST(TimerHeapTest, GivesWhatIsDueInOrderAndNothingElse) {
  Heap heap;
  heap.set(1, at(30));
  heap.set(2, at(10));
  heap.set(3, at(20));
  EXPECT_EQ(heap.next(), at(10));
  EXPECT_EQ(take_all(heap, at(20)), (std::vector{2, 3}));
  EXPECT_EQ(heap.next(), at(30));
}

TEST(TimerHeapTest, ATimerThatWasCancelledNeverFires) {
  Heap heap;
  heap.set(1, at(10));
  heap.cancel(1);
  heap.cancel(2);
  EXPECT_EQ(heap.next(), std::nullopt);
  EXPECT_TRUE(take_all(heap, at(100)).empty());
}

TEST(TimerHeapTest, SettingAgainMovesTheTimer) {
  Heap heap;
  heap.set(1, at(10));
  heap.set(1, at(50));
  EXPECT_TRUE(take_all(heap, at(40)).empty());
  EXPECT_EQ(take_all(heap, at(50)), std::vector{1});
  EXPECT_TRUE(take_all(heap, at(99)).empty()) << "it fires once";
}

TEST(TimerHeapTest, ATimerThatIsSetOverAndOverDoesNotGrowTheHeap) {
  Heap heap;
  for (int i = 0; i < 100'000; ++i) heap.set(i % 10, at(i));
  EXPECT_EQ(heap.size(), 10u);
  EXPECT_LE(heap.entries(), 100u);
}

}  // namespace
}  // namespace parley
