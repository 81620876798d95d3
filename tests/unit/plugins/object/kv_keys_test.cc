// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "core/base/prng.h"
#include "plugins/object/kv/arguments.h"
#include "plugins/object/kv/tree.h"
#include "tests/unit/plugins/object/kv_fixture.h"

namespace parley::kv {
namespace {

class KvKeysTest : public KvTest {
 protected:
  using Names = std::set<std::string>;

  static void add_names(const CommandReply& array, Names& names) {
    for (const CommandReply& name : std::get<CommandReply::Array>(array.value)) {
      names.insert(std::get<std::string>(name.value));
    }
  }
  Names keys(const std::string& pattern) {
    Names names;
    add_names(call({"keys", pattern}), names);
    return names;
  }
  /// One portion. Returns the next cursor.
  std::string scan(const std::string& cursor, const std::vector<std::string>& options,
                   Names& names) {
    std::vector<std::string> words = {"scan", cursor};
    words.insert(words.end(), options.begin(), options.end());
    const auto parts = std::get<CommandReply::Array>(call(words).value);
    add_names(parts.at(1), names);
    return std::get<std::string>(parts.at(0).value);
  }
  Names scan_all(const std::vector<std::string>& options) {
    Names names;
    std::string cursor = "0";
    do {
      cursor = scan(cursor, options, names);
    } while (cursor != "0");
    return names;
  }
};

TEST_F(KvKeysTest, DelCountsWhatWasThere) {
  say("mset a 1 b 2 c 3");
  EXPECT_EQ(say("exists a b a x"), integer(3));
  EXPECT_EQ(say("touch a x"), integer(1));
  EXPECT_EQ(say("del a a x"), integer(1));
  EXPECT_EQ(say("unlink b c"), integer(2));
  EXPECT_EQ(say("dbsize"), integer(0));
}

TEST_F(KvKeysTest, EveryValueIsAString) {
  say("set a 1");
  EXPECT_EQ(say("type a"), "string");
  EXPECT_EQ(say("type b"), "none");
}

TEST_F(KvKeysTest, RenameMovesValueAndDeadline) {
  say("set a 1 px 50");
  say("set b 2");
  EXPECT_EQ(say("rename a b"), ok);
  EXPECT_EQ(say("get b"), text("1"));
  EXPECT_EQ(say("pttl b"), integer(50));
  EXPECT_EQ(say("exists a"), integer(0));
  EXPECT_EQ(say("rename a c"), "(error) ERR no such key");
  EXPECT_EQ(say("renamenx a c"), "(error) ERR no such key");
  EXPECT_EQ(say("rename b b"), ok);
  EXPECT_EQ(say("renamenx b b"), integer(0));
  say("set c 3");
  EXPECT_EQ(say("renamenx b c"), integer(0));
  EXPECT_EQ(say("renamenx b d"), integer(1));
  EXPECT_EQ(keys("*"), (Names{"c", "d"}));
}

TEST_F(KvKeysTest, CopyKeepsTheSource) {
  say("set a 1 px 50");
  EXPECT_EQ(say("copy a b"), integer(1));
  EXPECT_EQ(say("pttl b"), integer(50));
  say("set a 2");
  EXPECT_EQ(say("copy a b"), integer(0));
  EXPECT_EQ(say("copy a b db 0 replace"), integer(1));
  EXPECT_EQ(say("get b"), text("2"));
  EXPECT_EQ(say("pttl b"), integer(-1));
  EXPECT_EQ(say("copy x y"), integer(0));
  EXPECT_EQ(say("copy a a"), "(error) ERR source and destination objects are the same");
  EXPECT_EQ(say("copy a b db 1"), "(error) ERR DB index is out of range");
  EXPECT_EQ(say("copy a b db"), syntax);
  EXPECT_EQ(say("copy a b db x"), not_integer);
}

TEST_F(KvKeysTest, FlushForgetsAll) {
  say("mset a 1 b 2");
  EXPECT_EQ(say("flushdb now"), syntax);
  EXPECT_EQ(say("flushdb async"), ok);
  EXPECT_EQ(say("dbsize"), integer(0));
  say("set a 1");
  EXPECT_EQ(say("flushall"), ok);
  EXPECT_EQ(say("randomkey"), nil);
}

TEST_F(KvKeysTest, RandomkeyIsOneOfThoseThatAreThere) {
  say("mset a 1 b 2 c 3");
  say("set gone 1 px 1");
  Names seen;
  for (int i = 0; i < 200; ++i) {
    now_ms += 7;
    seen.insert(std::get<std::string>(call({"randomkey"}).value));
  }
  EXPECT_EQ(seen, (Names{"a", "b", "c"}));
}

TEST_F(KvKeysTest, PatternsAreGlobs) {
  const std::vector<std::tuple<const char*, const char*, bool>> cases = {
      {"*", "", true},
      {"", "", true},
      {"", "a", false},
      {"a", "a", true},
      {"a", "A", false},
      {"h?llo", "hello", true},
      {"h?llo", "hllo", false},
      {"h*llo", "heeello", true},
      {"h*llo", "hllo", true},
      {"h[ae]llo", "hallo", true},
      {"h[ae]llo", "hillo", false},
      {"h[^e]llo", "hallo", true},
      {"h[^e]llo", "hello", false},
      {"h[a-c]llo", "hbllo", true},
      {"h[c-a]llo", "hbllo", true},
      {"h[a-c]llo", "hdllo", false},
      {"\\*", "*", true},
      {"\\*", "a", false},
      {"[\\]]", "]", true},
      {"[ab", "b", true},
      {"*a*b*c", "xaybzc", true},
      {"*a*b*c", "xaybz", false},
      {"a**", "a", true},
      {"a\\", "a\\", true},
      {"*[0-9]x", "y1z2x", true},
      {"?", "", false}};
  for (const auto& [pattern, text, matches] : cases) {
    EXPECT_EQ(glob_matches(pattern, text), matches) << pattern << " and " << text;
  }
}

// Matching with a naive recursion takes longer than the universe on this.
TEST_F(KvKeysTest, NoPatternIsExpensive) {
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "*a";
  EXPECT_FALSE(glob_matches(pattern + "b", std::string(2'000, 'a')));
}

TEST_F(KvKeysTest, KeysSelects) {
  say("mset user:1 a user:2 b other c");
  EXPECT_EQ(keys("*"), (Names{"user:1", "user:2", "other"}));
  EXPECT_EQ(keys("user:?"), (Names{"user:1", "user:2"}));
  EXPECT_EQ(keys("none*"), Names{});
}

TEST_F(KvKeysTest, ScanGivesEveryKeyOnce) {
  std::multiset<std::string> seen;
  Names wanted;
  for (int i = 0; i < 1'000; ++i) {
    wanted.insert("key:" + std::to_string(i));
    call({"set", "key:" + std::to_string(i), "v"});
  }
  std::string cursor = "0";
  int portions = 0;
  do {
    Names portion;
    cursor = scan(cursor, {"count", "17"}, portion);
    EXPECT_LE(portion.size(), 17u);
    seen.insert(portion.begin(), portion.end());
    EXPECT_LE(std::stoull(cursor), hash_max);
    ++portions;
  } while (cursor != "0");
  EXPECT_EQ(seen, std::multiset<std::string>(wanted.begin(), wanted.end()));
  EXPECT_EQ(portions, (1'000 + 16) / 17);
}

TEST_F(KvKeysTest, ScanMissesNoKeyThatStays) {
  Names staying;
  for (int i = 0; i < 500; ++i) {
    staying.insert("stay:" + std::to_string(i));
    call({"set", "stay:" + std::to_string(i), "v"});
    call({"set", "go:" + std::to_string(i), "v"});
  }
  Prng random{5};
  Names seen;
  std::string cursor = "0";
  do {
    cursor = scan(cursor, {"match", "stay:*"}, seen);
    for (int i = 0; i < 5; ++i) {
      call({"del", "go:" + std::to_string(random.below(500))});
      call({"set", "new:" + std::to_string(random.below(100'000)), "v"});
      call({"set", "stay:" + std::to_string(random.below(500)), "other"});
    }
  } while (cursor != "0");
  EXPECT_EQ(seen, staying);
}

// A cursor is a hash, and cannot stop between keys of one hash.
TEST_F(KvKeysTest, ScanGivesAllKeysOfOneHashTogether) {
  Names colliding;
  for (std::uint64_t i = 0; i < 50; ++i) colliding.insert(colliding_key(i));
  for (const std::string& key : colliding) call({"set", key, "v"});
  for (int i = 0; i < 50; ++i) call({"set", std::to_string(i), "v"});
  std::string cursor = "0";
  do {
    Names portion;
    cursor = scan(cursor, {"count", "1"}, portion);
    EXPECT_EQ(portion.size(), portion.contains(*colliding.begin()) ? colliding.size() : 1);
  } while (cursor != "0");
  EXPECT_EQ(scan_all({"count", "3"}).size(), 100u);
}

TEST_F(KvKeysTest, ScanSelectsAndRefuses) {
  say("mset a1 1 a2 2 b 3");
  EXPECT_EQ(scan_all({"match", "a*", "count", "1"}), (Names{"a1", "a2"}));
  EXPECT_EQ(scan_all({"type", "string"}), (Names{"a1", "a2", "b"}));
  EXPECT_EQ(scan_all({"type", "list"}), Names{});
  EXPECT_EQ(say("scan 18446744073709551615"), "1) \"0\"\n2) (empty array)");
  EXPECT_EQ(say("scan x"), "(error) ERR invalid cursor");
  EXPECT_EQ(say("scan -1"), "(error) ERR invalid cursor");
  EXPECT_EQ(say("scan 0 count 0"), syntax);
  EXPECT_EQ(say("scan 0 count x"), not_integer);
  EXPECT_EQ(say("scan 0 match"), syntax);
  EXPECT_EQ(say("scan 0 what 1"), syntax);
}

}  // namespace
}  // namespace parley::kv
