// SPDX-License-Identifier: Apache-2.0
//
// Clients as people have them, unmodified, against three processes. A client that
// is not installed is skipped, and says how to get it.
#if __has_include(<hiredis/hiredis.h>)
#include <hiredis/hiredis.h>
#define PARLEY_HAS_HIREDIS 1
#endif

#include "tests/e2e/kv/kv_cluster.h"

namespace parley::e2e {
namespace {

constexpr const char* redis_tools_missing =
    "SKIPPED: redis-cli and redis-benchmark are not here; apt-get install redis-tools";

class RedisClientsTest : public KvCluster {
 protected:
  void SetUp() override {
    if (!has_program("redis-cli") || !has_program("redis-benchmark")) {
      GTEST_SKIP() << redis_tools_missing;
    }
    KvCluster::SetUp();
  }
};

TEST_F(RedisClientsTest, RedisCliSeesOneStoreOnEveryNode) {
  EXPECT_EQ(cli("r1", "SET greeting hello").output, "OK\n");
  for (const std::string& node : names) EXPECT_EQ(cli(node, "GET greeting").output, "hello\n");
  EXPECT_EQ(cli("r2", "-3 GET greeting").output, "hello\n");
  EXPECT_EQ(cli("r2", "INCR counter").output, "1\n");
  EXPECT_EQ(cli("r3", "INCR greeting").output.substr(0, 4), "ERR ");
  EXPECT_EQ(cli("r1", "MSET a 1 b 2").output, "OK\n");
  EXPECT_EQ(cli("r3", "--scan").output.find("greeting") == std::string::npos, false);
  EXPECT_NE(cli("r1", "INFO").output.find("role:master"), std::string::npos);
  EXPECT_NE(cli("r1", "PARLEY.STATUS").output.find("multi_paxos"), std::string::npos);
  EXPECT_EQ(cli("r1", "FROB x").output.substr(0, 19), "ERR unknown command");
}

TEST_F(RedisClientsTest, TransactionsAndBranchesKeepToTheirConnection) {
  const Finished done = run_shell(
      "printf \"SET k 1\\nWATCH k\\nMULTI\\nINCR k\\nGET k\\nEXEC\\nPARLEY.PULL\\n"
      "PARLEY.INVOKE SET k 7\\nPARLEY.PUSH\\nGET k\\n\" | redis-cli -p " +
      port("r1"));
  EXPECT_EQ(done.output.substr(0, 34), "OK\nOK\nOK\nQUEUED\nQUEUED\n2\n2\nbranch\n") << done.output;
  EXPECT_EQ(done.output.substr(done.output.size() - 2), "7\n") << done.output;
}

TEST_F(RedisClientsTest, RedisBenchmarkRunsQuietly) {
  const Finished done = run_shell("redis-benchmark -p " + port("r1") +
                                  " -n 2000 -c 20 -P 16 -t ping,set,get,incr,mset -q");
  EXPECT_EQ(done.status, 0) << done.output;
  for (const char* name : {"PING_INLINE", "PING_MBULK", "SET", "GET", "INCR", "MSET (10 keys)"}) {
    EXPECT_NE(done.output.find(std::string{name} + ": "), std::string::npos) << done.output;
  }
  EXPECT_EQ(done.output.find("WARNING"), std::string::npos) << done.output;
  EXPECT_EQ(done.output.find("rror"), std::string::npos) << done.output;
  const std::string metrics = http(metrics_["r1"], "GET", "/metrics").body;
  EXPECT_NE(metrics.find("parley_resp_commands_total{command=\"set\"} 2000"), std::string::npos);
  EXPECT_NE(metrics.find("parley_resp_command_seconds_count"), std::string::npos);
}

TEST_F(RedisClientsTest, WhatWasAcknowledgedSurvivesKills) {
  std::string writes;
  for (int i = 0; i < 100; ++i) writes += "SET key" + std::to_string(i) + " value\\n";
  const Finished done = run_shell("printf \"" + writes + "\" | redis-cli -p " + port("r1"));
  std::string expected;
  for (int i = 0; i < 100; ++i) expected += "OK\n";
  ASSERT_EQ(done.output, expected);
  kill_hard("r1");
  ASSERT_TRUE(serves("r2")) << "two of three are a majority";
  EXPECT_EQ(cli("r3", "DBSIZE").output, "100\n");
  kill_hard("r2");
  const std::string refused = cli("r3", "SET lost 1").output;
  EXPECT_TRUE(refused.starts_with("CLUSTERDOWN") || refused.starts_with("UNKNOWN")) << refused;
  start("r1");
  start("r2");
  for (const std::string& node : names) {
    ASSERT_TRUE(serves(node)) << node;
    EXPECT_EQ(cli(node, "GET key99").output, "value\n");
  }
}

#ifdef PARLEY_HAS_HIREDIS
TEST_F(RedisClientsTest, HiredisPipelines) {
  redisContext* context = redisConnect("127.0.0.1", std::stoi(port("r2")));
  ASSERT_TRUE(context != nullptr && context->err == 0);
  constexpr int count = 1'000;
  for (int i = 0; i < count; ++i) redisAppendCommand(context, "INCR counter");
  for (int i = 1; i <= count; ++i) {
    void* answer = nullptr;
    ASSERT_EQ(redisGetReply(context, &answer), REDIS_OK);
    auto* reply = static_cast<redisReply*>(answer);
    EXPECT_EQ(reply->type, REDIS_REPLY_INTEGER);
    EXPECT_EQ(reply->integer, i);
    freeReplyObject(reply);
  }
  auto* binary = static_cast<redisReply*>(redisCommand(context, "SET %s %b", "k", "a\0\r\nb", 5));
  ASSERT_NE(binary, nullptr);
  EXPECT_STREQ(binary->str, "OK");
  freeReplyObject(binary);
  auto* read = static_cast<redisReply*>(redisCommand(context, "GET k"));
  ASSERT_NE(read, nullptr);
  EXPECT_EQ(std::string(read->str, read->len), std::string("a\0\r\nb", 5));
  freeReplyObject(read);
  redisFree(context);
}
#else
TEST(HiredisTest, Pipelines) {
  GTEST_SKIP() << "SKIPPED: built without hiredis; apt-get install libhiredis-dev";
}
#endif

class NodeClientsTest : public RedisClientsTest {
 protected:
  /// Runs a script of this folder with the packages under the build folder.
  void run_script(const std::string& name) {
    if (IsSkipped()) return;
    const std::string modules = PARLEY_BUILD_DIR "/node_clients/node_modules";
    if (!has_program("node") || !std::filesystem::exists(modules + "/" + name)) {
      GTEST_SKIP() << "SKIPPED: the client is not here; npm install --prefix " PARLEY_BUILD_DIR
                      "/node_clients redis ioredis";
    }
    const Finished done =
        run_shell("NODE_PATH=" + modules + " node " PARLEY_SOURCE_DIR "/tests/e2e/kv/" + name +
                  ".cjs " + port("r1") + " " + port("r2"));
    EXPECT_EQ(done.status, 0) << done.output;
    EXPECT_EQ(done.output, "passed\n");
  }
};

TEST_F(NodeClientsTest, NodeRedis) {
  run_script("redis");
}

TEST_F(NodeClientsTest, Ioredis) {
  run_script("ioredis");
}

}  // namespace
}  // namespace parley::e2e
