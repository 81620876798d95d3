// SPDX-License-Identifier: Apache-2.0
//
// vertical_paxos under every fault at once, in virtual time: whatever happens,
// answers are linearizable and the notes are moves of the ADO model, with the read
// and write quorums of the epochs that the master decided.
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/unit/plugins/backend/vertical_paxos_storm.h"

namespace parley::vertical_paxos {
namespace {

/// PARLEY_SEEDS in the environment asks for more.
std::uint64_t seeds_count() {
  const char* asked = std::getenv("PARLEY_SEEDS");
  return asked == nullptr ? 20 : std::strtoull(asked, nullptr, 10);
}

struct Total {
  std::uint64_t writes = 0;
  std::uint64_t reads = 0;
  std::uint64_t epochs = 0;
  std::map<std::string, std::uint64_t> notes;
};

/// Each seed stands its storm, and serves afterwards.
Total weather(const ClusterOptions& options, std::initializer_list<const char*> names,
              std::uint32_t proposals = 0) {
  Total total;
  for (std::uint64_t seed = 1; seed <= seeds_count(); ++seed) {
    Storm storm{options, seed, proposals};
    storm.rage(4s);
    EXPECT_EQ(storm.cluster().fault(), "") << "seed " << seed;
    const std::uint64_t before = storm.cluster().writes_done();
    storm.heal(3s);
    EXPECT_EQ(storm.cluster().fault(), "") << "seed " << seed;
    EXPECT_GT(storm.cluster().writes_done(), before + 20) << "seed " << seed;
    if (::testing::Test::HasFailure()) break;
    total.writes += storm.cluster().writes_done();
    total.reads += storm.cluster().reads_done();
    const auto& epochs = storm.cluster().decided_epochs().epochs;
    if (!epochs.empty()) total.epochs += epochs.back().epoch.value - 1;
    for (const char* name : names) total.notes[name] += storm.cluster().notes(name);
  }
  std::printf(
      "%llu writes, %llu reads, %llu epochs\n", static_cast<unsigned long long>(total.writes),
      static_cast<unsigned long long>(total.reads), static_cast<unsigned long long>(total.epochs));
  for (const auto& [name, count] : total.notes) {
    std::printf("  %s %llu\n", name.c_str(), static_cast<unsigned long long>(count));
    EXPECT_GT(count, 0u) << name;
  }
  return total;
}

TEST(VerticalPaxosSchedulesTest, MajoritiesHoldUnderEveryFault) {
  const Total total =
      weather({}, {"vertical_paxos_fetching", "vertical_paxos_joiner", "vertical_paxos_suspected",
                   "vertical_paxos_suffix_dropped", "vertical_paxos_image_installed",
                   "vertical_paxos_fenced", "vertical_paxos_resumed", "vertical_paxos_push_unknown",
                   "vertical_paxos_epoch_transferred", "vertical_paxos_compacted"});
  EXPECT_GT(total.epochs, seeds_count());
}

TEST(VerticalPaxosSchedulesTest, AllOfFiveHoldUnderEveryFault) {
  const Total total = weather(
      {.write_quorum = WriteQuorum::All, .members = 5, .hosts = 5},
      {"vertical_paxos_joiner", "vertical_paxos_suspected", "vertical_paxos_suffix_dropped"});
  EXPECT_GT(total.epochs, seeds_count());
}

TEST(VerticalPaxosSchedulesTest, TheLeaderAloneHoldsUnderEveryFault) {
  weather({.write_quorum = WriteQuorum::One},
          {"vertical_paxos_no_read_quorum", "vertical_paxos_image_installed"});
}

TEST(VerticalPaxosSchedulesTest, AnybodyMayProposeAnyEpoch) {
  for (const WriteQuorum quorum : {WriteQuorum::All, WriteQuorum::Majority, WriteQuorum::One}) {
    const Total total = weather({.write_quorum = quorum},
                                {"vertical_paxos_fetching", "vertical_paxos_image_installed"}, 20);
    EXPECT_GT(total.epochs, 2 * seeds_count());
  }
}

TEST(VerticalPaxosSchedulesTest, FiveMembersAndALearnerHoldWithFewMembersLeftAndLongLogs) {
  ClusterOptions options{.members = 5, .hosts = 6, .snapshot_after = 1 << 20};
  options.learners = {PrincipalId{5}};
  options.members_min = 2;
  weather(options,
          {"vertical_paxos_fetching", "vertical_paxos_joiner", "vertical_paxos_suspected"});
}

TEST(VerticalPaxosSchedulesTest, ALeaderThatWasReplacedBehindItsBackAnswersNoRead) {
  for (const WriteQuorum quorum : {WriteQuorum::All, WriteQuorum::Majority}) {
    EXPECT_EQ(read_at_replaced_leader({.write_quorum = quorum}), "");
  }
}

TEST(VerticalPaxosSchedulesTest, WithoutAMasterTheFirstEpochServesForEver) {
  const Total total = weather({.master = false}, {});
  EXPECT_EQ(total.epochs, 0u);
}

}  // namespace
}  // namespace parley::vertical_paxos
