// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/unit/kv/fake_store.h"

namespace parley::resp {
namespace {

using test::Client;
using test::FakeObject;
using test::request;

class SessionTest : public testing::Test {
 protected:
  FakeObject object;
  Client client{object};
};

TEST_F(SessionTest, ADataCommandIsOneCallOfTheObject) {
  EXPECT_EQ(client.say(request({"SET", "k", "v"})), "+OK\r\n");
  EXPECT_EQ(client.last.mode, CallMode::ExactlyOnce);
  EXPECT_EQ(client.last.timeout, 5s);
  EXPECT_EQ(client.last.method, encode_command({1'000, {"SET", "k", "v"}}));
  EXPECT_EQ(client.say(request({"get", "k"})), "$1\r\nv\r\n");
  EXPECT_EQ(client.last.mode, CallMode::AtLeastOnce);
  EXPECT_EQ(client.calls, 2);
}

TEST_F(SessionTest, APipelineIsAnsweredInOrderByOneCall) {
  EXPECT_EQ(client.say(request({"SET", "k", "1"}) + request({"INCR", "k"}) + request({"GET", "k"}) +
                       request({"SET", "k", "x"}) + request({"INCR", "k"}) + "GET k\r\n"),
            "+OK\r\n:2\r\n$1\r\n2\r\n+OK\r\n-ERR value is not an integer or out of range\r\n"
            "$1\r\nx\r\n");
  EXPECT_EQ(client.calls, 1);
  EXPECT_EQ(client.host.errors[ErrorKind::Object], 1);
}

// Goal: a batch whose replies have no room is continued, not repeated.
TEST_F(SessionTest, WhatABatchHadNoRoomForIsAskedForNext) {
  object.batch_room = 2;
  std::string pipeline;
  for (int i = 0; i < 5; ++i) pipeline += request({"INCR", "k"});
  EXPECT_EQ(client.say(pipeline), ":1\r\n:2\r\n:3\r\n:4\r\n:5\r\n");
  EXPECT_EQ(client.calls, 3);
}

TEST_F(SessionTest, WithoutBatchesAPipelineIsOneCallEach) {
  object.has_batch = false;
  Client plain{object};
  EXPECT_EQ(plain.say(request({"INCR", "k"}) + request({"INCR", "k"})), ":1\r\n:2\r\n");
  EXPECT_EQ(plain.calls, 2);
}

TEST_F(SessionTest, ABackendThatRefusesBatchesIsAskedOneByOne) {
  client.next = {CallResultKind::NotSupported};
  EXPECT_EQ(client.say(request({"INCR", "k"}) + request({"INCR", "k"})), ":1\r\n:2\r\n");
  EXPECT_EQ(client.calls, 3);
  EXPECT_EQ(client.say(request({"INCR", "k"}) + request({"INCR", "k"})), ":3\r\n:4\r\n");
  EXPECT_EQ(client.calls, 5) << "it is not tried again";
}

TEST_F(SessionTest, AnOwnCommandWaitsForWhatWasSentBeforeIt) {
  EXPECT_EQ(client.say(request({"SET", "k", "1"}) + "PING\r\n" + request({"GET", "k"})),
            "+OK\r\n+PONG\r\n$1\r\n1\r\n");
}

TEST_F(SessionTest, EveryFailureSaysWhetherItWasApplied) {
  const std::string unknown =
      "-UNKNOWN outcome unknown: the command may have been applied, may be later, or never\r\n";
  client.next = {CallResultKind::NotApplied, CallResultKind::Unknown, CallResultKind::NotSupported,
                 CallResultKind::Unknown, CallResultKind::Unknown};
  EXPECT_EQ(client.say(request({"SET", "k", "v"})), "-CLUSTERDOWN no quorum, not applied\r\n");
  EXPECT_EQ(client.say(request({"SET", "k", "v"})), unknown);
  EXPECT_EQ(client.say(request({"SET", "k", "v"})), "-ERR not supported by backend none\r\n");
  EXPECT_EQ(client.say(request({"GET", "k"})), "-CLUSTERDOWN no answer in time, not applied\r\n")
      << "what changes nothing was not applied";
  EXPECT_EQ(client.say(request({"SET", "k", "v"}) + request({"GET", "k"})), unknown + unknown);
  EXPECT_EQ(client.host.errors[ErrorKind::Unknown], 2);
  EXPECT_EQ(client.host.errors[ErrorKind::NotApplied], 2);
}

TEST_F(SessionTest, NoAnswerAtAllIsUnknownOrNotAppliedForReads) {
  client.session.receive(view_of(request({"SET", "k", "v"})));
  ASSERT_TRUE(client.session.advance());
  EXPECT_TRUE(client.session.waiting());
  EXPECT_FALSE(client.session.advance());
  client.session.answer(std::nullopt);
  EXPECT_EQ(client.session.output().substr(0, 8), "-UNKNOWN");
}

TEST_F(SessionTest, ACallThatWasNeverMadeWasNotApplied) {
  client.session.receive(view_of(request({"SET", "k", "v"})));
  ASSERT_TRUE(client.session.advance());
  client.session.refuse("the node is stopping");
  EXPECT_EQ(client.session.output(), "-CLUSTERDOWN the node is stopping, not applied\r\n");
}

TEST_F(SessionTest, WhatTheObjectRefusesAnywayIsNotReplicated) {
  EXPECT_EQ(client.say(request({"FROB"})), "-ERR unknown command 'FROB'\r\n");
  EXPECT_EQ(client.say(request({"GET"})), "-ERR wrong number of arguments for 'get' command\r\n");
  EXPECT_EQ(client.calls, 0);
  EXPECT_EQ(client.host.errors[ErrorKind::Object], 2);
}

TEST_F(SessionTest, AProtocolErrorIsToldAfterWhatWasRightAndEndsTheConnection) {
  EXPECT_EQ(client.say(request({"INCR", "k"}) + "*1\r\nx"),
            ":1\r\n-ERR Protocol error: expected '$', got 'x'\r\n");
  EXPECT_TRUE(client.session.closing());
  EXPECT_EQ(client.say("PING\r\n"), "");
  EXPECT_EQ(client.host.errors[ErrorKind::Protocol], 1);
}

TEST_F(SessionTest, QuitAnswersAndEnds) {
  EXPECT_EQ(client.say("QUIT\r\nPING\r\n"), "+OK\r\n");
  EXPECT_TRUE(client.session.closing());
}

TEST_F(SessionTest, ConnectionCommandsAreThePortsOwn) {
  EXPECT_EQ(client.say("PING\r\n"), "+PONG\r\n");
  EXPECT_EQ(client.say("ping hello\r\n"), "$5\r\nhello\r\n");
  EXPECT_EQ(client.say("ECHO \"a b\"\r\n"), "$3\r\na b\r\n");
  EXPECT_EQ(client.say("SELECT 0\r\n"), "+OK\r\n");
  EXPECT_EQ(client.say("SELECT 1\r\n").substr(0, 28), "-ERR DB index is out of rang");
  EXPECT_EQ(client.say("CLIENT ID\r\n"), ":1\r\n");
  EXPECT_EQ(client.say("CLIENT GETNAME\r\n"), "$-1\r\n");
  EXPECT_EQ(client.say("CLIENT SETNAME me\r\nCLIENT GETNAME\r\n"), "+OK\r\n$2\r\nme\r\n");
  EXPECT_EQ(client.say("CLIENT SETNAME \"a b\"\r\n").substr(0, 4), "-ERR");
  EXPECT_EQ(client.say("client SETINFO LIB-NAME x\r\nCLIENT NO-EVICT on\r\n"), "+OK\r\n+OK\r\n");
  EXPECT_NE(client.say("CLIENT INFO\r\n").find("name=me"), std::string::npos);
  EXPECT_EQ(client.say("CLIENT FROB\r\n").substr(0, 4), "-ERR");
  EXPECT_EQ(client.say("CONFIG GET save\r\n"), "*2\r\n$4\r\nsave\r\n$0\r\n\r\n");
  EXPECT_EQ(client.say("CONFIG GET max*\r\n").substr(0, 4), "*6\r\n");
  EXPECT_EQ(client.say("CONFIG SET save x\r\n").substr(0, 4), "-ERR");
  EXPECT_NE(client.say("info\r\n").find("redis_version:"), std::string::npos);
  EXPECT_EQ(client.say("INFO clients\r\n").find("redis_version:"), std::string::npos);
  EXPECT_EQ(client.say("ECHO\r\n"), "-ERR wrong number of arguments for 'echo' command\r\n");
  EXPECT_EQ(client.calls, 0);
}

TEST_F(SessionTest, HelloChoosesTheVersion) {
  const std::string three = client.say("HELLO 3\r\n");
  EXPECT_EQ(three.substr(0, 4), "%7\r\n");
  EXPECT_EQ(client.say("GET none\r\n"), "_\r\n");
  EXPECT_EQ(client.say("HELLO 4\r\n"), "-NOPROTO unsupported protocol version\r\n");
  EXPECT_EQ(client.say("HELLO 3 FROB\r\n"), "-ERR Syntax error in HELLO option 'FROB'\r\n");
  EXPECT_EQ(client.say("HELLO 2 SETNAME me\r\n").substr(0, 5), "*14\r\n");
  EXPECT_EQ(client.say("CLIENT GETNAME\r\n"), "$2\r\nme\r\n");
  client.say("HELLO 3\r\n");
  EXPECT_EQ(client.say("RESET\r\n"), "+RESET\r\n");
  EXPECT_EQ(client.say("GET none\r\n"), "$-1\r\n");
}

TEST_F(SessionTest, CommandTellsTheObjectsCommandsAndThePorts) {
  const std::size_t count = 6 + own_commands().size();  // COMMAND is the port's.
  EXPECT_EQ(client.say("COMMAND COUNT\r\n"), ":" + std::to_string(count) + "\r\n");
  EXPECT_EQ(client.say("COMMAND\r\n").substr(0, 5), "*" + std::to_string(count) + "\r\n");
  EXPECT_EQ(client.say("COMMAND INFO get frob\r\n"), "*2\r\n*2\r\n$3\r\nget\r\n:2\r\n$-1\r\n");
  EXPECT_EQ(client.say("COMMAND INFO ping\r\n").substr(0, 26),
            "*1\r\n*10\r\n$4\r\nping\r\n:-1\r\n*1");
  EXPECT_EQ(client.say("COMMAND DOCS ping\r\n").substr(0, 16), "*2\r\n$4\r\nping\r\n*6");
  EXPECT_EQ(client.calls, 0);
}

TEST_F(SessionTest, RepliesCanBeSwitchedOff) {
  EXPECT_EQ(client.say("CLIENT REPLY OFF\r\nSET k 1\r\nPING\r\n"), "");
  EXPECT_EQ(client.say("CLIENT REPLY ON\r\nGET k\r\n"), "+OK\r\n$1\r\n1\r\n");
  EXPECT_EQ(client.say("CLIENT REPLY SKIP\r\nSET k 2\r\nGET k\r\n"), "$1\r\n2\r\n");
  EXPECT_EQ(client.say("CLIENT REPLY SKIP\r\nPING\r\nPING\r\n"), "+PONG\r\n");
  EXPECT_EQ(client.say("CLIENT REPLY SKIP\r\nWATCH k\r\nPING\r\n"), "+PONG\r\n");
}

TEST_F(SessionTest, AStrangerHasToSayThePassword) {
  Client stranger{object, "secret"};
  const std::string no = "-NOAUTH Authentication required.\r\n";
  const std::string wrong = "-WRONGPASS invalid username-password pair or user is disabled.\r\n";
  EXPECT_EQ(stranger.say("GET k\r\nPING\r\nFROB\r\nMULTI\r\n"), no + no + no + no);
  EXPECT_EQ(stranger.say("HELLO 3\r\n").substr(0, 7), "-NOAUTH");
  for (const char* said : {"secre", "secretx", "secretsecret", "Secret", "\"\""}) {
    EXPECT_EQ(stranger.say(std::string{"AUTH "} + said + "\r\n"), wrong) << said;
  }
  EXPECT_EQ(stranger.say("AUTH somebody secret\r\n"), wrong);
  EXPECT_EQ(stranger.say("AUTH secret\r\nGET k\r\n"), "+OK\r\n$-1\r\n");
  EXPECT_EQ(stranger.say("RESET\r\nGET k\r\n"), "+RESET\r\n" + no);
  EXPECT_EQ(stranger.say("HELLO 3 AUTH default secret\r\n").substr(0, 2), "%7");
  EXPECT_EQ(client.say("AUTH secret\r\n").substr(0, 40),
            "-ERR AUTH <password> called without any ");
  Client loud{object, "secret"};
  EXPECT_NE(loud.say("*17\r\n").find("at most 16 words"), std::string::npos);
}

// Goal: what was queued is answered before anything more of a pipeline begins.
TEST_F(SessionTest, OutputAndInputAreBounded) {
  client.say(request({"SET", "k", std::string(100'000, 'x')}));
  std::string pipeline;
  for (int i = 0; i < 500; ++i) pipeline += request({"GET", "k"}) + "PING\r\n";
  client.session.receive(view_of(pipeline));
  std::size_t most = 0;
  std::size_t total = 0;
  for (int turn = 0; turn < 10'000; ++turn) {
    const std::optional<Ask> ask = client.session.advance();
    if (ask) {
      client.serve(*ask);
    } else if (client.session.output().empty()) {
      break;
    } else {
      most = std::max(most, client.session.output().size());
      total += std::exchange(client.session.output(), {}).size();
    }
  }
  EXPECT_EQ(total, 500u * (100'000 + 11 + 7));
  EXPECT_LT(most, Session::output_max + 200'000);

  client.session.receive(view_of(request({"GET", "k"})));
  ASSERT_TRUE(client.session.advance());
  EXPECT_TRUE(client.session.wants_input());
  client.session.receive(view_of("*2\r\n$3\r\nGET\r\n$1000000\r\n"));
  client.session.receive(Bytes(Session::input_max, 'x'));
  EXPECT_FALSE(client.session.wants_input());
  client.session.answer(std::nullopt);
  client.session.advance();
  EXPECT_TRUE(client.session.wants_input())
      << "nothing waits: the rest of the word is needed first";
}

}  // namespace
}  // namespace parley::resp
