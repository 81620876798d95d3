// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/plugins/object/kv_fixture.h"

namespace parley::kv {
namespace {

class KvTransactionsTest : public KvTest {
 protected:
  std::int64_t version(const std::string& key) {
    const auto versions = std::get<CommandReply::Array>(call({"parley.version", key}).value);
    return std::get<std::int64_t>(versions.at(0).value);
  }
  /// Sets a mark if the key still has the version.
  bool passes(const std::string& key, std::int64_t watched) {
    const CommandReply reply =
        call({"parley.exec", "1", key, std::to_string(watched), "3", "set", "mark", "1"});
    return !std::holds_alternative<CommandReply::Nil>(reply.value);
  }
};

TEST_F(KvTransactionsTest, RunsAllCommandsAsOne) {
  EXPECT_EQ(say("parley.exec 0 3 set a 1 2 incr a 2 get a 2 get b"),
            "1) OK\n2) (integer) 2\n3) \"2\"\n4) (nil)");
  EXPECT_EQ(say("parley.exec 0"), "(empty array)");
}

TEST_F(KvTransactionsTest, AFailingCommandStopsNoOther) {
  EXPECT_EQ(say("parley.exec 0 3 set a x 2 incr a 1 get 1 nope 2 get a"),
            "1) OK\n"
            "2) (error) ERR value is not an integer or out of range\n"
            "3) (error) ERR wrong number of arguments for 'get' command\n"
            "4) (error) ERR unknown command 'nope', with args beginning with: \n"
            "5) \"x\"");
  EXPECT_EQ(say("parley.exec 0 2 parley.exec 0"),
            "1) (error) ERR PARLEY.EXEC calls can not be nested");
}

TEST_F(KvTransactionsTest, ABatchRunsItsCommandsInOrder) {
  EXPECT_EQ(say("parley.batch 3 set a x 2 incr a 2 get a"),
            "1) OK\n2) (error) ERR value is not an integer or out of range\n3) \"x\"");
  EXPECT_EQ(say("parley.batch"), "(empty array)");
  EXPECT_EQ(say("parley.batch 1 parley.batch"),
            "1) (error) ERR PARLEY.BATCH calls can not be nested");
  EXPECT_EQ(say("parley.batch 2 get").substr(0, 26), "(error) ERR syntax error: ");
  EXPECT_TRUE(object.reads_only(method(*split_words("parley.batch 2 get a 2 get b"))));
  EXPECT_FALSE(object.reads_only(method(*split_words("parley.batch 2 get a 2 incr b"))));
}

// Goal: what has no room in a batch is not begun, nor anything behind it.
TEST_F(KvTransactionsTest, ABatchEndsWhereRepliesHaveNoMoreRoom) {
  call({"set", "big", std::string(value_size_max, 'x')});
  std::vector<std::string> words = {"parley.batch"};
  for (int i = 0; i < 40; ++i) {
    words.insert(words.end(), {"2", "get", "big", "2", "incr", "count"});
  }
  const auto replies = std::get<CommandReply::Array>(call(words).value);
  const std::size_t fitting = reply_size_max / value_size_max - 1;
  ASSERT_EQ(replies.size(), 2 * fitting);
  for (std::size_t i = 0; i < replies.size(); i += 2) {
    EXPECT_EQ(std::get<std::string>(replies[i].value).size(), value_size_max);
    EXPECT_EQ(std::get<std::int64_t>(replies[i + 1].value), static_cast<std::int64_t>(i / 2 + 1));
  }
  EXPECT_EQ(say("get count"), text(std::to_string(fitting)));
}

TEST_F(KvTransactionsTest, EveryChangeOfAKeyIsSeen) {
  say("set a 1");
  for (const char* line : {"set a 1",      "incr a",    "append a 1",       "setrange a 0 2",
                           "expire a 100", "persist a", "cas a 21 1",       "getset a 1",
                           "getex a ex 9", "mset a 1",  "rename a b",       "set a 1",
                           "rename b a",   "del a",     "msetnx a 1",       "getdel a",
                           "setnx a 1",    "set x 1",   "copy x a replace", "flushall"}) {
    const std::int64_t before = version("a");
    const bool changes = std::string_view{line} != "set x 1";
    say(line);
    EXPECT_EQ(version("a") != before, changes) << line;
    EXPECT_EQ(passes("a", before), !changes) << line;
  }
}

TEST_F(KvTransactionsTest, WhatChangesNothingIsNotSeen) {
  say("set a 1");
  const std::int64_t before = version("a");
  for (const char* line : {"get a", "set b 2", "set a 2 nx", "setnx a 2", "cas a 9 1",
                           "expire a 1 xx", "persist a", "getex a", "renamenx b a", "incrby a x"}) {
    say(line);
    EXPECT_EQ(version("a"), before) << line;
  }
  EXPECT_TRUE(passes("a", before));
}

TEST_F(KvTransactionsTest, AKeyThatWasDeletedAndMadeAgainIsAnother) {
  say("set a 1");
  const std::int64_t before = version("a");
  say("del a");
  EXPECT_EQ(version("a"), 0);
  say("set a 1");
  EXPECT_FALSE(passes("a", before));
  say("flushall");
  say("set a 1");
  EXPECT_FALSE(passes("a", before));
}

TEST_F(KvTransactionsTest, VersionsAreNotUsedAgainAfterASnapshot) {
  say("set a 1");
  const std::int64_t before = version("a");
  say("del a");
  KeyValues restored;
  ASSERT_TRUE(restored.restore(snapshot_of(object)));
  object = restored;
  say("set a 1");
  EXPECT_GT(version("a"), before);
}

TEST_F(KvTransactionsTest, AnAbsentKeyIsWatchedToo) {
  EXPECT_TRUE(passes("a", 0));
  say("set a 1");
  EXPECT_FALSE(passes("a", 0));
}

TEST_F(KvTransactionsTest, AnExpiredKeyIsAChangedOne) {
  say("set a 1 px 10");
  const std::int64_t before = version("a");
  now_ms += 10;
  EXPECT_FALSE(passes("a", before));
  EXPECT_EQ(version("a"), 0);
}

TEST_F(KvTransactionsTest, NothingHappensIfAVersionDiffers) {
  say("mset a 1 b 2");
  const Bytes before = snapshot_of(object);
  now_ms += 5;
  EXPECT_FALSE(passes("a", version("a") + 1));
  EXPECT_EQ(snapshot_of(object), before);
  const std::string a = std::to_string(version("a"));
  EXPECT_EQ(say("parley.exec 2 a " + a + " b 0 2 incr a"), nil);
  EXPECT_EQ(say("parley.exec 2 a " + a + " b " + std::to_string(version("b")) + " 2 incr a"),
            "1) (integer) 2");
  EXPECT_EQ(say("parley.version a x"),
            "1) (integer) " + std::to_string(version("a")) + "\n2) (integer) 0");
}

TEST_F(KvTransactionsTest, WordsThatDoNotAddUpAreRefused) {
  const Bytes before = snapshot_of(object);
  for (const char* line :
       {"parley.exec x", "parley.exec -1", "parley.exec 1", "parley.exec 1 a", "parley.exec 1 a x",
        "parley.exec 0 0", "parley.exec 0 2 get", "parley.exec 0 -1 get",
        "parley.exec 0 3 set a 1 1", "parley.exec 9223372036854775807 a 1",
        "parley.exec 0 9223372036854775807 get"}) {
    EXPECT_TRUE(say(line).starts_with("(error) ERR syntax error: expected PARLEY.EXEC")) << line;
    EXPECT_TRUE(object.reads_only(method(*split_words(line)))) << line;
    EXPECT_EQ(snapshot_of(object), before) << line;
  }
}

TEST_F(KvTransactionsTest, CommandsAreBounded) {
  std::vector<std::string> words = {"parley.exec", "0"};
  for (std::size_t i = 0; i < transaction_commands_max; ++i) {
    words.insert(words.end(), {"2", "incr", "a"});
  }
  std::vector<std::string> more = words;
  more.insert(more.end(), {"2", "incr", "a"});
  EXPECT_TRUE(print_reply(call(more)).ends_with("with at most 16384 commands"));
  EXPECT_EQ(say("get a"), nil);
  call(words);
  EXPECT_EQ(say("get a"), text("16384"));
}

TEST_F(KvTransactionsTest, ReadsOnlyIfAllCommandsDo) {
  EXPECT_TRUE(object.reads_only(method(*split_words("parley.exec 1 a 0 2 get a 3 mget a b"))));
  EXPECT_TRUE(object.reads_only(method(*split_words("parley.exec 0 1 incr 1 nope"))));
  EXPECT_FALSE(object.reads_only(method(*split_words("parley.exec 0 2 get a 2 incr a"))));
}

}  // namespace
}  // namespace parley::kv
