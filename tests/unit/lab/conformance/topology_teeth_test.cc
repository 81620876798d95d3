// SPDX-License-Identifier: Apache-2.0
//
// The suite of topologies must find a star that believes older epochs, or whose
// clone is none. The star here is the plain one with a fault on top.
#include <gtest/gtest.h>

#include <set>

#include "apps/lab/conformance/conformance.h"

namespace parley {
namespace {

constexpr std::uint8_t kind_collect = 1;
constexpr std::uint8_t kind_contribution = 2;
constexpr std::uint8_t kind_aggregate = 3;

enum class Fault {
  None,
  BelievesOldContributions,
  BelievesOldAggregates,
  AnswersOldCollects,
  ClonesNothing,
  SharesItsRounds,
};

/// token = kind:u8 epoch:u64 round:u64 value:rest
SharedBytes token_of(std::uint8_t kind, Version version, ByteView value = {}) {
  Bytes bytes;
  Writer out{bytes};
  out.u8(kind);
  out.u64(version.epoch.value);
  out.u64(version.round);
  out.raw(value);
  return SharedBytes{bytes};
}

class Star final : public Aggregation {
 public:
  explicit Star(Fault fault) : fault_(fault) {}

  void configure(PrincipalId self, SharedMembership membership) override {
    self_ = self;
    membership_ = std::move(membership);
    *rounds_ = {};
  }
  void contribute(SharedBytes value, const Fold& /*fold*/,
                  AggregationEffects& /*effects*/) override {
    value_ = std::move(value);
  }
  void tick(const Fold& /*fold*/, AggregationEffects& effects) override {
    if (!leads()) return;
    if (rounds_->contributors.empty()) {
      ++rounds_->current;
      rounds_->partial = to_bytes(value_.view());
      rounds_->contributors = {self_};
    }
    if (rounds_->contributors == membership_->members) return finish_own(effects);
    send_to_others(token_of(kind_collect, version()), effects);
  }
  void on_token(PrincipalId from, ByteView token, const Fold& fold,
                AggregationEffects& effects) override {
    Reader in{token};
    const std::uint8_t kind = in.u8();
    const Epoch epoch{in.u64()};
    const std::uint64_t round = in.u64();
    const ByteView value = in.rest();
    if (!in.finished() || (epoch != membership_->epoch && !believes_old(kind))) return;
    if (kind == kind_contribution && leads()) {
      on_contribution(from, round, value, fold, effects);
    } else if (kind == kind_collect && !leads() && round >= rounds_->current) {
      on_collect(round, effects);
    } else if (kind == kind_aggregate && !leads() && round > rounds_->finished) {
      rounds_->finished = round;
      effects.finished = AggregationEffects::Finished{
          {membership_->epoch, round}, SharedBytes{value}, membership_->members};
    }
  }
  void encode(StateWriter& out) const override {
    out.principal(self_);
    out.varint(membership_ == nullptr ? 0 : membership_->epoch.value);
    out.bytes(value_);
    out.varint(rounds_->current);
    out.varint(rounds_->finished);
    out.bytes(rounds_->partial);
    out.principals(rounds_->contributors);
    out.bytes(rounds_->answered);
  }
  std::unique_ptr<Aggregation> clone() const override {
    if (fault_ == Fault::ClonesNothing) return std::make_unique<Star>(fault_);
    auto copy = std::make_unique<Star>(*this);
    if (fault_ != Fault::SharesItsRounds) copy->rounds_ = std::make_shared<Rounds>(*rounds_);
    return copy;
  }

 private:
  struct Rounds {
    std::uint64_t current = 0;
    std::uint64_t finished = 0;
    Bytes partial{};
    PrincipalSet contributors{};
    SharedBytes answered{};
  };

  bool believes_old(std::uint8_t kind) const {
    return (fault_ == Fault::BelievesOldContributions && kind == kind_contribution) ||
           (fault_ == Fault::BelievesOldAggregates && kind == kind_aggregate) ||
           (fault_ == Fault::AnswersOldCollects && kind == kind_collect);
  }
  bool leads() const { return membership_->order.front() == self_; }
  Version version() const { return {membership_->epoch, rounds_->current}; }

  void on_collect(std::uint64_t round, AggregationEffects& effects) {
    if (round > rounds_->current) rounds_->answered = value_;
    rounds_->current = round;
    effects.tokens.push_back(
        {membership_->order.front(), token_of(kind_contribution, version(), rounds_->answered)});
  }
  void on_contribution(PrincipalId from, std::uint64_t round, ByteView value, const Fold& fold,
                       AggregationEffects& effects) {
    if (rounds_->contributors.empty() || round != rounds_->current) return;
    if (!rounds_->contributors.insert(from)) return;
    rounds_->partial = fold.combine(rounds_->partial, value);
    if (rounds_->contributors == membership_->members) finish_own(effects);
  }
  void finish_own(AggregationEffects& effects) {
    rounds_->finished = rounds_->current;
    rounds_->contributors.clear();
    const SharedBytes fold{rounds_->partial};
    send_to_others(token_of(kind_aggregate, version(), fold), effects);
    effects.finished = AggregationEffects::Finished{version(), fold, membership_->members};
  }
  void send_to_others(const SharedBytes& token, AggregationEffects& effects) const {
    membership_->members.for_each([&](PrincipalId member) {
      if (member != self_) effects.tokens.push_back({member, token});
    });
  }

  Fault fault_;
  PrincipalId self_{};
  SharedMembership membership_;
  SharedBytes value_;
  std::shared_ptr<Rounds> rounds_ = std::make_shared<Rounds>();
};

class StarFactory final : public TopologyFactory {
 public:
  explicit StarFactory(Fault fault) : fault_(fault) {}
  bool folds_repeatedly() const override { return false; }
  std::unique_ptr<Aggregation> create(const Config& /*config*/) const override {
    return std::make_unique<Star>(fault_);
  }

 private:
  Fault fault_;
};

std::set<std::string> broken(Fault fault) {
  parley_plugin descriptor{};
  descriptor.kind = PARLEY_KIND_TOPOLOGY;
  descriptor.name = "faulty";
  descriptor.guarantees = PARLEY_GUARANTEE_FOLDS_ONCE;
  std::set<std::string> rules;
  for (const Finding& finding :
       run_conformance({&descriptor, std::make_shared<StarFactory>(fault)})) {
    if (!finding.passed) rules.insert(finding.rule);
  }
  return rules;
}

constexpr const char* rule_fold = "a finished aggregate is the fold over its contributors";
constexpr const char* rule_epochs = "tokens of an older epoch finish and change nothing";
constexpr const char* rule_clone = "a clone is a deep copy";

TEST(TopologyTeethTest, AnHonestStarPasses) {
  EXPECT_EQ(broken(Fault::None), std::set<std::string>{});
}

TEST(TopologyTeethTest, TokensOfOlderEpochsThatCountAreFound) {
  for (const Fault fault : {Fault::BelievesOldContributions, Fault::BelievesOldAggregates}) {
    EXPECT_TRUE(broken(fault).contains(rule_fold));
    EXPECT_TRUE(broken(fault).contains(rule_epochs));
  }
  EXPECT_TRUE(broken(Fault::AnswersOldCollects).contains(rule_epochs));
}

TEST(TopologyTeethTest, ACloneThatIsNoneIsFound) {
  EXPECT_TRUE(broken(Fault::ClonesNothing).contains(rule_clone));
  EXPECT_TRUE(broken(Fault::SharesItsRounds).contains(rule_clone));
}

}  // namespace
}  // namespace parley
