// SPDX-License-Identifier: Apache-2.0
#include "core/base/bytes.h"

#include <gtest/gtest.h>

#include <thread>

namespace parley {
namespace {

TEST(SharedBytesTest, HoldsACopyOfItsSource) {
  Bytes source{1, 2, 3};
  const SharedBytes shared{ByteView(source)};
  source[0] = 9;
  EXPECT_TRUE(equal(shared, Bytes{1, 2, 3}));
  EXPECT_EQ(shared.size(), 3u);
}

// Goal: a record is encoded once; after that only pointers move.
TEST(SharedBytesTest, CopiesPointToTheSameBytes) {
  const SharedBytes original{view_of("record")};
  const SharedBytes copy = original;
  EXPECT_EQ(copy.view().data(), original.view().data());
}

TEST(SharedBytesTest, OutlivesTheOwnerItWasCopiedFrom) {
  SharedBytes copy;
  {
    const SharedBytes original{view_of("record")};
    copy = original;
  }
  EXPECT_EQ(text_of(copy), "record");
}

TEST(SharedBytesTest, AMovedFromOwnerIsEmpty) {
  SharedBytes original{view_of("record")};
  const SharedBytes moved = std::move(original);
  EXPECT_TRUE(original.empty());  // NOLINT: what is left is the point.
  EXPECT_EQ(text_of(moved), "record");
}

TEST(SharedBytesTest, AssignsToItself) {
  SharedBytes bytes{view_of("record")};
  const SharedBytes& same = bytes;
  bytes = same;
  EXPECT_EQ(text_of(bytes), "record");
}

TEST(SharedBytesTest, NoBytesNeedNoAllocation) {
  const SharedBytes none{ByteView{}};
  EXPECT_TRUE(none.empty());
  EXPECT_EQ(none.view().data(), nullptr);
  EXPECT_EQ(none, SharedBytes{});
}

TEST(SharedBytesTest, ComparesByContent) {
  const SharedBytes a{view_of("a")};
  const SharedBytes another_a{view_of("a")};
  const SharedBytes ab{view_of("ab")};
  const SharedBytes b{view_of("b")};
  EXPECT_EQ(a, another_a);
  EXPECT_NE(a, ab);
  EXPECT_LT(a, ab);
  EXPECT_LT(ab, b);
  EXPECT_LT(SharedBytes{}, a);
}

TEST(SharedBytesTest, OwnersMayLiveOnDifferentThreads) {
  const SharedBytes original{view_of("record")};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([copy = original] {
      for (int round = 0; round < 1000; ++round) {
        const SharedBytes another = copy;
        ASSERT_EQ(text_of(another), "record");
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(text_of(original), "record");
}

TEST(BytesTest, TextAndBytesAreTwoViewsOfTheSame) {
  EXPECT_EQ(text_of(view_of("text")), "text");
  EXPECT_EQ(to_bytes("ab"), (Bytes{'a', 'b'}));
  EXPECT_TRUE(equal(view_of(""), {}));
  EXPECT_FALSE(equal(view_of("a"), view_of("b")));
  EXPECT_FALSE(equal(view_of("a"), view_of("aa")));
}

}  // namespace
}  // namespace parley
