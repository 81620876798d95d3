// SPDX-License-Identifier: Apache-2.0
#include "core/kernel/invariants.h"

#include <gtest/gtest.h>

namespace parley {
namespace {

constexpr InstanceId thing{1};
constexpr PrincipalId first{0};
constexpr PrincipalId second{1};

SharedBytes value(std::string_view text) {
  return SharedBytes{view_of(text)};
}

/// A register of text: "" reads, anything else overwrites.
class Text final : public Object {
 public:
  Bytes apply(ByteView method) override {
    if (!method.empty()) text_ = to_bytes(method);
    return text_;
  }
  void snapshot(Bytes& out) const override { out = text_; }
  bool restore(ByteView snapshot) override {
    text_ = to_bytes(snapshot);
    return true;
  }
  std::unique_ptr<Object> clone() const override { return std::make_unique<Text>(*this); }
  std::optional<Bytes> parse_method(std::string_view words) const override {
    return to_bytes(words);
  }
  std::string describe(ByteView result) const override { return std::string{text_of(result)}; }

 private:
  Bytes text_;
};

TEST(InvariantsTest, TwoValuesAtOnePositionBreakAgreement) {
  Invariants invariants;
  EXPECT_FALSE(invariants.on_decide(first, {thing, 1, value("a"), {}}));
  EXPECT_FALSE(invariants.on_decide(second, {thing, 1, value("a"), {}}));
  const auto violation = invariants.on_decide(PrincipalId{2}, {thing, 1, value("b"), {}});
  ASSERT_TRUE(violation);
  EXPECT_EQ(violation->invariant, "agreement");
}

TEST(InvariantsTest, InstancesAndPositionsAreApart) {
  Invariants invariants;
  EXPECT_FALSE(invariants.on_decide(first, {thing, 1, value("a"), {}}));
  EXPECT_FALSE(invariants.on_decide(first, {thing, 2, value("b"), {}}));
  EXPECT_FALSE(invariants.on_decide(first, {InstanceId{2}, 1, value("c"), {}}));
  EXPECT_TRUE(invariants.decided(thing, 2));
  EXPECT_FALSE(invariants.decided(InstanceId{2}, 2));
}

TEST(InvariantsTest, ANodeDecidesItsPositionsOneAfterTheOther) {
  Invariants invariants;
  EXPECT_FALSE(invariants.on_decide(first, {thing, 1, value("a"), {}}));
  const auto gap = invariants.on_decide(first, {thing, 3, value("c"), {}});
  ASSERT_TRUE(gap);
  EXPECT_EQ(gap->invariant, "decide_order");
  EXPECT_TRUE(invariants.on_decide(first, {thing, 1, value("a"), {}}));
}

TEST(InvariantsTest, ANodeSkipsOnlyWhatAnotherDecided) {
  Invariants invariants;
  EXPECT_FALSE(invariants.on_decide(first, {thing, 1, value("a"), {}}));
  EXPECT_FALSE(invariants.on_decide(second, {thing, 1, value("a"), {}}));
  EXPECT_FALSE(invariants.on_decide(second, {thing, 2, value("b"), {}}));
  const auto gap = invariants.on_decide(first, {thing, 4, value("d"), {}});
  ASSERT_TRUE(gap);
  EXPECT_NE(gap->message.find("to decide position 3 next"), std::string::npos) << gap->message;
  EXPECT_FALSE(invariants.on_decide(second, {thing, 3, value("c"), {}}));
  EXPECT_FALSE(invariants.on_decide(first, {thing, 4, value("d"), {}}));
  EXPECT_TRUE(invariants.on_decide(first, {thing, 2, value("b"), {}})) << "never back";
}

TEST(InvariantsTest, ARestartedNodeMayDecideAgain) {
  Invariants invariants;
  EXPECT_FALSE(invariants.on_decide(first, {thing, 1, value("a"), {}}));
  invariants.on_restart(first);
  EXPECT_FALSE(invariants.on_decide(first, {thing, 1, value("a"), {}}));
  EXPECT_TRUE(invariants.on_decide(second, {thing, 1, value("b"), {}}));
}

TEST(InvariantsTest, AnAnsweredPushWasDecidedOrChangesNothing) {
  Invariants invariants;
  const Text initial;
  EXPECT_FALSE(invariants.on_pushed(first, thing, view_of(""), initial));
  const auto undecided = invariants.on_pushed(first, thing, view_of("a"), initial);
  ASSERT_TRUE(undecided);
  EXPECT_EQ(undecided->invariant, "push_decided");
  EXPECT_FALSE(invariants.on_decide(second, {thing, 1, value("a"), {}}));
  EXPECT_FALSE(invariants.on_pushed(first, thing, view_of("a"), initial));
  EXPECT_TRUE(invariants.on_pushed(first, thing, view_of("b"), initial));
}

TEST(InvariantsTest, AnAnswerIsWhatTheDecidedMethodsGive) {
  Invariants invariants;
  const Text initial;
  EXPECT_FALSE(invariants.on_decide(first, {thing, 1, value("a"), {}}));
  EXPECT_FALSE(invariants.on_decide(first, {thing, 2, value("b"), {}}));
  Text folded;
  folded.apply(view_of("a"));
  const Bytes right = folded.apply(view_of("b"));
  EXPECT_FALSE(invariants.on_result(first, thing, view_of("b"), right, initial));
  const auto wrong = invariants.on_result(first, thing, view_of("b"), view_of("?"), initial);
  ASSERT_TRUE(wrong);
  EXPECT_EQ(wrong->invariant, "push_result");
}

}  // namespace
}  // namespace parley
