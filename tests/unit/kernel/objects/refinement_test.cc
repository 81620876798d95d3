// SPDX-License-Identifier: Apache-2.0
#include "core/kernel/objects/refinement.h"

#include <gtest/gtest.h>

#include "core/api/refinement.h"
#include "core/base/codec.h"
#include "tests/unit/kernel/objects/refinement_events.h"

namespace parley::testing {
namespace {

using Events = std::vector<RefinementEvent>;

/// The first violation's name, or "" if all is well.
std::string found(Refinement& checker, const Events& events) {
  for (const RefinementEvent& event : events) {
    if (const auto violation = checker.on_event(event)) return violation->invariant;
  }
  return "";
}

std::string found(const Events& events, RefinementSetting setting) {
  Refinement checker{std::move(setting)};
  return found(checker, events);
}

std::string found(const Events& events, std::uint32_t members = 3) {
  return found(events, RefinementSetting{.members = first_nodes(members)});
}

Events operator+(Events left, const Events& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

/// Node 0 owns time 1 by {0, 1} and has committed one method with both.
const Events committed_once = {
    promise(0, 1, 0),  promise(1, 1, 0),  elected(0, 1, {}, nodes({0, 1})),
    append(0, {1, 1}), accept(0, {1, 1}), accept(1, {1, 1}),
    claim(0, {1, 1}),
};

TEST(RefinementTest, ACommitOfAQuorumIsFine) {
  Refinement checker{{.members = nodes({0, 1, 2})}};
  EXPECT_EQ(found(checker, committed_once), "");
  EXPECT_EQ(checker.tree()->latest_committed(), (Position{1, 1}));
}

TEST(RefinementTest, AFailedPushMayBeCommittedByTheNextOwner) {
  EXPECT_EQ(found({promise(0, 1, 0), promise(1, 1, 0), elected(0, 1, {}, nodes({0, 1})),
                   append(0, {1, 1}), accept(0, {1, 1}), promise(1, 2, 2), promise(0, 2, 2, {1, 1}),
                   promise(2, 2, 2), elected(2, 2, {1, 1}, nodes({0, 2})), append(2, {2, 1}),
                   accept(2, {2, 1}), accept(1, {2, 1}), claim(2, {2, 1}), claim(0, {1, 1})}),
            "");
}

TEST(RefinementTest, AQuorumThatAcceptedHasCommittedThoughNobodyHeard) {
  Refinement checker{{.members = nodes({0, 1, 2})}};
  Events events = committed_once;
  events.pop_back();
  EXPECT_EQ(found(checker, events), "");
  EXPECT_TRUE(checker.tree()->committed({1, 1}));
}

TEST(RefinementTest, AnElectionMustBeNew) {
  EXPECT_EQ(found(committed_once + Events{elected(0, 1, {}, nodes({0, 1}))}), "I2_unique_leader");
}

TEST(RefinementTest, AnElectionNeedsAnEarlierBase) {
  EXPECT_EQ(found({promise(0, 1, 0), promise(1, 1, 0), elected(0, 1, {1, 1}, nodes({0, 1}))}),
            "I1_tree_order");
  EXPECT_EQ(found({promise(0, 3, 0), promise(1, 3, 0), elected(0, 3, {1, 1}, nodes({0, 1}))}),
            "I1_tree_order");
}

TEST(RefinementTest, AnElectionNeedsItsVotersPromises) {
  EXPECT_EQ(found({promise(0, 1, 0), elected(0, 1, {}, nodes({0, 1}))}), "I7_times_of_supporters");
  EXPECT_EQ(found({promise(0, 1, 0), promise(1, 1, 2), elected(0, 1, {}, nodes({0, 1}))}),
            "I7_times_of_supporters");
}

TEST(RefinementTest, AnElectionNeedsAQuorumOfMembersWithItsOwner) {
  EXPECT_EQ(found({promise(0, 1, 0), elected(0, 1, {}, nodes({0}))}), "I8_quorum_evidence");
  EXPECT_EQ(found({promise(0, 1, 0), promise(7, 1, 0), elected(0, 1, {}, nodes({0, 7}))}),
            "I8_quorum_evidence");
  EXPECT_EQ(found({promise(1, 1, 0), promise(2, 1, 0), elected(0, 1, {}, nodes({1, 2}))}),
            "I8_quorum_evidence");
}

TEST(RefinementTest, AnElectionTakesOverTheLatestLogOfItsVoters) {
  EXPECT_EQ(found(committed_once + Events{promise(1, 2, 1, {1, 1}), promise(2, 2, 1),
                                          elected(1, 2, {}, nodes({1, 2}))}),
            "I17_elect_maximum");
}

TEST(RefinementTest, ATermIsAppendedByItsOwnerInOrder) {
  const Events owned = {promise(0, 1, 0), promise(1, 1, 0), elected(0, 1, {}, nodes({0, 1}))};
  EXPECT_EQ(found(owned + Events{append(1, {1, 1})}), "I3_contiguous_term");
  EXPECT_EQ(found(owned + Events{append(0, {1, 2})}), "I3_contiguous_term");
  EXPECT_EQ(found(owned + Events{append(0, {2, 1})}), "I3_contiguous_term");
  EXPECT_EQ(found(owned + Events{append(0, {1, 1}), append(0, {1, 1})}), "I3_contiguous_term");
}

TEST(RefinementTest, APlaceKeepsItsMethod) {
  EXPECT_EQ(found({promise(0, 1, 0), promise(1, 1, 0), elected(0, 1, {}, nodes({0, 1})),
                   append(0, {1, 1}, "a"), append(0, {1, 1}, "b")}),
            "I15_commit_immutability");
}

TEST(RefinementTest, PromisesOnlyGrowAndTellTheLog) {
  EXPECT_EQ(found({promise(0, 2, 0), promise(0, 2, 0)}), "I9_monotone_times");
  EXPECT_EQ(found({promise(0, 2, 0), promise(0, 1, 1)}), "I9_monotone_times");
  EXPECT_EQ(found(committed_once + Events{promise(1, 2, 1)}), "I11_log_match");
}

TEST(RefinementTest, AnAcceptIsOfAnAppendedMethodAtOrAboveThePromise) {
  const Events owned = {promise(0, 1, 0), promise(1, 1, 0), elected(0, 1, {}, nodes({0, 1})),
                        append(0, {1, 1}), append(0, {1, 2})};
  EXPECT_EQ(found(owned + Events{accept(0, {1, 0})}), "I6_commit_parent");
  EXPECT_EQ(found(owned + Events{accept(0, {1, 3})}), "I3_contiguous_term");
  EXPECT_EQ(found(owned + Events{promise(1, 5, 1), accept(1, {1, 1})}), "I9_monotone_times");
  EXPECT_EQ(found(owned + Events{accept(1, {1, 2}), accept(1, {1, 1})}), "I12_push_maximum");
}

TEST(RefinementTest, AClaimNeedsACommit) {
  Events events = committed_once;
  events.erase(events.end() - 2);  // One accept only.
  EXPECT_EQ(found(events), "I8_quorum_evidence");
  EXPECT_EQ(found({claim(0, {1, 1})}), "I8_quorum_evidence");
  EXPECT_EQ(found({claim(0, {})}), "");
}

TEST(RefinementTest, AnInheritedEntryIsNotCommittedByItself) {
  // Raft, figure 8: node 0 owns time 3 on (1, 1), which a majority then has.
  const Events events = {promise(0, 1, 0),
                         promise(1, 1, 0),
                         elected(0, 1, {}, nodes({0, 1})),
                         append(0, {1, 1}),
                         accept(0, {1, 1}),
                         promise(0, 3, 0, {1, 1}),
                         promise(1, 3, 0),
                         elected(0, 3, {1, 1}, nodes({0, 1})),
                         install(1, 3, {1, 1})};
  EXPECT_EQ(found(events), "");
  EXPECT_EQ(found(events + Events{claim(0, {1, 1})}), "I8_quorum_evidence");
  EXPECT_EQ(found(events + Events{append(0, {3, 1}), accept(0, {3, 1}), accept(1, {3, 1}),
                                  claim(0, {1, 1})}),
            "");
}

TEST(RefinementTest, TwoCommitsOnTwoBranchesAreFound) {
  RefinementSetting setting{.members = nodes({0, 1, 2, 3})};
  setting.rule = std::make_shared<SizedRule>(2, 2);
  // Two disjoint pairs of four: times 1 and 2 fork at the root.
  const Events events = {
      promise(0, 1, 0), promise(1, 1, 0), elected(0, 1, {}, nodes({0, 1})), append(0, {1, 1}),
      promise(2, 2, 2), promise(3, 2, 2), elected(2, 2, {}, nodes({2, 3}))};
  EXPECT_EQ(found(events, setting), "I14_single_live_owner");
}

TEST(RefinementTest, AnElectionBesideACommitIsFound) {
  RefinementSetting setting{.members = nodes({0, 1, 2})};
  setting.rule = std::make_shared<SizedRule>(1, 2);
  EXPECT_EQ(
      found(committed_once + Events{promise(2, 2, 2), elected(2, 2, {}, nodes({2}))}, setting),
      "I5_election_follows_commit");
}

TEST(RefinementTest, ALateCommitBesideAnElectionIsFound) {
  RefinementSetting setting{.members = nodes({0, 1, 2, 3, 4})};
  setting.rule = std::make_shared<SizedRule>(3, 2);
  // Times 1 and 2 were promised by three each, but two are enough to commit.
  EXPECT_EQ(found({promise(0, 1, 0), promise(1, 1, 0), promise(2, 1, 0),
                   elected(0, 1, {}, nodes({0, 1, 2})), append(0, {1, 1}), promise(2, 2, 2),
                   promise(3, 2, 2), promise(4, 2, 2), accept(0, {1, 1}), accept(1, {1, 1}),
                   elected(2, 2, {}, nodes({2, 3, 4}))},
                  setting),
            "I5_election_follows_commit");
}

TEST(RefinementTest, AnInstallMayShortenALogOnlyForItsOwner) {
  // Node 2 accepted (1, 2), which time 2 does not build on.
  const Events forked = {promise(0, 1, 0),
                         promise(2, 1, 0),
                         elected(0, 1, {}, nodes({0, 2})),
                         append(0, {1, 1}),
                         append(0, {1, 2}),
                         accept(0, {1, 1}),
                         accept(2, {1, 2}),
                         promise(0, 2, 1, {1, 1}),
                         promise(1, 2, 1),
                         elected(1, 2, {1, 1}, nodes({0, 1}))};
  // (1, 1) is committed by both, so that much must stay.
  EXPECT_EQ(found(forked + Events{install(2, 2, {1, 1})}), "");
  EXPECT_EQ(found(forked + Events{install(2, 1, {})}), "I10_log_holds_commits");
  EXPECT_EQ(found(forked + Events{promise(2, 5, 1, {1, 2}), install(2, 2, {1, 1})}),
            "I9_monotone_logs");
}

TEST(RefinementTest, LearnersInstallWithoutVoting) {
  EXPECT_EQ(found({promise(0, 1, 0), promise(1, 1, 0), elected(0, 1, {}, nodes({0, 1})),
                   append(0, {1, 1}), accept(0, {1, 1}), install(9, 1, {1, 1}), claim(0, {1, 1})}),
            "I8_quorum_evidence");
}

TEST(RefinementTest, MembersChangeOneAtATime) {
  EXPECT_EQ(found(committed_once + Events{reconfigure(0, {1, 2}, nodes({0, 1}))}), "");
  EXPECT_EQ(found(committed_once + Events{reconfigure(0, {1, 2}, nodes({0}))}),
            "I18_reconfiguration_r1");
}

TEST(RefinementTest, AChangeWaitsForTheCommitOfTheOneBefore) {
  const Events changed = committed_once + Events{reconfigure(0, {1, 2}, nodes({0, 1}))};
  // The leaf itself is inspected: read with proper ancestors only, this would pass.
  EXPECT_EQ(found(changed + Events{reconfigure(0, {1, 3}, nodes({0}))}), "I18_reconfiguration_r2");
  EXPECT_EQ(found(changed +
                  Events{accept(0, {1, 2}), accept(1, {1, 2}), reconfigure(0, {1, 3}, nodes({0}))}),
            "");
}

TEST(RefinementTest, AChangeWaitsForACommitOfItsOwnTime) {
  const Events second = {promise(1, 2, 1, {1, 1}), promise(2, 2, 1),
                         elected(1, 2, {1, 1}, nodes({1, 2}))};
  EXPECT_EQ(found(committed_once + second + Events{reconfigure(1, {2, 1}, nodes({0, 1}))}),
            "I18_reconfiguration_r3");
}

TEST(RefinementTest, ANewConfigurationCommitsItself) {
  const Events changed =
      committed_once + Events{reconfigure(0, {1, 2}, nodes({0, 1, 2, 3})), accept(0, {1, 2})};
  EXPECT_EQ(found(changed + Events{accept(3, {1, 2}), claim(0, {1, 2})}), "I8_quorum_evidence");
  EXPECT_EQ(found(changed + Events{accept(3, {1, 2}), accept(2, {1, 2}), claim(0, {1, 2})}), "");
}

TEST(RefinementTest, AllOrOneOfTheMembersMayDecide) {
  RefinementSetting all_one{.members = nodes({0, 1})};
  all_one.rule = std::make_shared<SizedRule>(2, 1);
  EXPECT_EQ(found({promise(0, 1, 0), promise(1, 1, 0), elected(0, 1, {}, nodes({0, 1})),
                   append(0, {1, 1}), accept(0, {1, 1}), claim(0, {1, 1})},
                  all_one),
            "");
  RefinementSetting one_all{.members = nodes({0, 1})};
  one_all.rule = std::make_shared<SizedRule>(1, 2);
  EXPECT_EQ(found({promise(0, 1, 0), elected(0, 1, {}, nodes({0})), append(0, {1, 1}),
                   accept(0, {1, 1}), accept(1, {1, 1}), claim(0, {1, 1})},
                  one_all),
            "");
}

TEST(RefinementTest, ATimeMeetsEveryEarlierOneThatMayHaveCommitted) {
  // Sizes that intersect within each time, but not from one to the next.
  const auto rule = std::make_shared<TimedRule>();
  rule->configure(1, nodes({0, 1, 2}), 1);
  rule->configure(2, nodes({0, 1, 2}), 3);
  RefinementSetting setting{.members = nodes({0, 1, 2}), .rule = rule};
  const Events first = {promise(0, 1, 0), elected(0, 1, {}, nodes({0})), append(0, {1, 1}),
                        accept(0, {1, 1}), promise(2, 2, 2)};
  EXPECT_EQ(found(first + Events{elected(2, 2, {}, nodes({2}))}, setting), "I8_quorum_evidence");
  EXPECT_EQ(found(first + Events{promise(0, 2, 2, {1, 1}), promise(1, 2, 2),
                                 elected(2, 2, {1, 1}, nodes({0, 1, 2}))},
                  setting),
            "");
}

TEST(RefinementTest, PartitionsAreIndependent) {
  Refinement checker{{.members = nodes({0, 1, 2})}};
  for (const std::uint64_t key : {std::uint64_t{5}, std::uint64_t{6}}) {
    for (const RefinementEvent& event : committed_once) {
      ASSERT_FALSE(checker.on_event(in_partition(key, event)));
    }
  }
  EXPECT_EQ(checker.tree(), nullptr);
  EXPECT_EQ(checker.tree(5)->latest_committed(), (Position{1, 1}));
}

TEST(RefinementTest, WithoutCausalOrderEventsWaitForTheirCause) {
  // Streams of the nodes, one after the other, in the least helpful order.
  const Events late_first = {
      promise(1, 1, 0),  accept(1, {1, 1}), promise(0, 1, 0), elected(0, 1, {}, nodes({0, 1})),
      append(0, {1, 1}), accept(0, {1, 1}), claim(0, {1, 1})};
  RefinementSetting setting{.members = nodes({0, 1, 2})};
  EXPECT_EQ(found(late_first, setting), "I3_contiguous_term");
  setting.causal = false;
  Refinement checker{setting};
  EXPECT_EQ(found(checker, late_first), "");
  EXPECT_FALSE(checker.finish());
  EXPECT_EQ(checker.tree()->latest_committed(), (Position{1, 1}));
}

TEST(RefinementTest, ACauseThatNeverComesIsTold) {
  Refinement checker{{.members = nodes({0, 1, 2}), .causal = false}};
  EXPECT_EQ(found(checker, {accept(1, {1, 1})}), "");
  ASSERT_TRUE(checker.finish());
  EXPECT_EQ(checker.finish()->invariant, "refinement_order");
  checker.on_restart(PrincipalId{1});
  EXPECT_FALSE(checker.finish());
}

/// As a plugin has it: its own copy of the declaration.
constexpr NoteDeclaration copied_promise{"ado_promise", "A copy.", ""};
constexpr NoteDeclaration unrelated{"ado_something_else", "Not of refinement.", ""};

TEST(RefinementTest, NotesAreKnownByName) {
  Refinement checker{{.members = nodes({0, 1, 2})}};
  EXPECT_FALSE(checker.on_note(PrincipalId{0}, Note{&unrelated, {1}}));
  EXPECT_EQ(checker.events(), 0u);
  EXPECT_FALSE(checker.on_note(PrincipalId{0}, Note{&copied_promise, {4, 0, 0, 0, 0}}));
  EXPECT_FALSE(checker.on_note(PrincipalId{1}, Note{&ado_notes::promise, {4, 0, 0, 0, 0}}));
  Bytes voters;
  Writer{voters}.principals(nodes({0, 1}));
  EXPECT_FALSE(checker.on_note(PrincipalId{0},
                               Note{&ado_notes::elected, {4, 0, 0, 0}, SharedBytes{voters}}));
  ASSERT_NE(checker.tree()->term(4), nullptr);
  EXPECT_EQ(checker.tree()->term(4)->voters, nodes({0, 1}));
}

TEST(RefinementTest, ANoteThatDoesNotDecodeIsAViolation) {
  Refinement checker{{.members = nodes({0, 1, 2})}};
  const auto violation = checker.on_note(PrincipalId{0}, Note{&ado_notes::elected, {4, 0, 0, 0}});
  ASSERT_TRUE(violation);
  EXPECT_EQ(violation->invariant, "refinement_note");
}

TEST(RefinementTest, AViolationTellsTheEventsBeforeIt) {
  Refinement checker{{.members = nodes({0, 1, 2})}};
  EXPECT_FALSE(checker.on_event(promise(0, 2, 0)));
  const auto violation = checker.on_event(promise(0, 1, 1));
  ASSERT_TRUE(violation);
  EXPECT_EQ(violation->message,
            "node 0 promises time 1 to node 1 with its log at the root: expected a time after 2, "
            "found time 1; the last events: node 0 promises time 2 to node 0 with its log at the "
            "root; node 0 promises time 1 to node 1 with its log at the root");
}

TEST(RefinementTest, MemoryIsBoundedOverManyTerms) {
  Refinement checker{{.members = nodes({0, 1, 2})}};
  Position last{};
  for (std::uint64_t time = 1; time <= 20'000; ++time) {
    const auto owner = static_cast<std::uint32_t>(time % 3);
    const std::uint32_t other = (owner + 1) % 3;
    const bool fails = time % 4 == 0;  // Elected, and nothing comes of it.
    Events events = {promise(0, time, owner, last), promise(1, time, owner, last),
                     promise(2, time, owner, last),
                     elected(owner, time, last, nodes({owner, other}))};
    if (!fails) {
      last = {time, 1};
      events.insert(events.end(), {append(owner, last), accept(0, last), accept(1, last),
                                   accept(2, last), claim(owner, last)});
    }
    ASSERT_EQ(found(checker, events), "");
    ASSERT_LE(checker.tree()->terms().size(), CacheTree::summaries_max + 64);
  }
  EXPECT_EQ(checker.tree()->latest_committed(), last);
}

}  // namespace
}  // namespace parley::testing
