// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/unit/kv/fake_store.h"

namespace parley::resp {
namespace {

using test::Client;
using test::FakeObject;
using test::request;

class TransactionTest : public testing::Test {
 protected:
  FakeObject object;
  Client client{object};
  Client other{object};
};

TEST_F(TransactionTest, ExecIsOneMethod) {
  EXPECT_EQ(client.say("MULTI\r\nSET k 1\r\nINCR k\r\nGET k\r\n"),
            "+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n");
  EXPECT_EQ(client.calls, 0);
  EXPECT_EQ(client.say("EXEC\r\n"), "*3\r\n+OK\r\n:2\r\n$1\r\n2\r\n");
  EXPECT_EQ(client.calls, 1);
  EXPECT_EQ(
      client.last.method,
      encode_command(
          {1'000, {"PARLEY.EXEC", "0", "3", "SET", "k", "1", "2", "INCR", "k", "2", "GET", "k"}}));
}

TEST_F(TransactionTest, AFailingCommandDoesNotStopTheOthers) {
  EXPECT_EQ(client.say("MULTI\r\nSET k x\r\nINCR k\r\nSET k y\r\nEXEC\r\n"),
            "+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n"
            "*3\r\n+OK\r\n-ERR value is not an integer or out of range\r\n+OK\r\n");
}

TEST_F(TransactionTest, AWatchedKeyThatChangedPreventsIt) {
  client.say("SET k 1\r\n");
  EXPECT_EQ(client.say("WATCH k j\r\n"), "+OK\r\n");
  EXPECT_EQ(client.last.mode, CallMode::AtLeastOnce);
  other.say("SET j 1\r\n");
  EXPECT_EQ(client.say("MULTI\r\nSET k 2\r\nEXEC\r\n"), "+OK\r\n+QUEUED\r\n*-1\r\n");
  EXPECT_EQ(client.say("GET k\r\n"), "$1\r\n1\r\n");
  // EXEC has ended the watch.
  EXPECT_EQ(client.say("MULTI\r\nSET k 2\r\nEXEC\r\n"), "+OK\r\n+QUEUED\r\n*1\r\n+OK\r\n");
}

TEST_F(TransactionTest, TheFirstVersionOfAWatchedKeyCounts) {
  client.say("WATCH k\r\n");
  other.say("SET k 1\r\n");
  client.say("WATCH k\r\n");
  EXPECT_EQ(client.say("MULTI\r\nGET k\r\nEXEC\r\n"), "+OK\r\n+QUEUED\r\n*-1\r\n");
}

TEST_F(TransactionTest, UnwatchAndDiscardForget) {
  client.say("WATCH k\r\nUNWATCH\r\n");
  other.say("SET k 1\r\n");
  EXPECT_EQ(client.say("MULTI\r\nGET k\r\nEXEC\r\n"), "+OK\r\n+QUEUED\r\n*1\r\n$1\r\n1\r\n");
  EXPECT_EQ(client.say("WATCH k\r\nMULTI\r\nSET k 9\r\nDISCARD\r\n"),
            "+OK\r\n+OK\r\n+QUEUED\r\n+OK\r\n");
  EXPECT_EQ(client.say("GET k\r\n"), "$1\r\n1\r\n");
  EXPECT_EQ(client.say("DISCARD\r\n"), "-ERR DISCARD without MULTI\r\n");
  EXPECT_EQ(client.say("EXEC\r\n"), "-ERR EXEC without MULTI\r\n");
}

TEST_F(TransactionTest, AnErrorWhileQueueingAbortsIt) {
  const std::string abort = "-EXECABORT Transaction discarded because of previous errors.\r\n";
  for (const char* wrong : {"FROB", "GET", "WATCH k", "ECHO", "PARLEY.PULL", "HELLO 3"}) {
    client.say("MULTI\r\nSET k 1\r\n");
    EXPECT_EQ(client.say(std::string{wrong} + "\r\n").front(), '-') << wrong;
    EXPECT_EQ(client.say("EXEC\r\n"), abort) << wrong;
  }
  EXPECT_EQ(client.calls, 0);
  EXPECT_EQ(client.say("MULTI\r\nMULTI\r\nGET k\r\nEXEC\r\n"),
            "+OK\r\n-ERR MULTI calls can not be nested\r\n+QUEUED\r\n*1\r\n$-1\r\n");
}

TEST_F(TransactionTest, ThePortsOwnCommandsKeepTheirPlaces) {
  EXPECT_EQ(client.say("MULTI\r\nPING\r\nSET k 1\r\nECHO x\r\nGET k\r\nEXEC\r\n"),
            "+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n"
            "*4\r\n+PONG\r\n+OK\r\n$1\r\nx\r\n$1\r\n1\r\n");
  EXPECT_EQ(client.say("MULTI\r\nEXEC\r\n"), "+OK\r\n*0\r\n");
  EXPECT_EQ(client.calls, 1);
}

TEST_F(TransactionTest, AFailureIsOfTheWhole) {
  client.say("MULTI\r\nSET k 1\r\n");
  client.next = {CallResultKind::NotApplied};
  EXPECT_EQ(client.say("EXEC\r\n"), "-CLUSTERDOWN no quorum, not applied\r\n");
  client.say("MULTI\r\nSET k 1\r\n");
  client.next = {CallResultKind::Unknown};
  EXPECT_EQ(client.say("EXEC\r\n").substr(0, 8), "-UNKNOWN");
  client.next = {CallResultKind::NotApplied};
  EXPECT_EQ(client.say("WATCH k\r\n"), "-CLUSTERDOWN no quorum, not applied\r\n");
}

TEST_F(TransactionTest, IsBounded) {
  Client small{object, {}, {.bulk_max = 1'000, .request_max = 2'000}};
  small.say("MULTI\r\n");
  std::string answers;
  for (int i = 0; i < 20; ++i) answers += small.say(request({"SET", "k", std::string(100, 'x')}));
  EXPECT_NE(answers.find("+QUEUED"), std::string::npos);
  EXPECT_NE(answers.find("-ERR the transaction is too long"), std::string::npos);
  EXPECT_EQ(small.say("EXEC\r\n").substr(0, 10), "-EXECABORT");
}

// The object's own three calls.

class BranchTest : public TransactionTest {
 protected:
  /// Answers the call that is being made.
  std::string answer(const std::string& line, PortId port, const Outcome& outcome) {
    client.session.receive(view_of(line + "\r\n"));
    const std::optional<Ask> ask = client.session.advance();
    EXPECT_TRUE(ask && ask->port.value == port.value) << line;
    if (ask) asked = ask->value;
    client.session.answer(encode_outcome(outcome));
    return std::exchange(client.session.output(), {});
  }
  Bytes asked;
};

TEST_F(BranchTest, PullInvokeAndPushAreTheObjectsOwn) {
  EXPECT_EQ(client.say("PARLEY.INVOKE GET k\r\n"), "-ERR no branch: PARLEY.PULL first\r\n");
  EXPECT_EQ(client.say("PARLEY.PUSH\r\n"), "-ERR no branch: PARLEY.PULL first\r\n");
  EXPECT_EQ(answer("PARLEY.PULL STATE", port_pull, {.branch = 7, .position = {3, 0}}),
            "*8\r\n$6\r\nbranch\r\n:7\r\n$4\r\ntime\r\n:3\r\n$7\r\nversion\r\n:0\r\n"
            "$5\r\nstate\r\n$5\r\na map\r\n");
  EXPECT_TRUE(decode_pull(asked)->with_state);
  const Bytes ok = encode_command_reply(ok_reply());
  EXPECT_EQ(answer("PARLEY.INVOKE SET k 1", port_invoke, {.value = ok}), "+OK\r\n");
  const auto invoked = decode_invoke(asked);
  ASSERT_TRUE(invoked);
  EXPECT_EQ(invoked->branch, 7u);
  EXPECT_EQ(invoked->method, encode_command({1'000, {"SET", "k", "1"}}));
  EXPECT_EQ(answer("PARLEY.PUSH", port_push, {.position = {3, 1}, .value = ok}),
            "*6\r\n$4\r\ntime\r\n:3\r\n$7\r\nversion\r\n:1\r\n$6\r\nresult\r\n+OK\r\n");
  EXPECT_EQ(decode_push(asked)->branch, 7u);
  EXPECT_EQ(client.say("PARLEY.PUSH\r\n"), "-ERR no branch: PARLEY.PULL first\r\n");
}

TEST_F(BranchTest, EveryFailureSaysWhatHappened) {
  EXPECT_EQ(answer("PARLEY.PULL", port_pull, {.kind = OutcomeKind::Preempted}).substr(0, 10),
            "-PREEMPTED");
  EXPECT_EQ(answer("PARLEY.PULL", port_pull, {.kind = OutcomeKind::NoQuorum}).substr(0, 12),
            "-CLUSTERDOWN");
  answer("PARLEY.PULL", port_pull, {.branch = 8});
  EXPECT_EQ(answer("PARLEY.INVOKE GET k", port_invoke, {.kind = OutcomeKind::Stale}).substr(0, 6),
            "-STALE");
  answer("PARLEY.PULL", port_pull, {.branch = 9});
  EXPECT_EQ(answer("PARLEY.PUSH", port_push, {.kind = OutcomeKind::Unknown}).substr(0, 8),
            "-UNKNOWN");
  answer("PARLEY.PULL", port_pull, {.branch = 9});
  EXPECT_EQ(answer("PARLEY.PUSH", port_push, {.kind = OutcomeKind::Stale}).substr(0, 6), "-STALE");
  EXPECT_EQ(client.say("PARLEY.PULL FROB\r\n").substr(0, 17), "-ERR syntax error");
}

TEST_F(BranchTest, StatusTellsOfTheNode) {
  const std::string status = client.say("PARLEY.STATUS\r\n");
  for (const char* word : {"r1", "demo", "kv", "fake", "none"}) {
    EXPECT_NE(status.find(word), std::string::npos) << word;
  }
}

}  // namespace
}  // namespace parley::resp
