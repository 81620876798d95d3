// SPDX-License-Identifier: Apache-2.0
#include "tests/fixtures/authenticator_interactive/interactive.h"

#include <gtest/gtest.h>

#include "tests/fixtures/fixed_key_ring.h"

namespace parley::interactive {
namespace {

constexpr PrincipalId party{0};
constexpr PrincipalId issuer{2};

template <class T>
const T* find(const Effects& effects) {
  for (const Effect& effect : effects) {
    if (const T* found = std::get_if<T>(&effect)) return found;
  }
  return nullptr;
}

Bytes call_for(ByteView message) {
  return encode_seal(SealCall{to_bytes(message), {PrincipalId{1}, PrincipalId{3}}});
}

/// The evidence in a Reply; empty bytes: none could be made.
Bytes evidence_in(const Reply* reply) {
  const std::optional<SealAnswer> answer = decode_seal_answer(reply->value);
  EXPECT_TRUE(answer.has_value());
  return answer && answer->evidence ? *answer->evidence : Bytes{};
}

Effects step(Machine& machine, const Input& input) {
  Effects effects;
  machine.step(input, effects);
  return effects;
}

class InteractiveTest : public ::testing::Test {
 protected:
  Effects ask(ByteView message, std::uint64_t request) {
    return step(issuers_, Submit{RequestId{request}, port_seal, call_for(message)});
  }

  Countersigning parties_{party, party};
  Countersigning issuers_{issuer, party};
  Bytes message_ = to_bytes("to be countersigned");
};

TEST_F(InteractiveTest, TheReplyCarriesEvidenceThatVerifies) {
  const Effects asked = ask(message_, 9);
  const Send* request = find<Send>(asked);
  ASSERT_NE(request, nullptr);
  EXPECT_EQ(request->to, party);
  const Effects answered = step(parties_, Deliver{issuer, request->type, request->record});
  const Send* answer = find<Send>(answered);
  ASSERT_NE(answer, nullptr);
  const Effects accepted = step(issuers_, Deliver{party, answer->type, answer->record});
  const Reply* reply = find<Reply>(accepted);
  ASSERT_NE(reply, nullptr);
  EXPECT_EQ(reply->request, RequestId{9});
  EXPECT_NE(find<CancelTimer>(accepted), nullptr);

  const testing::FixedKeyRing ring;
  const Config config{{{"party", PrincipalSet{party}}}};
  const auto verifier = Factory{}.create(PrincipalId{1}, ring, config);
  EXPECT_TRUE(verifier->check(issuer, message_, evidence_in(reply)));
  EXPECT_FALSE(verifier->seal(message_, {issuer}).has_value());
}

TEST_F(InteractiveTest, AsksAgainUntilAnswered) {
  ask(message_, 9);
  const Effects again = step(issuers_, TimerFired{retry_timer});
  ASSERT_NE(find<Send>(again), nullptr);
  EXPECT_TRUE(equal(find<Send>(again)->record, message_));
  EXPECT_NE(find<SetTimer>(again), nullptr);
}

TEST_F(InteractiveTest, OneAnswerServesAllWhoWaitForIt) {
  ask(message_, 1);
  ask(message_, 2);
  const Effects answered = step(parties_, Deliver{issuer, request_type, message_});
  const Effects accepted =
      step(issuers_, Deliver{party, countersignature_type, find<Send>(answered)->record});
  EXPECT_EQ(std::count_if(accepted.begin(), accepted.end(),
                          [](const Effect& e) { return std::holds_alternative<Reply>(e); }),
            2);
}

TEST_F(InteractiveTest, ThePartyNeedsNobody) {
  const Effects own = step(parties_, Submit{RequestId{4}, port_seal, call_for(message_)});
  ASSERT_NE(find<Reply>(own), nullptr);
  EXPECT_EQ(evidence_in(find<Reply>(own)), countersignature(party, message_));
}

TEST_F(InteractiveTest, RefusesStrangersAndMalformedAnswers) {
  ask(message_, 9);
  const Bytes wrong(16);
  for (const Deliver& bad :
       {Deliver{PrincipalId{1}, countersignature_type, wrong},
        Deliver{party, countersignature_type, message_}, Deliver{party, request_type, message_}}) {
    const Effects effects = step(issuers_, bad);
    ASSERT_EQ(effects.size(), 1u);
    EXPECT_EQ(std::get<Note>(effects[0]).declaration, &record_refused);
  }
}

TEST_F(InteractiveTest, HoldsABoundedNumberOfRequests) {
  for (std::uint64_t i = 0; i < pending_count_max; ++i) ask(message_, i);
  const Effects refused = ask(message_, pending_count_max);
  ASSERT_NE(find<Note>(refused), nullptr);
  EXPECT_EQ(find<Note>(refused)->declaration, &call_refused);
  ASSERT_NE(find<Reply>(refused), nullptr);
  EXPECT_TRUE(evidence_in(find<Reply>(refused)).empty());
}

TEST_F(InteractiveTest, WhatIsNoSealCallIsAnsweredWithoutEvidence) {
  Bytes longer = call_for(message_);
  longer.push_back(0);
  Bytes shorter = call_for(message_);
  shorter.pop_back();
  for (const Bytes& call : {Bytes{}, Bytes{0xFF}, longer, shorter}) {
    for (Countersigning* machine : {&issuers_, &parties_}) {
      const Effects refused = step(*machine, Submit{RequestId{5}, port_seal, call});
      ASSERT_NE(find<Reply>(refused), nullptr);
      EXPECT_EQ(find<Reply>(refused)->request, RequestId{5});
      EXPECT_TRUE(evidence_in(find<Reply>(refused)).empty());
      EXPECT_EQ(find<Send>(refused), nullptr);
    }
  }
}

}  // namespace
}  // namespace parley::interactive
