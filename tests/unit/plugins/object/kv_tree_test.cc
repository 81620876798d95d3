// SPDX-License-Identifier: Apache-2.0
#include "plugins/object/kv/tree.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "core/base/prng.h"
#include "tests/unit/plugins/object/kv_fixture.h"

namespace parley::kv {
namespace {

struct Kept {
  std::string value;
  std::int64_t deadline_ms;
};
/// What the tree should be, in its order.
using Model = std::map<std::pair<std::uint64_t, std::string>, Kept>;

std::pair<std::uint64_t, std::string> place(const std::string& key) {
  return {hash_of(key), key};
}

void put(Tree& tree, Model& model, const std::string& key, const Kept& kept) {
  tree.put(EntryPointer::make(key, kept.value, 1, kept.deadline_ms));
  model[place(key)] = kept;
}

void expect_equal(const Tree& tree, const Model& model) {
  ASSERT_EQ(tree.size(), model.size());
  Walk walk{tree};
  for (const auto& [at, kept] : model) {
    const Entry* const entry = walk.next();
    ASSERT_NE(entry, nullptr);
    ASSERT_EQ(entry->key(), at.second);
    ASSERT_EQ(entry->value(), kept.value);
    ASSERT_EQ(entry->deadline_ms(), kept.deadline_ms);
  }
  EXPECT_EQ(walk.next(), nullptr);
}

void expect_same_expired(const Tree& tree, const Model& model, std::int64_t now_ms) {
  std::size_t count = 0;
  const std::string* first = nullptr;
  for (const auto& [at, kept] : model) {
    if (kept.deadline_ms > now_ms) continue;
    ++count;
    if (first == nullptr) first = &at.second;
  }
  EXPECT_EQ(tree.expired_count(now_ms), count);
  const Entry* const found = tree.first_expired(now_ms);
  ASSERT_EQ(found != nullptr, first != nullptr);
  EXPECT_EQ(found == nullptr ? "" : found->key(), first == nullptr ? "" : *first);
}

/// By this process; 0 where the allocator is not the C library's.
std::size_t allocated_bytes() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

struct Case {
  std::uint64_t seed;
  bool collides;
};

class KvTreeTest : public testing::TestWithParam<Case> {
 protected:
  std::string key(std::uint64_t number) const {
    return GetParam().collides ? colliding_key(number) : "key:" + std::to_string(number);
  }
  Kept kept(Prng& random) const {
    const bool expires = random.chance(400'000);
    return {std::string(random.below(20), 'v') + std::to_string(random.next()),
            expires ? random.between(1, 1'000) : no_deadline};
  }
};

TEST_P(KvTreeTest, DoesWhatAMapDoesAndLeavesCopiesAlone) {
  Prng random{GetParam().seed};
  Tree tree;
  Model model;
  std::vector<std::pair<Tree, Model>> copies;
  for (int i = 0; i < 4'000; ++i) {
    const std::string one = key(random.below(300));
    const std::uint64_t dice = random.below(100);
    if (dice < 55) {
      put(tree, model, one, kept(random));
    } else if (dice < 90) {
      ASSERT_EQ(tree.erase(one), model.erase(place(one)) == 1);
    } else if (dice < 93) {
      copies.emplace_back(tree, model);
    } else if (dice < 95 && !copies.empty()) {
      copies.erase(copies.begin() + static_cast<std::ptrdiff_t>(random.below(copies.size())));
    } else if (dice < 96 && !copies.empty()) {
      std::tie(tree, model) = copies[random.below(copies.size())];
    } else {
      const auto wanted = model.find(place(one));
      const Entry* const found = tree.find(one);
      ASSERT_EQ(found != nullptr, wanted != model.end());
      ASSERT_EQ(found == nullptr ? "" : found->value(),
                wanted == model.end() ? "" : wanted->second.value);
      expect_same_expired(tree, model, random.between(0, 1'000));
    }
  }
  expect_equal(tree, model);
  for (const auto& [copy, wanted] : copies) {
    expect_equal(copy, wanted);
    expect_same_expired(copy, wanted, 500);
  }
}

TEST_P(KvTreeTest, ABuiltTreeIsAsOneThatGrew) {
  Prng random{GetParam().seed};
  Tree grown;
  Model model;
  for (std::uint64_t i = 0; i < 1'000; ++i) put(grown, model, key(i), kept(random));
  TreeBuilder builder;
  for (const auto& [at, entry] : model) {
    ASSERT_TRUE(builder.append(EntryPointer::make(at.second, entry.value, 1, entry.deadline_ms)));
    ASSERT_FALSE(builder.append(EntryPointer::make(at.second, "again", 1, no_deadline)));
  }
  Tree built = builder.finish();
  expect_equal(built, model);
  for (int i = 0; i < 1'000; ++i) {
    const std::string one = key(random.below(1'000));
    expect_same_expired(built, model, random.between(0, 1'000));
    if (random.chance(500'000)) {
      put(built, model, one, kept(random));
    } else {
      EXPECT_EQ(built.erase(one), model.erase(place(one)) == 1);
    }
  }
  expect_equal(built, model);
}

INSTANTIATE_TEST_SUITE_P(Seeds, KvTreeTest,
                         testing::Values(Case{1, false}, Case{2, false}, Case{3, false},
                                         Case{4, true}, Case{5, true}),
                         [](const auto& test) {
                           return (test.param.collides ? "Colliding" : "Spread") +
                                  std::to_string(test.param.seed);
                         });

TEST(TreeTest, ABuilderThatIsGivenUpLeavesNothing) {
  TreeBuilder builder;
  EXPECT_TRUE(builder.append(EntryPointer::make("a", "1", 1, no_deadline)));
}

TEST(TreeTest, AWalkStartsAtAHash) {
  Tree tree;
  for (int i = 0; i < 500; ++i) {
    tree.put(EntryPointer::make(std::to_string(i), "v", 1, no_deadline));
  }
  Walk all{tree};
  std::vector<std::uint64_t> hashes;
  while (const Entry* const entry = all.next()) hashes.push_back(hash_of(entry->key()));
  ASSERT_TRUE(std::is_sorted(hashes.begin(), hashes.end()));
  for (std::size_t i = 0; i < hashes.size(); i += 7) {
    EXPECT_EQ(hash_of(Walk(tree, hashes[i]).next()->key()), hashes[i]);
    const std::uint64_t next = i + 1 < hashes.size() ? hashes[i + 1] : 0;
    const Entry* const after = Walk(tree, hashes[i] + 1).next();
    EXPECT_EQ(after == nullptr ? 0 : hash_of(after->key()), next);
  }
}

// With the hash alone to balance by, this would take a day.
TEST(TreeTest, KeysThatCollideStayBalanced) {
  Tree tree;
  constexpr std::uint64_t count = 100'000;
  ASSERT_EQ(hash_of(colliding_key(1)), hash_of(colliding_key(2)));
  for (std::uint64_t i = 0; i < count; ++i) {
    tree.put(EntryPointer::make(colliding_key(i), "v", 1, no_deadline));
  }
  const Tree copy = tree;
  for (std::uint64_t i = 0; i < count; i += 2) EXPECT_TRUE(tree.erase(colliding_key(i)));
  EXPECT_EQ(tree.size(), count / 2);
  EXPECT_EQ(copy.size(), count);
  EXPECT_NE(copy.find(colliding_key(2)), nullptr);
}

// What a node of three pointers, two numbers and an entry in one allocation make.
TEST(TreeTest, ASmallKeyTakesFewBytes) {
  constexpr std::size_t count = 50'000;
  const std::string value(100, 'v');
  const std::size_t before = allocated_bytes();
  Tree tree;
  for (std::size_t i = 0; i < count; ++i) {
    std::string key = std::to_string(i);
    key.insert(0, 16 - key.size(), 'k');
    tree.put(EntryPointer::make(key, value, 1, no_deadline));
  }
  const std::size_t after = allocated_bytes();
  if (after == before) GTEST_SKIP() << "the allocator of this build does not tell";
  RecordProperty("bytes_per_key", static_cast<int>((after - before) / count));
  EXPECT_LE((after - before) / count, 208u);
}

}  // namespace
}  // namespace parley::kv
