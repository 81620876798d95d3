// SPDX-License-Identifier: Apache-2.0
#include "apps/lab/world/event_queue.h"

#include <gtest/gtest.h>

#include "core/base/prng.h"

namespace parley {
namespace {

TEST(EventQueueTest, PopsInTheOrderOfTime) {
  EventQueue queue;
  Prng prng{7};
  for (std::uint32_t i = 0; i < 1'000; ++i) {
    queue.push(Duration{prng.between(0, 500)}, EventKind::Timer, i);
  }
  Duration before{};
  while (!queue.empty()) {
    const Event event = queue.pop();
    EXPECT_GE(event.at, before);
    before = event.at;
  }
}

TEST(EventQueueTest, EventsOfOneMomentKeepTheOrderOfTheirPushes) {
  EventQueue queue;
  for (std::uint32_t i = 0; i < 100; ++i) queue.push(5ns, EventKind::Delivery, i);
  for (std::uint32_t i = 0; i < 100; ++i) EXPECT_EQ(queue.pop().payload, i);
}

}  // namespace
}  // namespace parley
