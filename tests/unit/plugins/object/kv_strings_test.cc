// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/plugins/object/kv_fixture.h"

namespace parley::kv {
namespace {

using KvStringsTest = KvTest;

TEST_F(KvStringsTest, GetReturnsWhatWasSet) {
  EXPECT_EQ(say("get a"), nil);
  EXPECT_EQ(say("set a 1"), ok);
  EXPECT_EQ(say("GET a"), text("1"));
  EXPECT_EQ(say("set '' empty"), ok);
  EXPECT_EQ(say("get ''"), text("empty"));
  EXPECT_EQ(say("set a ''"), ok);
  EXPECT_EQ(say("get a"), text(""));
}

TEST_F(KvStringsTest, KeysAndValuesAreAnyBytes) {
  const std::string bytes("\0\r\n\xFF", 4);
  call({"set", bytes, bytes + bytes});
  EXPECT_EQ(call({"get", bytes}), CommandReply{bytes + bytes});
}

TEST_F(KvStringsTest, SetOnlyIfAbsentOrPresent) {
  EXPECT_EQ(say("set a 1 xx"), nil);
  EXPECT_EQ(say("set a 1 NX"), ok);
  EXPECT_EQ(say("set a 2 nx"), nil);
  EXPECT_EQ(say("set a 3 xx"), ok);
  EXPECT_EQ(say("get a"), text("3"));
}

TEST_F(KvStringsTest, SetGetReturnsTheOldValue) {
  EXPECT_EQ(say("set a 1 get"), nil);
  EXPECT_EQ(say("set a 2 get"), text("1"));
  EXPECT_EQ(say("set a 3 nx get"), text("2"));
  EXPECT_EQ(say("get a"), text("2"));
  EXPECT_EQ(say("set b 3 xx get"), nil);
  EXPECT_EQ(say("exists b"), integer(0));
}

TEST_F(KvStringsTest, SetTakesOneExpiry) {
  EXPECT_EQ(say("set a 1 ex 10"), ok);
  EXPECT_EQ(say("pttl a"), integer(10'000));
  EXPECT_EQ(say("set a 1 px 10"), ok);
  EXPECT_EQ(say("pttl a"), integer(10));
  EXPECT_EQ(say("set a 1 exat 1010"), ok);
  EXPECT_EQ(say("pttl a"), integer(10'000));
  EXPECT_EQ(say("set a 1 PXAT 1000010 XX"), ok);
  EXPECT_EQ(say("pttl a"), integer(10));
  EXPECT_EQ(say("set a 2 keepttl"), ok);
  EXPECT_EQ(say("pttl a"), integer(10));
  EXPECT_EQ(say("set a 3"), ok);
  EXPECT_EQ(say("pttl a"), integer(-1));
  EXPECT_EQ(say("set a 4 ex 1 ex 2"), ok);
  EXPECT_EQ(say("ttl a"), integer(2));
}

TEST_F(KvStringsTest, SetWithADeadlineInThePastDeletes) {
  say("set a 1");
  EXPECT_EQ(say("set a 2 pxat 1"), ok);
  EXPECT_EQ(say("get a"), nil);
  EXPECT_EQ(say("dbsize"), integer(0));
}

TEST_F(KvStringsTest, SetRefusesWhatRedisRefuses) {
  for (const char* line :
       {"set a 1 nx xx", "set a 1 xx nx", "set a 1 ex", "set a 1 ex 1 px 1", "set a 1 keepttl ex 1",
        "set a 1 ex 1 keepttl", "set a 1 persist", "set a 1 what", "set a 1 2"}) {
    EXPECT_EQ(say(line), syntax) << line;
  }
  EXPECT_EQ(say("set a 1 ex 1.5"), not_integer);
  for (const char* line : {"set a 1 ex 0", "set a 1 px -1", "set a 1 ex 9223372036854775807",
                           "set a 1 px 9223372036854775807", "set a 1 exat 0"}) {
    EXPECT_EQ(say(line), "(error) ERR invalid expire time in 'set' command") << line;
  }
  EXPECT_EQ(say("exists a"), integer(0));
}

TEST_F(KvStringsTest, OlderFormsOfSet) {
  EXPECT_EQ(say("setnx a 1"), integer(1));
  EXPECT_EQ(say("setnx a 2"), integer(0));
  EXPECT_EQ(say("setex a 5 3"), ok);
  EXPECT_EQ(say("ttl a"), integer(5));
  EXPECT_EQ(say("psetex a 5 4"), ok);
  EXPECT_EQ(say("pttl a"), integer(5));
  EXPECT_EQ(say("getset a 5"), text("4"));
  EXPECT_EQ(say("pttl a"), integer(-1));
  EXPECT_EQ(say("getset b 1"), nil);
  EXPECT_EQ(say("setex a 0 1"), "(error) ERR invalid expire time in 'setex' command");
  EXPECT_EQ(say("psetex a -1 1"), "(error) ERR invalid expire time in 'psetex' command");
  EXPECT_EQ(say("setex a x 1"), not_integer);
  EXPECT_EQ(say("get a"), text("5"));
}

TEST_F(KvStringsTest, GetdelTakesAway) {
  EXPECT_EQ(say("getdel a"), nil);
  say("set a 1");
  EXPECT_EQ(say("getdel a"), text("1"));
  EXPECT_EQ(say("exists a"), integer(0));
}

TEST_F(KvStringsTest, GetexChangesTheDeadline) {
  EXPECT_EQ(say("getex a ex 10"), nil);
  say("set a 1");
  EXPECT_EQ(say("getex a"), text("1"));
  EXPECT_EQ(say("ttl a"), integer(-1));
  EXPECT_EQ(say("getex a ex 10"), text("1"));
  EXPECT_EQ(say("ttl a"), integer(10));
  EXPECT_EQ(say("getex a persist"), text("1"));
  EXPECT_EQ(say("ttl a"), integer(-1));
  EXPECT_EQ(say("getex a ex 1 persist"), syntax);
  EXPECT_EQ(say("getex a keepttl"), syntax);
  EXPECT_EQ(say("getex a ex 0"), "(error) ERR invalid expire time in 'getex' command");
  EXPECT_EQ(say("getex a pxat 1"), text("1"));
  EXPECT_EQ(say("exists a"), integer(0));
}

TEST_F(KvStringsTest, SeveralKeysAtOnce) {
  EXPECT_EQ(say("mset a 1 b 2 a 3"), ok);
  EXPECT_EQ(say("mget a b c a"), "1) \"3\"\n2) \"2\"\n3) (nil)\n4) \"3\"");
  EXPECT_EQ(say("msetnx c 1 b 2"), integer(0));
  EXPECT_EQ(say("exists c"), integer(0));
  EXPECT_EQ(say("msetnx c 1 d 2"), integer(1));
  EXPECT_EQ(say("mset a 1 b"), "(error) ERR wrong number of arguments for 'mset' command");
  EXPECT_EQ(say("msetnx a 1 b"), "(error) ERR wrong number of arguments for 'msetnx' command");
}

TEST_F(KvStringsTest, NumbersCount) {
  EXPECT_EQ(say("incr a"), integer(1));
  EXPECT_EQ(say("incrby a 41"), integer(42));
  EXPECT_EQ(say("decr a"), integer(41));
  EXPECT_EQ(say("decrby a -1"), integer(42));
  EXPECT_EQ(say("get a"), text("42"));
  say("pexpire a 100");
  say("incr a");
  EXPECT_EQ(say("pttl a"), integer(100));
  EXPECT_EQ(say("incrby a 1.0"), not_integer);
}

TEST_F(KvStringsTest, NumbersAreAsStrictAsInRedis) {
  for (const char* value :
       {"", " 1", "1 ", "+1", "01", "-0", "0x1", "1.0", "9223372036854775808", "one", "-", "--1"}) {
    call({"set", "a", value});
    EXPECT_EQ(say("incr a"), not_integer) << value;
    EXPECT_EQ(call({"get", "a"}), CommandReply{std::string{value}});
  }
}

TEST_F(KvStringsTest, NumbersDoNotWrap) {
  constexpr const char* overflow = "(error) ERR increment or decrement would overflow";
  say("set a 9223372036854775807");
  EXPECT_EQ(say("incr a"), overflow);
  EXPECT_EQ(say("incrby a 9223372036854775807"), overflow);
  say("set a -9223372036854775808");
  EXPECT_EQ(say("decr a"), overflow);
  EXPECT_EQ(say("decrby a -9223372036854775808"), "(error) ERR decrement would overflow");
  EXPECT_EQ(say("get a"), text("-9223372036854775808"));
}

TEST_F(KvStringsTest, PartsOfValues) {
  EXPECT_EQ(say("append a hello"), integer(5));
  EXPECT_EQ(say("append a ' world'"), integer(11));
  EXPECT_EQ(say("strlen a"), integer(11));
  EXPECT_EQ(say("strlen b"), integer(0));
  const std::vector<std::pair<const char*, const char*>> ranges = {
      {"0 4", "hello"},   {"-5 -1", "world"}, {"0 -1", "hello world"},
      {"4 2", ""},        {"-1 -5", ""},      {"20 30", ""},
      {"6 100", "world"}, {"-100 0", "h"},    {"-100 -90", "h"}};
  for (const auto& [range, part] : ranges) {
    EXPECT_EQ(say(std::string{"getrange a "} + range), text(part)) << range;
  }
  EXPECT_EQ(say("getrange b 0 -1"), text(""));
  EXPECT_EQ(say("getrange a 0 x"), not_integer);
  EXPECT_EQ(say("setrange a 6 there"), integer(11));
  EXPECT_EQ(say("get a"), text("hello there"));
  EXPECT_EQ(say("setrange b 2 x"), integer(3));
  EXPECT_EQ(say("get b"), text("\\x00\\x00x"));
  EXPECT_EQ(say("setrange c 5 ''"), integer(0));
  EXPECT_EQ(say("exists c"), integer(0));
  EXPECT_EQ(say("setrange a -1 x"), "(error) ERR offset is out of range");
  EXPECT_EQ(say("setrange a x x"), not_integer);
}

TEST_F(KvStringsTest, AppendKeepsTheDeadline) {
  say("set a 1 px 50");
  say("append a 2");
  say("setrange a 0 3");
  EXPECT_EQ(say("pttl a"), integer(50));
}

TEST_F(KvStringsTest, CasSetsOnlyWhatIsExpected) {
  EXPECT_EQ(say("cas a '' 1"), integer(0));
  say("set a 1 px 50");
  EXPECT_EQ(say("cas a 2 3"), integer(0));
  EXPECT_EQ(say("cas a 1 2"), integer(1));
  EXPECT_EQ(say("get a"), text("2"));
  EXPECT_EQ(say("pttl a"), integer(50));
}

}  // namespace
}  // namespace parley::kv
