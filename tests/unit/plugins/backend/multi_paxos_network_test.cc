// SPDX-License-Identifier: Apache-2.0
//
// Members of multi_paxos together: catching up, making way, restarting, changing.
#include <gtest/gtest.h>

#include "tests/unit/plugins/backend/multi_paxos_cluster.h"

namespace parley::multi_paxos {
namespace {

bool ok(const std::optional<Outcome>& outcome) {
  return outcome && outcome->kind == OutcomeKind::Ok;
}

std::size_t state_size(const MultiPaxos& machine) {
  Bytes bytes;
  StateWriter writer{bytes};
  machine.encode(writer);
  return bytes.size();
}

TEST(MultiPaxosNetworkTest, EveryNodeDecidesWhatIsCommittedLearnersToo) {
  Cluster cluster{{.members = 3, .nodes = 4, .machine = quick_options()}, 1};
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(ok(cluster.run(0, "m" + std::to_string(i))));
  cluster.pass(100ms);
  for (std::uint32_t node = 0; node < 4; ++node) EXPECT_EQ(cluster.decided(node), 10u);
  EXPECT_EQ(cluster.fault(), "");
}

TEST(MultiPaxosNetworkTest, ALearnerAnswersNoPullAndNamesTheLeader) {
  Cluster cluster{{.members = 3, .nodes = 4, .machine = quick_options()}, 1};
  ASSERT_TRUE(ok(cluster.run(1, "m")));
  cluster.pass(100ms);
  const auto pulled = cluster.call(3, port_pull, encode_call(PullCall{}));
  ASSERT_TRUE(pulled);
  EXPECT_EQ(pulled->kind, OutcomeKind::Preempted);
  EXPECT_EQ(pulled->owner, PrincipalId{cluster.leader()});
}

TEST(MultiPaxosNetworkTest, AnIdleLeaderMakesWayAndAStayingOneIsNamed) {
  for (const bool moves : {true, false}) {
    ClusterOptions options{.machine = quick_options()};
    options.machine.pull_moves_leader = moves;
    Cluster cluster{options, 1};
    cluster.pass(1s);
    const std::uint32_t leader = cluster.leader();
    const std::uint32_t other = (leader + 1) % 3;
    const auto pulled = cluster.call(other, port_pull, encode_call(PullCall{}));
    ASSERT_TRUE(pulled);
    EXPECT_EQ(pulled->kind, moves ? OutcomeKind::Ok : OutcomeKind::Preempted);
    EXPECT_EQ(cluster.leader(), moves ? other : leader);
    EXPECT_EQ(pulled->owner.has_value(), !moves);
    EXPECT_EQ(pulled->owner.value_or(PrincipalId{leader}), PrincipalId{leader});
  }
}

TEST(MultiPaxosNetworkTest, AClusterThatRestartedAsAWholeNeedsNoWait) {
  ClusterOptions options{.machine = quick_options()};
  options.machine.lease = 100s;
  options.machine.lease_wait = wait_for(100s, 0);
  Cluster cluster{options, 3};
  ASSERT_TRUE(ok(cluster.run(0, "kept")));
  for (std::uint32_t node = 0; node < 3; ++node) cluster.crash(node);
  for (std::uint32_t node = 0; node < 3; ++node) cluster.start(node);
  const Duration before = cluster.now();
  EXPECT_TRUE(ok(cluster.run(2, "more")));
  EXPECT_LT(cluster.now() - before, 1s);
  EXPECT_EQ(cluster.fault(), "");
}

TEST(MultiPaxosNetworkTest, ACrashedLeaderIsReplacedOnceItsLeaseIsOver) {
  Cluster cluster{{.machine = quick_options()}, 4};
  ASSERT_TRUE(ok(cluster.run(0, "a")));
  cluster.crash(cluster.leader());
  cluster.pass(1s);
  const std::uint32_t next = cluster.leader();
  EXPECT_TRUE(cluster.up(next));
  EXPECT_TRUE(ok(cluster.run(next, "b")));
  EXPECT_EQ(cluster.fault(), "");
}

TEST(MultiPaxosNetworkTest, AMemberThatWasCutOffEndsNobodysWork) {
  Cluster cluster{{.machine = quick_options()}, 5};
  ASSERT_TRUE(ok(cluster.run(0, "a")));
  const std::uint32_t leader = cluster.leader();
  cluster.cut({(leader + 1) % 3});
  cluster.pass(5s);
  const std::uint64_t elections = cluster.count("multi_paxos_became_leader");
  cluster.cut({});
  cluster.pass(2s);
  EXPECT_EQ(cluster.count("multi_paxos_became_leader"), elections);
  EXPECT_EQ(cluster.leader(), leader);
}

TEST(MultiPaxosNetworkTest, AFollowerBehindTheLogCatchesUpByImageWhileWritesGoOn) {
  ClusterOptions options{
      .machine = quick_options(), .loss_ppm = 100'000, .repeat_ppm = 50'000, .ballast = 3'000'000};
  options.machine.snapshot_after = 2'000;
  Cluster cluster{options, 6};
  ASSERT_TRUE(ok(cluster.run(0, "first")));
  const std::uint32_t leader = cluster.leader();
  const std::uint32_t away = (leader + 1) % 3;
  cluster.crash(away);
  // More than a snapshot, so that the log is trimmed behind the follower.
  const std::string large(200'000, 'x');
  for (int i = 0; i < 60; ++i) ASSERT_TRUE(ok(cluster.run(leader, large + std::to_string(i))));
  EXPECT_GT(cluster.count("multi_paxos_compacted"), 0u);
  cluster.start(away);
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(ok(cluster.run(leader, "while" + std::to_string(i))));
  cluster.pass(3s);
  EXPECT_GT(cluster.count("multi_paxos_image_installed"), 0u);
  EXPECT_EQ(cluster.decided(away), cluster.history().size());
  EXPECT_EQ(cluster.fault(), "");
  // And it keeps what it was given.
  cluster.crash(away);
  cluster.start(away);
  cluster.pass(1s);
  ASSERT_TRUE(ok(cluster.run(leader, "last")));
  cluster.pass(100ms);
  EXPECT_EQ(cluster.decided(away), cluster.history().size());
  EXPECT_EQ(cluster.fault(), "");
}

TEST(MultiPaxosNetworkTest, AFollowerThatStallsForEverCostsBoundedMemory) {
  ClusterOptions options{.machine = quick_options(), .ballast = 10'000};
  options.machine.snapshot_after = 20'000;
  Cluster cluster{options, 7};
  ASSERT_TRUE(ok(cluster.run(0, "first")));
  const std::uint32_t leader = cluster.leader();
  cluster.cut({(leader + 1) % 3});
  std::size_t most = 0;
  const std::string words(1'000, 'x');
  for (int i = 0; i < 600; ++i) {
    ASSERT_TRUE(ok(cluster.run(leader, words + std::to_string(i))));
    most = std::max(most, state_size(cluster.machine(leader)));
  }
  // Two intervals of the log, the state, its image, and what an image keeps longer.
  EXPECT_LT(most, 250'000u);
  EXPECT_EQ(cluster.fault(), "");
}

TEST(MultiPaxosNetworkTest, MembersComeAndGoOneByOneAndARemovedLeaderStepsDown) {
  Cluster cluster{{.members = 3, .nodes = 4, .machine = quick_options()}, 8};
  ASSERT_TRUE(ok(cluster.run(0, "a")));
  const std::uint32_t leader = cluster.leader();
  EXPECT_TRUE(ok(cluster.reconfigure(leader, 2, {0, 1, 2, 3})));
  std::vector<std::uint32_t> rest;
  for (std::uint32_t id = 0; id < 4; ++id) {
    if (id != leader) rest.push_back(id);
  }
  EXPECT_TRUE(ok(cluster.reconfigure(leader, 3, rest)));
  EXPECT_EQ(cluster.count("multi_paxos_removed"), 1u);
  cluster.crash(leader);
  EXPECT_TRUE(ok(cluster.run(rest[0], "b")));
  EXPECT_TRUE(ok(cluster.run(3, "c")));
  EXPECT_EQ(cluster.told(3)->members, Cluster::of(3, rest).members);
  EXPECT_EQ(cluster.fault(), "");
}

// Four of what each leader appended are lost when they are cut off one after the
// other; what any of them was told is committed is not.
TEST(MultiPaxosNetworkTest, CutOffLeadersLoseOnlyWhatTheyWereNotToldIsCommitted) {
  Cluster cluster{{.members = 5, .nodes = 5, .machine = quick_options()}, 9};
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(ok(cluster.run(cluster.leader(), "kept" + std::to_string(i))));
    const std::uint32_t leader = cluster.leader();
    cluster.cut({leader});
    const auto pulled = cluster.call(leader, port_pull, encode_call(PullCall{}));
    ASSERT_TRUE(ok(pulled));
    const std::string lost = "lost" + std::to_string(i);
    cluster.call(leader, port_invoke, encode_call(InvokeCall{pulled->branch, to_bytes(lost)}));
    const auto pushed = cluster.call(leader, port_push, encode_call(PushCall{pulled->branch}));
    ASSERT_TRUE(pushed);
    EXPECT_EQ(pushed->kind, OutcomeKind::Unknown);
    cluster.pass(1s);
    cluster.cut({});
    cluster.pass(1s);
  }
  std::size_t kept = 0;
  for (const SharedBytes& method : cluster.history()) {
    kept += text_of(method).starts_with("kept") ? 1 : 0;
  }
  EXPECT_EQ(kept, 4u);
  EXPECT_GT(cluster.count("multi_paxos_suffix_dropped"), 0u);
  EXPECT_EQ(cluster.fault(), "");
}

}  // namespace
}  // namespace parley::multi_paxos
