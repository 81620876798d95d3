// SPDX-License-Identifier: Apache-2.0
#include "plugins/topology/star/star.h"

#include <gtest/gtest.h>

#include <deque>

namespace parley::star {
namespace {

constexpr PrincipalId leader{2};

Bytes number(std::uint64_t value) {
  Bytes out;
  Writer{out}.u64(value);
  return out;
}

std::uint64_t number_of(ByteView bytes) {
  return Reader{bytes}.u64();
}

class Sum final : public Fold {
 public:
  Bytes neutral() const override { return number(0); }
  Bytes combine(ByteView left, ByteView right) const override {
    return number(number_of(left) + number_of(right));
  }
  bool idempotent() const override { return false; }
};

SharedMembership three_members(std::uint64_t epoch) {
  auto membership = std::make_shared<Membership>();
  membership->epoch = Epoch{epoch};
  membership->members = {PrincipalId{0}, PrincipalId{1}, PrincipalId{2}};
  membership->order = {leader, PrincipalId{0}, PrincipalId{1}};
  return membership;
}

/// Three members, led by the third, that contribute 1, 10 and 100.
class StarTest : public testing::Test {
 protected:
  StarTest() {
    configure(1);
    for (std::uint32_t i = 0; i < 3; ++i) contribute(i, i == 0 ? 1 : i == 1 ? 10 : 100);
  }

  void configure(std::uint64_t epoch) {
    for (std::uint32_t i = 0; i < 3; ++i) {
      members_[i].configure(PrincipalId{i}, three_members(epoch));
    }
  }
  void contribute(std::uint32_t member, std::uint64_t value) {
    AggregationEffects effects;
    members_[member].contribute(SharedBytes{number(value)}, sum_, effects);
    take(PrincipalId{member}, effects);
  }
  void tick(PrincipalId member = leader) {
    AggregationEffects effects;
    members_[member.value].tick(sum_, effects);
    take(member, effects);
  }
  struct Token {
    PrincipalId from;
    PrincipalId to;
    SharedBytes bytes;
  };
  void receive(const Token& token) {
    AggregationEffects effects;
    members_[token.to.value].on_token(token.from, token.bytes, sum_, effects);
    take(token.to, effects);
  }
  void deliver_all() {
    while (!tokens_.empty()) {
      const Token token = tokens_.front();
      tokens_.pop_front();
      receive(token);
    }
  }
  void take(PrincipalId member, const AggregationEffects& effects) {
    for (const auto& token : effects.tokens) tokens_.push_back({member, token.to, token.bytes});
    if (effects.finished) {
      ++finished_count_[member.value];
      last_[member.value] = number_of(effects.finished->aggregate);
      version_[member.value] = effects.finished->version;
    }
  }

