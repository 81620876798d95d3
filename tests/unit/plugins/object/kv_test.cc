// SPDX-License-Identifier: Apache-2.0
#include "plugins/object/kv/kv.h"

#include "core/base/prng.h"
#include "plugins/object/kv/commands.h"
#include "tests/unit/plugins/object/kv_fixture.h"

namespace parley::kv {
namespace {

class KeyValuesTest : public KvTest {
 protected:
  bool reads(std::string_view line) { return object.reads_only(method(*split_words(line))); }
  std::string partition(std::string_view line) {
    const auto name = object.partition(method(*split_words(line)));
    return name ? std::string{text_of(*name)} : "(whole)";
  }
};

/// Some command with words that often mean something.
std::vector<std::string> some_words(Prng& random) {
  const std::span<const CommandSpec> table = command_table();
  const CommandSpec& spec = table[random.below(table.size())];
  const auto least = static_cast<std::uint64_t>(std::abs(spec.arity));
  std::vector<std::string> words{std::string{spec.name}};
  const std::vector<std::string> known = {"a", "b",  "c",       "1",  "-1", "20", "ex", "px",
                                          "0", "nx", "replace", "gt", "",   "*",  "2",  "count"};
  const std::uint64_t count = least + (spec.arity < 0 ? random.below(4) : 0);
  while (words.size() < count) words.push_back(known[random.below(known.size())]);
  return words;
}

TEST_F(KeyValuesTest, ErrorsNameTheCommand) {
  EXPECT_EQ(say("get"), "(error) ERR wrong number of arguments for 'get' command");
  EXPECT_EQ(say("GET a b"), "(error) ERR wrong number of arguments for 'get' command");
  EXPECT_EQ(say("dbsize x"), "(error) ERR wrong number of arguments for 'dbsize' command");
  EXPECT_EQ(say("foo"), "(error) ERR unknown command 'foo', with args beginning with: ");
  EXPECT_EQ(say("foo a 'b c'"),
            "(error) ERR unknown command 'foo', with args beginning with: 'a' 'b c' ");
  const std::string line = print_reply(call({"fo\r\no", std::string(500, 'x'), "y"}));
  EXPECT_EQ(line, "(error) ERR unknown command 'fo  o', with args beginning with: '" +
                      std::string(128, 'x') + "' ");
}

TEST_F(KeyValuesTest, MalformedMethodsAreAnswers) {
  const Bytes before = snapshot_of(object);
  for (const Bytes& bytes : {Bytes{}, Bytes{0}, Bytes{0, 0}, Bytes{0, 1}, Bytes{0, 1, 3, 'g'},
                             Bytes{0, 255, 255, 255, 255, 15}, Bytes{0x80, 0, 1, 1, 'x'}}) {
    EXPECT_EQ(object.describe(object.apply(bytes)), "(error) ERR method is not an encoded command");
    EXPECT_TRUE(object.reads_only(bytes));
    EXPECT_FALSE(object.partition(bytes));
  }
  EXPECT_EQ(snapshot_of(object), before);
}

TEST_F(KeyValuesTest, TheTableSaysWhatReads) {
  for (const char* line : {"get a", "mget a b", "ttl a", "scan 0", "command", "dbsize"}) {
    EXPECT_TRUE(reads(line)) << line;
  }
  for (const char* line : {"set a 1", "del a", "getex a", "expire a 1", "flushall", "incr a"}) {
    EXPECT_FALSE(reads(line)) << line;
  }
}

TEST_F(KeyValuesTest, APartitionIsTheOneKey) {
  for (const char* line :
       {"get a", "SET a 1 ex 5", "mget a", "del a a", "mset a 1 a 2", "incr a", "parley.version a",
        "parley.exec 1 a 0 2 get a 3 set a b", "parley.exec 0 2 get a 1 nope 2 command count"}) {
    EXPECT_EQ(partition(line), "a") << line;
  }
  for (const char* line :
       {"mget a b", "rename a b", "copy a b", "scan 0", "keys a", "dbsize", "get", "flushall",
        "randomkey", "command", "get ''", "nope a", "parley.exec 0", "parley.exec 1 b 0 2 get a",
        "parley.exec 0 2 get a 1 dbsize", "parley.exec 0 2 get a 2 get b", "parley.exec x"}) {
    EXPECT_EQ(partition(line), "(whole)") << line;
  }
}

TEST_F(KeyValuesTest, CommandTellsTheTable) {
  const auto all = std::get<CommandReply::Array>(call({"command"}).value);
  EXPECT_EQ(call({"command", "count"}), CommandReply{static_cast<std::int64_t>(all.size())});
  EXPECT_EQ(all.size(), command_table().size());
  EXPECT_EQ(say("command info get nope"),
            "1)  1) \"get\"\n"
            "    2) (integer) 2\n"
            "    3) 1) readonly\n"
            "       2) fast\n"
            "    4) (integer) 1\n"
            "    5) (integer) 1\n"
            "    6) (integer) 1\n"
            "    7) 1) @read\n"
            "       2) @string\n"
            "       3) @fast\n"
            "    8) (empty array)\n"
            "    9) (empty array)\n"
            "   10) (empty array)\n"
            "2) (nil)");
  EXPECT_EQ(say("command docs get nope"),
            "1# \"get\" => 1# \"summary\" => \"Returns the value of a key.\"\n"
            "   2# \"group\" => \"string\"");
  EXPECT_EQ(std::get<CommandReply::Map>(call({"command", "docs"}).value).size(), all.size());
  EXPECT_EQ(std::get<CommandReply::Array>(call({"command", "list"}).value).size(), all.size());
  EXPECT_EQ(say("command count x"),
            "(error) ERR wrong number of arguments for 'command|count' command");
  EXPECT_TRUE(say("command what").starts_with("(error) ERR unknown subcommand 'what'."));
}

TEST_F(KeyValuesTest, KeysAndValuesAreBounded) {
  const std::string key(key_size_max, 'k');
  const std::string value(value_size_max, 'v');
  EXPECT_EQ(print_reply(call({"set", key, value})), ok);
  EXPECT_EQ(call({"get", key}), CommandReply{value});
  EXPECT_EQ(print_reply(call({"set", key + "k", "v"})),
            "(error) ERR key exceeds maximum allowed size (65536 bytes)");
  EXPECT_EQ(print_reply(call({"rename", key, key + "k"})),
            "(error) ERR key exceeds maximum allowed size (65536 bytes)");
  constexpr const char* large =
      "(error) ERR string exceeds maximum allowed size (proto-max-bulk-len)";
  EXPECT_EQ(print_reply(call({"set", "a", value + "v"})), large);
  EXPECT_EQ(print_reply(call({"mset", "b", "1", "a", value + "v"})), large);
  EXPECT_EQ(print_reply(call({"append", key, "v"})), large);
  EXPECT_EQ(say("setrange a 524288 v"), large);
  EXPECT_EQ(say("setrange a 9223372036854775807 v"), large);
  EXPECT_EQ(say("setrange a 524287 v"), integer(static_cast<std::int64_t>(value_size_max)));
  EXPECT_EQ(say("exists b"), integer(0));
  EXPECT_EQ(print_reply(call({"get", std::string(key_size_max + 1, 'k')})), nil);
}

TEST_F(KeyValuesTest, MethodsAndRepliesAreBounded) {
  const std::string value(value_size_max, 'v');
  EXPECT_TRUE(print_reply(call(std::vector<std::string>(17, value)))
                  .starts_with("(error) ERR command exceeds maximum allowed size (8388608 bytes)"));
  call({"set", "a", value});
  std::vector<std::string> words = {"mget"};
  words.insert(words.end(), 15, "a");
  EXPECT_TRUE(std::holds_alternative<CommandReply::Array>(call(words).value));
  words.insert(words.end(), 2, "a");
  const std::string refused =
      "(error) ERR reply exceeds maximum allowed size (8388608 bytes), ask for less";
  EXPECT_EQ(print_reply(call(words)), refused);
  // What cannot be told is not done either.
  std::vector<std::string> exec = {"parley.exec", "0"};
  for (int i = 0; i < 15; ++i) exec.insert(exec.end(), {"2", "get", "a"});
  exec.insert(exec.end(), {"2", "getdel", "a", "4", "set", "a", "1", "get", "1", "dbsize"});
  const auto replies = std::get<CommandReply::Array>(call(exec).value);
  EXPECT_EQ(print_reply(replies[15]), refused);
  EXPECT_EQ(print_reply(replies[16]), refused);
  EXPECT_EQ(print_reply(replies[17]), integer(1));
  EXPECT_EQ(call({"get", "a"}), CommandReply{value});
  EXPECT_EQ(print_reply(call(std::vector<std::string>(200'000, "command"))), refused);
}

TEST_F(KeyValuesTest, LinesAreSplitAsByAShell) {
  using Words = std::vector<std::string>;
  EXPECT_EQ(split_words(" set\tk  v "), (Words{"set", "k", "v"}));
  EXPECT_EQ(split_words(R"(set "a b" 'c d')"), (Words{"set", "a b", "c d"}));
  EXPECT_EQ(split_words(R"("\n\r\t\b\a\"\\\x41\xZ\q" '\'\n')"),
            (Words{"\n\r\t\b\a\"\\AxZq", "'\\n"}));
  EXPECT_EQ(split_words("'' \"\""), (Words{"", ""}));
  EXPECT_EQ(split_words(""), Words{});
  for (const char* line : {"\"a", "'a", "\"a\"b", "'a'b", "\"a\\", "a\"b"}) {
    EXPECT_FALSE(split_words(line)) << line;
  }
}

TEST_F(KeyValuesTest, WordsThatAreNoMethodAreNotUnderstood) {
  for (const char* words : {"", " ", "get", "get a b", "nope a", "set 'a"}) {
    EXPECT_FALSE(object.parse_method(words)) << words;
  }
  const auto method = object.parse_method("set 'a b' c");
  ASSERT_TRUE(method);
  EXPECT_EQ(*decode_command(*method), (Command{0, {"set", "a b", "c"}}));
}

TEST_F(KeyValuesTest, RepliesReadAsInRedisCli) {
  using Reply = CommandReply;
  EXPECT_EQ(print_reply({std::string("a\"\\\n\x01\xFF")}), R"("a\"\\\n\x01\xff")");
  EXPECT_EQ(print_reply({true}), "(true)");
  EXPECT_EQ(print_reply({1.5}), "(double) 1.5");
  EXPECT_EQ(print_reply({Reply::Map{}}), "(empty hash)");
  Reply::Array ten(10, Reply{std::int64_t{1}});
  EXPECT_TRUE(print_reply({ten}).starts_with(" 1) (integer) 1\n"));
  EXPECT_EQ(object.describe(Bytes{9}), "(not understood)");
  EXPECT_EQ(object.describe(Bytes{}), "(not understood)");
}

TEST_F(KeyValuesTest, ASnapshotIsTheWholeState) {
  Prng random{3};
  for (int i = 0; i < 3'000; ++i) {
    now_ms += random.below(3);
    const Bytes step = method(some_words(random));
    if (i % 100 != 0) {
      object.apply(step);
      continue;
    }
    const Bytes before = snapshot_of(object);
    KeyValues restored;
    ASSERT_TRUE(restored.restore(before));
    ASSERT_EQ(snapshot_of(restored), before);
    EXPECT_EQ(restored.apply(step), object.apply(step));
    ASSERT_EQ(snapshot_of(restored), snapshot_of(object));
  }
}

// Whatever the command, what is said to read changes nothing, and what is said to
// be about one key gives the same beside other keys as alone.
TEST_F(KeyValuesTest, WhatIsSaidOfAMethodIsTrue) {
  Prng random{4};
  int read = 0;
  int changed = 0;
  for (int i = 0; i < 20'000; ++i) {
    now_ms += random.below(3);
    const Bytes step = method(some_words(random));
    const bool reads_only = object.reads_only(step);
    const Bytes before = snapshot_of(object);
    object.apply(step);
    const bool same = snapshot_of(object) == before;
    ASSERT_TRUE(same || !reads_only) << print_reply({std::string{text_of(step)}});
    read += reads_only ? 1 : 0;
    changed += same ? 0 : 1;
  }
  EXPECT_GT(read, 1'000);
  EXPECT_GT(changed, 1'000);
}

TEST_F(KeyValuesTest, PartitionsAreIndependent) {
  Prng random{6};
  KeyValues alone;
  int compared = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::vector<std::string> words = some_words(random);
    const Bytes step = method(words);
    const auto name = object.partition(step);
    if (!name) continue;
    const bool about_versions = words[0] == "parley.version" || words[0] == "parley.exec";
    const Bytes together = object.apply(step);
    if (text_of(*name) != "a" || about_versions) continue;
    EXPECT_EQ(alone.apply(step), together);
    ++compared;
  }
  EXPECT_GT(compared, 500);
}

TEST_F(KeyValuesTest, MalformedSnapshotsChangeNothing) {
  say("mset a 1 b 2");
  say("set c 3 px 5");
  const Bytes good = snapshot_of(object);
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(object.restore(ByteView{good}.first(size))) << size;
  }
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_FALSE(object.restore(longer));
  Prng random{8};
  for (int i = 0; i < 20'000; ++i) {
    Bytes bytes = good;
    bytes[random.below(bytes.size())] = static_cast<std::uint8_t>(random.next());
    KeyValues other;
    const bool taken = other.restore(bytes);
    EXPECT_EQ(snapshot_of(other), taken ? bytes : snapshot_of(KeyValues{}));
  }
  EXPECT_EQ(snapshot_of(object), good);
}

TEST_F(KeyValuesTest, SnapshotsOfNoStateAreRefused) {
  const auto takes = [](std::uint64_t version, std::uint64_t of_key, std::uint64_t deadline,
                        std::vector<std::string> keys) {
    Bytes bytes;
    Writer writer{bytes};
    writer.u8(1);
    writer.varint(5);
    writer.varint(version);
    writer.varint(keys.size());
    for (const std::string& key : keys) {
      writer.text(key);
      writer.text("v");
      writer.varint(of_key);
      writer.varint(deadline);
    }
    KeyValues other;
    return other.restore(bytes);
  };
  EXPECT_TRUE(takes(1, 1, 0, {"a"}));
  EXPECT_TRUE(takes(1, 1, INT64_MAX - 1, {"a"}));
  EXPECT_FALSE(takes(1, 1, INT64_MAX, {"a"})) << "has two forms";
  EXPECT_FALSE(takes(1, 0, 0, {"a"})) << "would seem absent to a watcher";
  EXPECT_FALSE(takes(1, 2, 0, {"a"})) << "would be given again";
  EXPECT_FALSE(takes(1, 1, 0, {"a", "a"}));
  EXPECT_NE(takes(1, 1, 0, {"a", "b"}), takes(1, 1, 0, {"b", "a"})) << "has one order";
  EXPECT_FALSE(takes(1, 1, 0, {std::string(key_size_max + 1, 'k')}));
}

TEST_F(KeyValuesTest, ClonesShareNothingThatShows) {
  say("mset a 1 b 2");
  const auto copy = object.clone();
  say("set a changed");
  say("del b");
  EXPECT_EQ(copy->describe(copy->apply(method({"mget", "a", "b"}))), "1) \"1\"\n2) \"2\"");
  copy->apply(method({"flushall"}));
  EXPECT_EQ(say("get a"), text("changed"));
}

}  // namespace
}  // namespace parley::kv
