// SPDX-License-Identifier: Apache-2.0
#include "apps/lab/object_client.h"

#include <gtest/gtest.h>

namespace parley {
namespace {

Bytes outcome(OutcomeKind kind, std::string_view value = {}) {
  return encode_outcome({.kind = kind, .value = to_bytes(value)});
}

Bytes pulled(Branch branch) {
  return encode_outcome({.branch = branch});
}

PortId called(ObjectClient& client) {
  const auto call = client.next();
  return call ? call->port : PortId{0};
}

TEST(ObjectClientTest, PullsAndInvokesAndPushesTheBranchThatItPulled) {
  ObjectClient client{to_bytes("put a"), 1};
  const auto pull = client.next();
  ASSERT_TRUE(pull);
  EXPECT_EQ(pull->port, port_pull);
  ASSERT_TRUE(decode_pull(pull->value));
  EXPECT_FALSE(decode_pull(pull->value)->with_state);
  client.on_reply(pulled(17));
  const auto invoke = client.next();
  ASSERT_TRUE(invoke);
  EXPECT_EQ(invoke->port, port_invoke);
  ASSERT_TRUE(decode_invoke(invoke->value));
  EXPECT_EQ(decode_invoke(invoke->value)->branch, 17u);
  EXPECT_EQ(decode_invoke(invoke->value)->method, to_bytes("put a"));
  client.on_reply(outcome(OutcomeKind::Ok, "a"));
  const auto push = client.next();
  ASSERT_TRUE(push);
  EXPECT_EQ(push->port, port_push);
  ASSERT_TRUE(decode_push(push->value));
  EXPECT_EQ(decode_push(push->value)->branch, 17u);
  EXPECT_FALSE(client.done());
  client.on_reply(outcome(OutcomeKind::Ok));
  ASSERT_TRUE(client.done());
  EXPECT_EQ(client.result()->kind, OutcomeKind::Ok);
  EXPECT_EQ(client.returned(), to_bytes("a"));
  EXPECT_FALSE(client.next());
}

TEST(ObjectClientTest, PullsAsItWasTold) {
  ObjectClient client{to_bytes("put a"), 1, {.with_state = true, .partition = to_bytes("part")}};
  const auto pull = decode_pull(client.next()->value);
  ASSERT_TRUE(pull);
  EXPECT_TRUE(pull->with_state);
  EXPECT_EQ(pull->partition, to_bytes("part"));
}

// A later attempt that still named the old branch would extend what is over.
TEST(ObjectClientTest, EachAttemptNamesTheBranchOfItsOwnPull) {
  ObjectClient client{to_bytes("put a"), 2};
  called(client);
  client.on_reply(pulled(17));
  called(client);
  client.on_reply(outcome(OutcomeKind::Stale));
  called(client);
  client.on_reply(pulled(23));
  EXPECT_EQ(decode_invoke(client.next()->value)->branch, 23u);
}

/// A client whose push is outstanding, with a second attempt left.
ObjectClient pushing() {
  ObjectClient client{to_bytes("put a"), 2};
  for (int call = 0; call < 2; ++call) {
    called(client);
    EXPECT_FALSE(client.perhaps_pushed());
    client.on_reply(pulled(17));
  }
  called(client);
  EXPECT_TRUE(client.perhaps_pushed()) << "it may be committed before the answer comes";
  return client;
}

TEST(ObjectClientTest, AStalePushIsRefusedForGoodAndTriedAgain) {
  ObjectClient client = pushing();
  client.on_reply(outcome(OutcomeKind::Stale));
  EXPECT_FALSE(client.perhaps_pushed());
  EXPECT_EQ(called(client), port_pull);
}

TEST(ObjectClientTest, AnyOtherEndOfAPushMayHaveCommittedIt) {
  ObjectClient unknown = pushing();
  unknown.on_reply(outcome(OutcomeKind::Unknown));
  EXPECT_TRUE(unknown.perhaps_pushed());
  EXPECT_EQ(called(unknown), port_pull);
  ObjectClient lost = pushing();
  lost.on_lost();
  EXPECT_TRUE(lost.perhaps_pushed());
  ObjectClient garbled = pushing();
  garbled.on_reply(view_of("?"));
  EXPECT_TRUE(garbled.perhaps_pushed());
  ObjectClient ok = pushing();
  ok.on_reply(outcome(OutcomeKind::Ok));
  EXPECT_TRUE(ok.perhaps_pushed());
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

TEST(ObjectClientTest, ClientsOnDifferentBranchesEncodeToDifferentBytes) {
  const auto on_branch = [](Branch branch) {
    ObjectClient client{to_bytes("put a"), 2};
    called(client);
    client.on_reply(pulled(branch));
    Bytes out;
    Writer writer{out};
    client.encode(writer);
    return out;
  };
  EXPECT_EQ(on_branch(17), on_branch(17));
  EXPECT_NE(on_branch(17), on_branch(18));
}

}  // namespace
}  // namespace parley