  Sum sum_;
  Star members_[3];
  std::deque<Token> tokens_;
  int finished_count_[3] = {};
  std::uint64_t last_[3] = {};
  Version version_[3] = {};
};

TEST_F(StarTest, EveryMemberLearnsTheFold) {
  tick();
  deliver_all();
  for (std::uint32_t i = 0; i < 3; ++i) {
    EXPECT_EQ(last_[i], 111u);
    EXPECT_EQ(version_[i], (Version{Epoch{1}, 1}));
  }
}

TEST_F(StarTest, OnlyTheLeaderSetsThePace) {
  tick(PrincipalId{0});
  EXPECT_TRUE(tokens_.empty());
}

TEST_F(StarTest, RepeatedContributionCountsOnce) {
  tick();
  const Token collect = tokens_.front();
  receive(collect);
  receive(collect);  // Asked twice, it answers twice.
  const std::deque<Token> twice = tokens_;
  deliver_all();
  for (const Token& token : twice) receive(token);
  EXPECT_EQ(last_[leader.value], 111u);
  EXPECT_EQ(finished_count_[leader.value], 1);
}

// A member that answered with another value the second time would be counted
// with one of them by chance.
TEST_F(StarTest, RoundTakesTheValueOfTheMomentItPassed) {
  tick();
  const Token collect = tokens_.front();
  receive(collect);
  tokens_.clear();  // The answer is lost.
  contribute(collect.to.value, 5000);
  contribute(leader.value, 7000);
  tick();  // Repeats the stuck round.
  deliver_all();
  EXPECT_EQ(last_[leader.value], 111u);
  tick();
  deliver_all();
  EXPECT_GE(last_[leader.value], 12'000u);
}

TEST_F(StarTest, StuckRoundIsRepeatedToThoseMissingOnly) {
  tick();
  tokens_.pop_back();  // The second member is never asked.
  deliver_all();
  EXPECT_EQ(finished_count_[leader.value], 0);
  tick();
  EXPECT_EQ(tokens_.size(), 1u);
  deliver_all();
  EXPECT_EQ(last_[leader.value], 111u);
}

TEST_F(StarTest, TokensOfAnotherEpochAreIgnored) {
  tick();
  const std::deque<Token> old = tokens_;
  tokens_.clear();
  configure(2);
  for (const Token& token : old) receive(token);
  EXPECT_TRUE(tokens_.empty());
  tick();
  deliver_all();
  EXPECT_EQ(version_[0], (Version{Epoch{2}, 1}));
}

TEST_F(StarTest, OldConfigurationDoesNotBeginRoundsAgain) {
  tick();
  deliver_all();
  configure(1);
  tick();
  deliver_all();
  EXPECT_EQ(version_[0], (Version{Epoch{1}, 2}));
}

TEST_F(StarTest, LateAggregateDoesNotReplaceANewerOne) {
  tick();
  deliver_all();
  contribute(0, 2);
  tick();
  std::deque<Token> aggregates;
  while (!tokens_.empty()) {
    const Token token = tokens_.front();
    tokens_.pop_front();
    if (finished_count_[leader.value] == 2) aggregates.push_back(token);
    if (finished_count_[leader.value] < 2) receive(token);
  }
  ASSERT_FALSE(aggregates.empty());
  tick();
  deliver_all();
  EXPECT_EQ(version_[0].round, 3u);
  for (const Token& token : aggregates) receive(token);
  EXPECT_EQ(version_[0].round, 3u);
}

TEST_F(StarTest, OnlyTheLeaderIsBelieved) {
  tick();
  Token forged = tokens_.front();
  forged.from = PrincipalId{3};
  tokens_.clear();
  receive(forged);
  EXPECT_TRUE(tokens_.empty());
}

TEST_F(StarTest, MalformedTokensAreIgnored) {
  tick();
  const Bytes collect = to_bytes(tokens_.front().bytes.view());
  const PrincipalId to = tokens_.front().to;
  tokens_.clear();
  for (std::size_t size = 0; size < collect.size(); ++size) {
    receive({leader, to, SharedBytes{ByteView{collect}.first(size)}});
  }
  Bytes longer = collect;
  longer.push_back(1);
  receive({leader, to, SharedBytes{longer}});
  Bytes unknown = collect;
  unknown[0] = 9;
  receive({leader, to, SharedBytes{unknown}});
  EXPECT_TRUE(tokens_.empty());
}

TEST_F(StarTest, MemberWithoutAValueContributesNothing) {
  Star fresh[3];
  std::swap(members_[0], fresh[0]);
  members_[0].configure(PrincipalId{0}, three_members(1));
  tick();
  deliver_all();
  EXPECT_EQ(last_[leader.value], 110u);
}

TEST_F(StarTest, StrangerToTheEpochStaysSilent) {
  Star outsider;
  AggregationEffects effects;
  outsider.tick(sum_, effects);
  outsider.on_token(leader, Bytes{1, 1, 1}, sum_, effects);
  outsider.configure(PrincipalId{9}, three_members(1));
  outsider.tick(sum_, effects);
  outsider.on_token(leader, Bytes{1, 1, 1}, sum_, effects);
  EXPECT_TRUE(effects.tokens.empty());
  EXPECT_FALSE(effects.finished);
}

}  // namespace
}  // namespace parley::star
