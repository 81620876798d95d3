// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/plugins/object/kv_fixture.h"

namespace parley::kv {
namespace {

using KvExpiryTest = KvTest;

TEST_F(KvExpiryTest, AKeyIsGoneAtItsDeadline) {
  say("set a 1 px 100");
  now_ms += 99;
  EXPECT_EQ(say("get a"), text("1"));
  EXPECT_EQ(say("pttl a"), integer(1));
  now_ms += 1;
  for (const char* line : {"get a", "getdel a", "getex a persist", "set a 2 xx", "getset b x"}) {
    EXPECT_EQ(say(line), nil) << line;
  }
  for (const char* line :
       {"exists a", "del a", "strlen a", "persist a", "expire a 10", "cas a 1 2"}) {
    EXPECT_EQ(say(line), integer(0)) << line;
  }
  EXPECT_EQ(say("ttl a"), integer(-2));
  EXPECT_EQ(say("type a"), "none");
  EXPECT_EQ(say("keys *"), "1) \"b\"");
  EXPECT_EQ(say("incr a"), integer(1));
  EXPECT_EQ(say("pttl a"), integer(-1));
}

TEST_F(KvExpiryTest, ARenamedKeyTakesThePlaceOfAnExpiredOne) {
  say("set a 1 px 100");
  say("set b 2");
  now_ms += 100;
  EXPECT_EQ(say("renamenx b a"), integer(1));
  EXPECT_EQ(say("get a"), text("2"));
}

TEST_F(KvExpiryTest, DeadlinesAreReadInEveryUnit) {
  say("set a 1");
  for (const char* line : {"ttl a", "pttl a", "expiretime a", "pexpiretime a"}) {
    EXPECT_EQ(say(line), integer(-1)) << line;
  }
  for (const char* line : {"ttl b", "pttl b", "expiretime b", "pexpiretime b"}) {
    EXPECT_EQ(say(line), integer(-2)) << line;
  }
  EXPECT_EQ(say("pexpire a 1499"), integer(1));
  EXPECT_EQ(say("ttl a"), integer(1));
  EXPECT_EQ(say("pexpire a 1500"), integer(1));
  EXPECT_EQ(say("ttl a"), integer(2));
  EXPECT_EQ(say("expire a 3"), integer(1));
  EXPECT_EQ(say("pexpiretime a"), integer(1'003'000));
  EXPECT_EQ(say("expireat a 1004"), integer(1));
  EXPECT_EQ(say("pttl a"), integer(4'000));
  EXPECT_EQ(say("pexpireat a 1005000"), integer(1));
  EXPECT_EQ(say("expiretime a"), integer(1'005));
  EXPECT_EQ(say("persist a"), integer(1));
  EXPECT_EQ(say("persist a"), integer(0));
  EXPECT_EQ(say("expire b 3"), integer(0));
}

TEST_F(KvExpiryTest, ConditionsOnTheOldDeadline) {
  say("set a 1");
  EXPECT_EQ(say("expire a 10 xx"), integer(0));
  EXPECT_EQ(say("expire a 10 gt"), integer(0));
  EXPECT_EQ(say("expire a 10 lt"), integer(1));
  EXPECT_EQ(say("expire a 10 nx"), integer(0));
  EXPECT_EQ(say("expire a 10 GT"), integer(0));
  EXPECT_EQ(say("expire a 11 xx gt"), integer(1));
  EXPECT_EQ(say("expire a 11 lt"), integer(0));
  EXPECT_EQ(say("expire a 9 lt"), integer(1));
  say("persist a");
  EXPECT_EQ(say("expire a 9 nx"), integer(1));
  EXPECT_EQ(say("expire a 9 nx gt"),
            "(error) ERR NX and XX, GT or LT options at the same time are not compatible");
  EXPECT_EQ(say("expire a 9 lt gt"),
            "(error) ERR GT and LT options at the same time are not compatible");
  EXPECT_EQ(say("expire a 9 now"), "(error) ERR Unsupported option now");
}

TEST_F(KvExpiryTest, TimesOutOfRange) {
  say("set a 1");
  EXPECT_EQ(say("expire a x"), not_integer);
  EXPECT_EQ(say("expire a 9223372036854775807"),
            "(error) ERR invalid expire time in 'expire' command");
  EXPECT_EQ(say("expireat a -9223372036854775808"),
            "(error) ERR invalid expire time in 'expireat' command");
  EXPECT_EQ(say("pexpire a 9223372036854775807"),
            "(error) ERR invalid expire time in 'pexpire' command");
  EXPECT_EQ(say("pexpireat a 9223372036854775807"), integer(1));
  EXPECT_EQ(say("pexpiretime a"), integer(INT64_MAX - 1));
  EXPECT_EQ(say("expire a -1"), integer(1));
  EXPECT_EQ(say("exists a"), integer(0));
}

TEST_F(KvExpiryTest, TimeDoesNotGoBack) {
  say("set a 1 px 100");
  now_ms += 100;
  say("set b 1");
  now_ms -= 50;
  EXPECT_EQ(say("get a"), nil);
  say("set c 1 px 10");
  EXPECT_EQ(say("pexpiretime c"), integer(1'000'110));
}

TEST_F(KvExpiryTest, AReadChangesNothing) {
  say("set a 1 px 100");
  const Bytes before = snapshot_of(object);
  now_ms += 1'000;
  for (const char* line :
       {"get a", "exists a", "dbsize", "keys *", "scan 0", "mget a b", "ttl a", "type a",
        "randomkey", "parley.version a", "parley.exec 0 2 get a", "touch a", "strlen a",
        "getrange a 0 1", "nonsense", "set a", "command"}) {
    EXPECT_TRUE(object.reads_only(method(*split_words(line)))) << line;
    say(line);
    EXPECT_EQ(snapshot_of(object), before) << line;
  }
  EXPECT_EQ(say("dbsize"), integer(0));
}

TEST_F(KvExpiryTest, ExpiredKeysLeaveTheStateInPortions) {
  constexpr std::size_t count = 100;
  for (std::size_t i = 0; i < count; ++i) {
    call({"set", "key:" + std::to_string(i), std::string(100, 'x'), "px", "10"});
  }
  say("set stays 1");
  now_ms += 10;
  EXPECT_EQ(say("dbsize"), integer(1));
  const std::size_t full = snapshot_of(object).size();
  say("set stays 2");
  const std::size_t less = snapshot_of(object).size();
  EXPECT_LT(less, full);
  EXPECT_GT(less, full / 2) << "one command may not remove everything";
  for (std::size_t i = 0; i <= count / expired_per_write_max; ++i) say("set stays 3");
  EXPECT_LT(snapshot_of(object).size(), 100u);
  EXPECT_EQ(say("get stays"), text("3"));
}

TEST_F(KvExpiryTest, KeysThatWaitForRemovalAreNotThere) {
  std::vector<std::string> del = {"del"};
  for (int i = 0; i < 100; ++i) {
    call({"set", "key:" + std::to_string(i), "x", "px", "10"});
    del.push_back("key:" + std::to_string(i));
  }
  now_ms += 10;
  EXPECT_EQ(print_reply(call(del)), integer(0));
  EXPECT_EQ(snapshot_of(object).back(), 0) << "no entry is left";
}

// A replica that came back from a snapshot must remove the same keys.
TEST_F(KvExpiryTest, RemovalDoesNotDependOnHowTheTreeWasMade) {
  for (int i = 0; i < 300; ++i) {
    call({"set", std::to_string(i), "x", "px", std::to_string(1 + i * 7 % 50)});
    if (i % 3 == 0) call({"del", std::to_string(i / 2)});
  }
  KeyValues restored;
  ASSERT_TRUE(restored.restore(snapshot_of(object)));
  for (int i = 0; i < 60; ++i) {
    now_ms += 1;
    const Bytes step = method({"incr", "count"});
    EXPECT_EQ(object.apply(step), restored.apply(step));
    ASSERT_EQ(snapshot_of(object), snapshot_of(restored)) << i;
  }
}

TEST_F(KvExpiryTest, AStampBeyondReasonIsRefused) {
  say("set a 1 px 100");
  const Bytes before = snapshot_of(object);
  now_ms = std::uint64_t{stamp_ms_max} + 1;
  EXPECT_TRUE(say("set b 1").starts_with("(error) ERR time of the command is out of range"));
  EXPECT_EQ(snapshot_of(object), before);
}

}  // namespace
}  // namespace parley::kv
