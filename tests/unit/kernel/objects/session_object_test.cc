// SPDX-License-Identifier: Apache-2.0
#include "core/kernel/objects/session_object.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/fixtures/counter_object.h"

namespace parley {
namespace {

using testing::CounterObject;

std::unique_ptr<SessionObject> counter() {
  return std::make_unique<SessionObject>(std::make_unique<CounterObject>());
}

Bytes snapshot_of(const Object& object) {
  Bytes bytes;
  object.snapshot(bytes);
  return bytes;
}

/// The inner result of a memoised method; nullopt: it was not applied.
std::optional<std::string> apply(SessionObject& object, SessionId session, std::uint64_t sequence,
                                 std::uint64_t answered_below = 0) {
  const Bytes result =
      object.apply(memoised_method(session, sequence, answered_below, view_of("add")));
  const std::optional<MemoResult> memo = decode_memo_result(result);
  if (!memo || memo->kind == MemoKind::Forgotten) return std::nullopt;
  return std::string{text_of(memo->value)};
}

TEST(SessionObjectTest, AMethodTriedAgainIsAppliedOnce) {
  const auto object = counter();
  EXPECT_EQ(apply(*object, 1, 1), "1");
  EXPECT_EQ(apply(*object, 1, 2), "2");
  EXPECT_EQ(apply(*object, 1, 1), "1") << "the answer of its first time";
  EXPECT_EQ(apply(*object, 2, 1), "3") << "sessions are apart";
}

TEST(SessionObjectTest, ResultsAreDroppedOnceTheirCallerSaidSo) {
  const auto object = counter();
  apply(*object, 1, 1);
  apply(*object, 1, 2);
  const std::size_t before = snapshot_of(*object).size();
  EXPECT_EQ(apply(*object, 1, 3, 3), "3");
  EXPECT_LT(snapshot_of(*object).size(), before);
  EXPECT_FALSE(apply(*object, 1, 1)) << "an attempt that comes too late is not applied";
  EXPECT_EQ(apply(*object, 1, 4), "4");
}

TEST(SessionObjectTest, SessionsAreNumberedOnce) {
  const auto object = counter();
  EXPECT_EQ(decode_session(object->apply(open_session_method())), 1u);
  EXPECT_EQ(decode_session(object->apply(open_session_method())), 2u);
}

TEST(SessionObjectTest, TheSessionUnusedLongestIsForgottenAndStaysSo) {
  const auto object = counter();
  for (SessionId id = 1; id <= SessionObject::sessions_max; ++id) apply(*object, id, 1);
  apply(*object, 1, 2);
  apply(*object, SessionObject::sessions_max + 1, 1);
  EXPECT_TRUE(apply(*object, 1, 3));
  EXPECT_FALSE(apply(*object, 2, 1)) << "it might be a method that was applied before";
}

TEST(SessionObjectTest, ASnapshotRestoresWhatWasAnswered) {
  const auto object = counter();
  apply(*object, 1, 1);
  object->apply(open_session_method());
  const auto copy = counter();
  ASSERT_TRUE(copy->restore(snapshot_of(*object)));
  EXPECT_EQ(snapshot_of(*copy), snapshot_of(*object));
  EXPECT_EQ(apply(*copy, 1, 1), "1");
  EXPECT_EQ(decode_session(copy->apply(open_session_method())), 2u);
}

TEST(SessionObjectTest, ACloneIsItsOwn) {
  const auto object = counter();
  apply(*object, 1, 1);
  const std::unique_ptr<Object> clone = object->clone();
  const Bytes kept = snapshot_of(*clone);
  apply(*object, 1, 2);
  EXPECT_EQ(snapshot_of(*clone), kept);
}

TEST(SessionObjectTest, MalformedBytesAreAnsweredAndChangeNothing) {
  const auto object = counter();
  const Bytes before = snapshot_of(*object);
  for (const Bytes& method :
       {Bytes{}, Bytes{3}, Bytes{2}, Bytes{2, 0, 0, 0}, Bytes{2, 0xFF}, Bytes{1, 1}}) {
    object->apply(method);
    EXPECT_FALSE(object->reads_only(method));
  }
  EXPECT_EQ(snapshot_of(*object), before);
  EXPECT_FALSE(object->restore(Bytes{}));
  EXPECT_FALSE(object->restore(Bytes{1, 0, 0, 9, 9}));
  EXPECT_EQ(snapshot_of(*object), before);
}

TEST(SessionObjectTest, ItReadsWhatTheObjectInsideReads) {
  const auto object = counter();
  EXPECT_TRUE(object->reads_only(plain_method(view_of("get"))));
  EXPECT_FALSE(object->reads_only(plain_method(view_of("add"))));
  EXPECT_FALSE(object->reads_only(memoised_method(1, 1, 0, view_of("get"))))
      << "a memo is a change";
  EXPECT_EQ(object->partition(plain_method(view_of("add"))), (Bytes{1, 'k'}));
  EXPECT_EQ(object->partition(memoised_method(1, 1, 0, view_of("add"))), (Bytes{1, 'k'}));
  EXPECT_EQ(object->partition(plain_method(view_of("get"))), std::nullopt);
  EXPECT_EQ(object->partition(open_session_method()), Bytes{0});
}

}  // namespace
}  // namespace parley
