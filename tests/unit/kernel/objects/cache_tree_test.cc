// SPDX-License-Identifier: Apache-2.0
#include "core/kernel/objects/cache_tree.h"

#include <gtest/gtest.h>

#include "tests/unit/kernel/objects/refinement_events.h"

namespace parley::testing {
namespace {

SharedBytes method(std::string_view text) {
  return SharedBytes{view_of(text)};
}

/// Terms 1 and 2 fork at (1, 1); term 3 builds on (1, 2).
CacheTree forked() {
  CacheTree tree{{nodes({0, 1, 2}), 0}};
  tree.elect(1, PrincipalId{1}, {}, nodes({0, 1}));
  tree.append(1, method("a"));
  tree.append(1, method("b"));
  tree.elect(2, PrincipalId{2}, {1, 1}, nodes({1, 2}));
  tree.append(2, method("c"));
  tree.elect(3, PrincipalId{0}, {1, 2}, nodes({0, 1}));
  tree.append(3, method("d"));
  return tree;
}

TEST(CacheTreeTest, AncestorsAreFoundAcrossTerms) {
  const CacheTree tree = forked();
  EXPECT_TRUE(tree.anc_or_eq({0, 0}, {3, 1}));
  EXPECT_TRUE(tree.anc_or_eq({1, 2}, {3, 0}));
  EXPECT_TRUE(tree.anc_or_eq({3, 1}, {3, 1}));
  EXPECT_FALSE(tree.anc_or_eq({1, 2}, {2, 1}));
  EXPECT_FALSE(tree.anc_or_eq({2, 1}, {3, 1}));
  EXPECT_FALSE(tree.anc_or_eq({3, 1}, {1, 2}));
}

TEST(CacheTreeTest, ABranchIsItsMethodsFromTheRoot) {
  const CacheTree tree = forked();
  EXPECT_EQ(tree.branch({3, 1}), (std::vector<Position>{{1, 1}, {1, 2}, {3, 1}}));
  EXPECT_EQ(tree.branch({2, 1}), (std::vector<Position>{{1, 1}, {2, 1}}));
  EXPECT_TRUE(equal(*tree.method({2, 1}), view_of("c")));
  EXPECT_EQ(tree.method({2, 2}), nullptr);
  EXPECT_EQ(tree.method({2, 0}), nullptr);
}

TEST(CacheTreeTest, WhatDoesNotExistIsNotThere) {
  const CacheTree tree = forked();
  EXPECT_TRUE(tree.exists({2, 0}));
  EXPECT_FALSE(tree.exists({2, 2}));
  EXPECT_FALSE(tree.exists({4, 0}));
}

TEST(CacheTreeTest, ACommitTakesItsAncestorsWithIt) {
  CacheTree tree = forked();
  tree.commit({3, 1});
  EXPECT_EQ(tree.latest_committed(), (Position{3, 1}));
  EXPECT_TRUE(tree.committed({1, 2}));
  EXPECT_TRUE(tree.committed({3, 1}));
  EXPECT_FALSE(tree.committed({2, 1}));
  EXPECT_FALSE(tree.committed({2, 0}));
}

TEST(CacheTreeTest, AConfigurationHoldsFromItsOwnPlaceOn) {
  CacheTree tree = forked();
  tree.reconfigure(3, {nodes({0, 1}), 1}, {});
  tree.append(3, method("e"));
  EXPECT_EQ(tree.configuration({3, 1}).members, nodes({0, 1, 2}));
  EXPECT_EQ(tree.configuration({3, 2}).members, nodes({0, 1}));
  EXPECT_EQ(tree.configuration({3, 3}).members, nodes({0, 1}));
  tree.elect(4, PrincipalId{0}, {3, 2}, nodes({0, 1}));
  EXPECT_EQ(tree.configuration({4, 0}).members, nodes({0, 1}));
  EXPECT_EQ(tree.configuration({2, 1}).members, nodes({0, 1, 2}));
}

TEST(CacheTreeTest, CommittedMethodsAreForgotten) {
  CacheTree tree = forked();
  tree.commit({3, 1});
  EXPECT_EQ(tree.method({1, 1}), nullptr);
  EXPECT_EQ(tree.branch({3, 1}), (std::vector<Position>{}));
  EXPECT_TRUE(tree.exists({1, 1}));
}

TEST(CacheTreeTest, AllIsKeptForDrawing) {
  CacheTree tree{{nodes({0, 1, 2}), 0}, CacheTree::Keep::All};
  tree.elect(1, PrincipalId{1}, {}, nodes({0, 1}));
  tree.append(1, method("a"));
  tree.commit({1, 1});
  tree.elect(2, PrincipalId{1}, {1, 1}, nodes({0, 1}));
  tree.prune({}, [](std::uint64_t, const CacheTree::Term&) { return true; });
  EXPECT_EQ(tree.branch({1, 1}), (std::vector<Position>{{1, 1}}));
  EXPECT_EQ(tree.summaries(), 0u);
}

TEST(CacheTreeTest, PruningKeepsWhatALiveBranchIsBasedOn) {
  CacheTree tree = forked();
  tree.prune({{3, 1}}, [](std::uint64_t, const CacheTree::Term&) { return true; });
  EXPECT_EQ(tree.branch({3, 1}), (std::vector<Position>{{1, 1}, {1, 2}, {3, 1}}));
  EXPECT_TRUE(tree.term(2)->settled);
  EXPECT_FALSE(tree.term(1)->settled);
}

TEST(CacheTreeTest, SummariesAreBounded) {
  CacheTree tree{{nodes({0, 1, 2}), 0}};
  Position last{};
  const std::uint64_t terms = CacheTree::summaries_max * 4;
  for (std::uint64_t time = 1; time <= terms; ++time) {
    tree.elect(time, PrincipalId{1}, last, nodes({0, 1}));
    last = tree.append(time, method("m"));
    tree.commit(last);
    tree.prune({last}, [](std::uint64_t, const CacheTree::Term&) { return true; });
    ASSERT_LE(tree.terms().size(), CacheTree::summaries_max + 2);
  }
  // What is forgotten is believed, what is not is still known.
  EXPECT_TRUE(tree.exists({1, 7}));
  EXPECT_FALSE(tree.exists({terms, 2}));
  EXPECT_TRUE(tree.anc_or_eq({terms - 1, 1}, last));
}

TEST(CacheTreeTest, EqualTreesAreEqualBytes) {
  Bytes one;
  Bytes other;
  forked().encode(one);
  forked().encode(other);
  EXPECT_EQ(one, other);
  CacheTree changed = forked();
  changed.accept(3, PrincipalId{1}, 1);
  Bytes third;
  changed.encode(third);
  EXPECT_NE(one, third);
}

}  // namespace
}  // namespace parley::testing
