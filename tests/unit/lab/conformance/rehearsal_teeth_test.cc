// SPDX-License-Identifier: Apache-2.0
//
// Encodings that leave something out: each machine here counts votes or inputs,
// and behaves by what it does not write down.
#include <gtest/gtest.h>

#include <set>

#include "apps/lab/conformance/rehearsal.h"

namespace parley {
namespace {

constexpr const char* rule_equal = "machines of equal bytes do the same from there";
constexpr const char* rule_local = "the request of a Local is below 2^47";
constexpr const char* rule_epoch = "a change of members is to a later epoch";

constexpr StatementType vote_type{1};
constexpr TimerId lease_timer{1};

enum class Fault { None, HidesVoters, HidesACounter, HidesAnAnswer, AsksTooHigh, RepeatsEpoch };

/// Asks for votes whenever it is called, and replies when two have come.
class Candidate final : public Machine {
 public:
  explicit Candidate(Fault fault) : fault_(fault) {}

  void step(const Input& input, Effects& effects) override {
    if (const auto* start = std::get_if<Start>(&input)) {
      self_ = start->self;
      membership_ = start->membership;
    }
    if (const auto* submit = std::get_if<Submit>(&input)) on_submit(*submit, effects);
    if (const auto* deliver = std::get_if<Deliver>(&input)) on_vote(deliver->issuer, effects);
    if (const auto* answered = std::get_if<Answered>(&input))
      answer_ = SharedBytes{answered->value};
    if (std::holds_alternative<TimerFired>(input)) on_timer(effects);
  }

  void encode(StateWriter& out) const override {
    out.principal(self_);
    out.u8(running_ ? 1 : 0);
    out.varint(request_.value);
    if (fault_ != Fault::HidesVoters) out.principals(voters_);
    if (fault_ != Fault::HidesACounter) out.varint(fired_);
    if (fault_ != Fault::HidesAnAnswer) out.bytes(answer_);
    out.varint(epoch_.value);
  }
  std::unique_ptr<Machine> clone() const override { return std::make_unique<Candidate>(*this); }

 private:
  void on_submit(const Submit& submit, Effects& effects) {
    if (running_) return effects.push_back(Reply{submit.request, {}});
    running_ = true;
    request_ = submit.request;
    voters_.clear();
    membership_->members.for_each([&](PrincipalId member) {
      if (member != self_) effects.push_back(Send{member, vote_type, {}});
    });
    effects.push_back(SetTimer{lease_timer, 1ms, 2ms});
    const std::uint64_t high = std::uint64_t{1} << 47;
    effects.push_back(
        Local{PortId{1}, RequestId{fault_ == Fault::AsksTooHigh ? high : high - 1}, {}});
  }
  void on_vote(PrincipalId voter, Effects& effects) {
    if (!running_ || !voters_.insert(voter) || voters_.size() < 2) return;
    running_ = false;
    voters_.clear();
    effects.push_back(Reply{request_, answer_});
  }
  void on_timer(Effects& effects) {
    if (++fired_ % 3 == 0) {
      Membership next = *membership_;
      if (fault_ != Fault::RepeatsEpoch) ++epoch_.value;
      next.epoch = Epoch{membership_->epoch.value + epoch_.value};
      effects.push_back(ChangeMembership{std::make_shared<const Membership>(next)});
    }
    effects.push_back(SetTimer{lease_timer, 1ms, 2ms});
  }

  Fault fault_;
  PrincipalId self_{};
  SharedMembership membership_;
  bool running_ = false;
  RequestId request_{};
  PrincipalSet voters_;
  std::uint64_t fired_ = 0;
  SharedBytes answer_;  ///< The latest; told with the votes.
  Epoch epoch_{};       ///< Changes of members so far.
};

std::set<std::string> broken(Fault fault) {
  parley_plugin plugin{};
  Findings findings;
  rehearse([fault] { return std::make_unique<Candidate>(fault); }, plugin, {vote_type}, findings);
  std::set<std::string> rules;
  for (const Finding& finding : findings) {
    if (!finding.passed) rules.insert(finding.rule);
  }
  return rules;
}

TEST(RehearsalTeethTest, AWholeEncodingPasses) {
  EXPECT_EQ(broken(Fault::None), std::set<std::string>{});
}

TEST(RehearsalTeethTest, VotersThatAreNotEncodedAreFound) {
  EXPECT_EQ(broken(Fault::HidesVoters), std::set<std::string>{rule_equal});
}

TEST(RehearsalTeethTest, ACounterThatIsNotEncodedIsFound) {
  EXPECT_EQ(broken(Fault::HidesACounter), std::set<std::string>{rule_equal});
}

TEST(RehearsalTeethTest, AnAnswerThatIsNotEncodedIsFound) {
  EXPECT_EQ(broken(Fault::HidesAnAnswer), std::set<std::string>{rule_equal});
}

TEST(RehearsalTeethTest, RequestsAndEpochsOutOfRangeAreFound) {
  EXPECT_EQ(broken(Fault::AsksTooHigh), std::set<std::string>{rule_local});
  EXPECT_EQ(broken(Fault::RepeatsEpoch), std::set<std::string>{rule_epoch});
}

}  // namespace
}  // namespace parley
