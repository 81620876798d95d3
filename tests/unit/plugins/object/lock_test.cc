// SPDX-License-Identifier: Apache-2.0
#include "plugins/object/lock/lock.h"

#include <gtest/gtest.h>

#include "core/base/prng.h"

namespace parley::lock {
namespace {

std::string run(Object& object, std::string_view words) {
  return object.describe(object.apply(*object.parse_method(words)));
}

Bytes snapshot_of(const Object& object) {
  Bytes out;
  object.snapshot(out);
  return out;
}

TEST(LockTest, OneOwnerAtATime) {
  Lock object;
  EXPECT_EQ(run(object, "holder"), "(free)");
  EXPECT_EQ(run(object, "acquire alice"), "held by alice with token 1");
  EXPECT_EQ(run(object, "acquire bob"), "held by alice with token 1");
  EXPECT_EQ(run(object, "release bob"), "held by alice with token 1");
  EXPECT_EQ(run(object, "release alice"), "(free)");
  EXPECT_EQ(run(object, "acquire bob"), "held by bob with token 2");
}

TEST(LockTest, RepetitionIsHarmless) {
  Lock object;
  run(object, "acquire alice");
  EXPECT_EQ(run(object, "acquire alice"), "held by alice with token 1");
  run(object, "release alice");
  EXPECT_EQ(run(object, "release alice"), "(free)");
  EXPECT_EQ(run(object, "acquire alice"), "held by alice with token 2");
}

// Whoever holds the lock keeps it until its own release, and no token comes twice.
TEST(LockTest, HoldsAreExclusiveAndTokensGrow) {
  Prng random{7};
  Lock object;
  std::string holder;
  std::uint64_t token = 0;
  for (int i = 0; i < 10'000; ++i) {
    const std::string owner(1, static_cast<char>('a' + random.below(4)));
    const bool acquires = random.chance(600'000);
    const std::string said = run(object, (acquires ? "acquire " : "release ") + owner);
    if (acquires && holder.empty()) {
      holder = owner;
      ++token;
    } else if (!acquires && holder == owner) {
      holder.clear();
    }
    ASSERT_EQ(said, holder.empty() ? "(free)"
                                   : "held by " + holder + " with token " + std::to_string(token));
  }
  EXPECT_GT(token, 500u);
}

TEST(LockTest, WordsAndBytesThatAreNoMethod) {
  Lock object;
  const std::string longest(owner_size_max, 'x');
  for (const std::string& words :
       {std::string{}, std::string{"acquire"}, std::string{"acquire "}, std::string{"release"},
        std::string{"holder a"}, "acquire " + longest + "x"}) {
    EXPECT_FALSE(object.parse_method(words)) << words;
  }
  EXPECT_TRUE(object.parse_method("acquire " + longest));
  for (const Bytes& method : {Bytes{}, Bytes{0}, Bytes{1}, Bytes{2}, Bytes{3, 0}, Bytes{4, 'a'}}) {
    EXPECT_EQ(object.describe(object.apply(method)), "(not understood)");
    EXPECT_TRUE(object.reads_only(method));
  }
  EXPECT_TRUE(object.reads_only(*object.parse_method("holder")));
  EXPECT_FALSE(object.reads_only(*object.parse_method("acquire a")));
  EXPECT_FALSE(object.reads_only(*object.parse_method("release a")));
}

TEST(LockTest, SnapshotIsTheWholeState) {
  Lock object;
  run(object, "acquire a");
  const Bytes held = snapshot_of(object);
  const auto copy = object.clone();
  run(object, "release a");
  EXPECT_EQ(snapshot_of(*copy), held);
  Lock restored;
  for (const Bytes& snapshot : {held, snapshot_of(object)}) {
    ASSERT_TRUE(restored.restore(snapshot));
    EXPECT_EQ(snapshot_of(restored), snapshot);
  }
  const Bytes before = snapshot_of(restored);
  for (const Bytes& bytes :
       {Bytes{}, Bytes{0, 'a'}, Bytes{0x81, 0},
        Bytes{255, 255, 255, 255, 255, 255, 255, 255, 255, 1}, Bytes(owner_size_max + 2, 1)}) {
    EXPECT_FALSE(restored.restore(bytes));
    EXPECT_EQ(snapshot_of(restored), before);
  }
}

}  // namespace
}  // namespace parley::lock
