// SPDX-License-Identifier: Apache-2.0
#include "apps/lab/object_client.h"

#include <gtest/gtest.h>

namespace parley {
namespace {

Bytes outcome(OutcomeKind kind, std::string_view value = {}) {
  return encode_outcome({.kind = kind, .value = to_bytes(value)});
}

PortId called(ObjectClient& client) {
  const auto call = client.next();
  return call ? call->port : PortId{0};
}

TEST(ObjectClientTest, PullsInvokesAndPushes) {
  ObjectClient client{to_bytes("put a"), 1};
  EXPECT_EQ(called(client), port_pull);
  client.on_reply(outcome(OutcomeKind::Ok));
  const auto invoke = client.next();
  ASSERT_TRUE(invoke);
  EXPECT_EQ(invoke->port, port_invoke);
  EXPECT_EQ(invoke->value, to_bytes("put a"));
  client.on_reply(outcome(OutcomeKind::Ok, "a"));
  EXPECT_EQ(called(client), port_push);
  EXPECT_FALSE(client.done());
  client.on_reply(outcome(OutcomeKind::Ok));
  ASSERT_TRUE(client.done());
  EXPECT_EQ(client.result()->kind, OutcomeKind::Ok);
  EXPECT_EQ(client.returned(), to_bytes("a"));
  EXPECT_FALSE(client.next());
}

TEST(ObjectClientTest, HasOneCallOutstanding) {
  ObjectClient client{to_bytes("put a"), 1};
  EXPECT_TRUE(client.next());
  EXPECT_FALSE(client.next());
}

TEST(ObjectClientTest, StartsOverAfterEveryFailureWhileAttemptsRemain) {
  ObjectClient client{to_bytes("put a"), 4};
  called(client);
  client.on_reply(outcome(OutcomeKind::Preempted));
  EXPECT_EQ(called(client), port_pull);
  client.on_reply(outcome(OutcomeKind::Ok));
  called(client);
  client.on_reply(outcome(OutcomeKind::Stale));
  EXPECT_EQ(called(client), port_pull);
  client.on_lost();
  EXPECT_EQ(called(client), port_pull);
  client.on_reply(outcome(OutcomeKind::NoQuorum));
  ASSERT_TRUE(client.done());
  EXPECT_EQ(client.result()->kind, OutcomeKind::NoQuorum);
}

TEST(ObjectClientTest, AnAnswerThatDoesNotDecodeCountsAsUnknown) {
  ObjectClient client{to_bytes("put a"), 1};
  called(client);
  client.on_reply(view_of("?"));
  ASSERT_TRUE(client.done());
  EXPECT_EQ(client.result()->kind, OutcomeKind::Unknown);
}

TEST(ObjectClientTest, IgnoresAnswersToNothing) {
  ObjectClient client{to_bytes("put a"), 1};
  client.on_reply(outcome(OutcomeKind::Ok));
  client.on_lost();
  EXPECT_EQ(called(client), port_pull);
}

TEST(ObjectClientTest, EqualClientsEncodeToEqualBytes) {
  ObjectClient client{to_bytes("put a"), 2};
  const ObjectClient other = client;
  Bytes left;
  Bytes right;
  Writer left_writer{left};
  Writer right_writer{right};
  client.encode(left_writer);
  other.encode(right_writer);
  EXPECT_EQ(left, right);
  called(client);
  left.clear();
  client.encode(left_writer);
  EXPECT_NE(left, right);
}

}  // namespace
}  // namespace parley
