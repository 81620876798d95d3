// SPDX-License-Identifier: Apache-2.0
//
// multi_paxos under every fault at once, in virtual time: whatever happens,
// answers are linearizable and the notes are moves of the ADO model.
#include <gtest/gtest.h>

#include "tests/unit/plugins/backend/multi_paxos_cluster.h"

namespace parley::multi_paxos {
namespace {

/// A caller at a node, one call at a time, and what its answers must not be less than.
struct Caller {
  std::uint32_t node = 0;
  int stage = 0;  ///< 0 pull, 1 invoke, 2 push.
  std::optional<RequestId> request{};
  Branch branch = 0;
  Bytes method{};
  std::uint64_t floor = 0;  ///< Length of the history that was answered before the push.
};

class Storm {
 public:
  Storm(const ClusterOptions& options, std::uint64_t seed)
      : cluster_(options, seed), random_(seed * 31 + 7) {
    for (std::uint32_t i = 0; i < 4; ++i) callers_.push_back({.node = i % options.members});
    for (std::uint32_t i = 0; i < options.members; ++i) wanted_.push_back(i);
  }

  void run(Duration time, bool reconfigures) {
    while (cluster_.now() < time && fault().empty()) {
      cluster_.pass(Duration{static_cast<std::int64_t>(random_.below(8'000'000))});
      trouble(reconfigures);
      for (Caller& caller : callers_) drive(caller);
    }
  }
  /// Effect: all is well again. Returns whether each member serves a write.
  bool heal() {
    cluster_.cut({});
    cluster_.set_faults(0, 0);
    for (std::uint32_t i = 0; i < cluster_.size(); ++i) cluster_.start(i);
    cluster_.pass(3s);
    // Which members are in force the latest leader knows, whatever was Unknown here.
    bool served = true;
    cluster_.told(cluster_.leader())->members.for_each([&](PrincipalId node) {
      served = served && cluster_.run(node.value, "healed", 40);
    });
    cluster_.pass(500ms);
    return served;
  }
  std::string fault() const { return fault_.empty() ? cluster_.fault() : fault_; }
  const Cluster& cluster() const { return cluster_; }
  std::uint64_t writes() const { return writes_; }
  std::uint64_t reads() const { return reads_; }

 private:
  void trouble(bool reconfigures) {
    const std::uint64_t dice = random_.below(1'000);
    const auto node = static_cast<std::uint32_t>(random_.below(cluster_.size()));
    if (dice < 12) return crash(node);
    if (dice < 40) return cluster_.start(node);
    if (dice < 48) return cluster_.cut({node});
    if (dice < 70) return cluster_.cut({});
    if (dice < 80 && reconfigures) change_members();
  }
  void crash(std::uint32_t node) {
    cluster_.crash(node);
    for (Caller& caller : callers_) {
      if (caller.node == node) caller = {.node = node};
    }
  }
  void change_members() {
    // One in, one out, in turns.
    std::vector<std::uint32_t> next = wanted_;
    if (next.size() > 2 && random_.below(2) == 0) {
      next.erase(next.begin() + static_cast<std::ptrdiff_t>(random_.below(next.size())));
    } else {
      for (std::uint32_t id = 0; id < cluster_.size(); ++id) {
        if (std::find(next.begin(), next.end(), id) == next.end()) {
          next.push_back(id);
          break;
        }
      }
    }
    std::vector<std::uint32_t> learners;
    for (std::uint32_t id = 0; id < cluster_.size(); ++id) {
      if (std::find(next.begin(), next.end(), id) == next.end()) learners.push_back(id);
    }
    const std::uint32_t leader = cluster_.leader();
    if (!cluster_.up(leader)) return;
    const auto outcome = cluster_.reconfigure(leader, ++epoch_, next, learners);
    // Unknown: the next attempt differs from the real ones by two, perhaps, and is refused.
    if (outcome && outcome->kind == OutcomeKind::Ok) wanted_ = next;
  }

  void drive(Caller& caller) {
    if (!cluster_.up(caller.node)) return;
    if (!caller.request) return call(caller);
    const auto outcome = cluster_.outcome(*caller.request);
    if (!outcome) return;
    caller.request.reset();
    if (outcome->kind != OutcomeKind::Ok) {
      caller.stage = 0;
      return;
    }
    if (caller.stage == 0) caller.branch = outcome->branch;
    if (caller.stage == 2) judge(caller, *outcome);
    caller.stage = (caller.stage + 1) % 3;
  }
  void call(Caller& caller) {
    if (caller.stage == 0) {
      caller.request = cluster_.submit(caller.node, port_pull, encode_call(PullCall{}));
    } else if (caller.stage == 1) {
      const bool reads = random_.below(3) == 0;
      caller.method = reads ? Bytes{} : to_bytes("m" + std::to_string(++methods_));
      caller.request = cluster_.submit(
          caller.node, port_invoke,
          encode_call(InvokeCall{caller.branch, caller.method, random_.below(2) == 0}));
    } else {
      caller.floor = answered_;
      caller.request =
          cluster_.submit(caller.node, port_push, encode_call(PushCall{caller.branch}));
    }
  }
  void judge(const Caller& caller, const Outcome& outcome) {
    std::uint64_t count = 0;
    if (!cluster_.answers_history(outcome, count)) fault_ = "an answer of another history";
    if (count < caller.floor) fault_ = "an answer from the past";
    answered_ = std::max(answered_, count);
    if (caller.method.empty()) {
      ++reads_;
      return;
    }
    ++writes_;
    const bool placed = count > caller.floor && count <= cluster_.history().size() &&
                        equal(cluster_.history()[count - 1], caller.method);
    if (!placed) fault_ = "a write that is not where it was said to be";
  }

  Cluster cluster_;
  Prng random_;
  std::vector<Caller> callers_;
  std::vector<std::uint32_t> wanted_;
  std::uint64_t epoch_ = 1;
  std::uint64_t methods_ = 0;
  std::uint64_t answered_ = 0;  ///< The longest history that any answer told of.
  std::uint64_t writes_ = 0;
  std::uint64_t reads_ = 0;
  std::string fault_;
};

struct Total {
  std::uint64_t writes = 0;
  std::uint64_t reads = 0;
  std::map<std::string, std::uint64_t> notes;

  void add(const Storm& storm, std::initializer_list<const char*> names) {
    writes += storm.writes();
    reads += storm.reads();
    for (const char* name : names) notes[name] += storm.cluster().count(name);
  }
};

void weather(const ClusterOptions& options, std::uint64_t seeds, bool reconfigures, Total& total,
             std::initializer_list<const char*> names) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    Storm storm{options, seed};
    storm.run(4s, reconfigures);
    ASSERT_EQ(storm.fault(), "") << "seed " << seed;
    const bool healed = storm.heal();
    ASSERT_EQ(storm.fault(), "") << "seed " << seed;
    ASSERT_TRUE(healed) << "seed " << seed;
    total.add(storm, names);
  }
  EXPECT_GT(total.writes, seeds * 10);
  EXPECT_GT(total.reads, seeds * 5);
  for (const auto& [name, count] : total.notes) EXPECT_GT(count, 0u) << name;
}

constexpr std::uint64_t seeds_count = 60;

TEST(MultiPaxosSchedulesTest, AnswersAreLinearizableUnderFaultsAndDriftingClocks) {
  // Two clocks that run 15 % fast and slow differ by 1.15 / 0.85, 35.3 %. Leases
  // that outlive elections, and leaders that take long to see that they are cut off.
  ClusterOptions options{
      .machine = quick_options(), .drift_ppm = 150'000, .loss_ppm = 50'000, .repeat_ppm = 50'000};
  options.machine.lease = 150ms;
  options.machine.lease_wait = wait_for(150ms, 353'000);
  options.machine.silent_heartbeats_max = 30;
  Total total;
  weather(options, seeds_count, false, total,
          {"multi_paxos_lease_read", "multi_paxos_resigned", "multi_paxos_suffix_dropped",
           "multi_paxos_resent", "multi_paxos_quorum_silent", "multi_paxos_wait_over",
           "multi_paxos_stale_base", "multi_paxos_push_unknown"});
}

TEST(MultiPaxosSchedulesTest, HoldsWithSnapshotsAfterFewRecordsAndLearners) {
  ClusterOptions options{.members = 3,
                         .nodes = 4,
                         .machine = quick_options(),
                         .loss_ppm = 50'000,
                         .repeat_ppm = 50'000,
                         .ballast = 600'000};
  options.machine.snapshot_after = 100;
  options.ballast = 0;
  Total total;
  weather(options, seeds_count, false, total,
          {"multi_paxos_compacted", "multi_paxos_image_offered", "multi_paxos_image_installed"});
}

TEST(MultiPaxosSchedulesTest, HoldsWithoutLeasesAndWithALeaderThatStays) {
  ClusterOptions options{.members = 5,
                         .nodes = 5,
                         .machine = quick_options(),
                         .loss_ppm = 50'000,
                         .repeat_ppm = 50'000};
  options.machine.lease = options.machine.lease_wait = Duration{0};
  options.machine.pull_moves_leader = false;
  Total total;
  weather(options, seeds_count, false, total, {"multi_paxos_confirmed_read"});
}

TEST(MultiPaxosSchedulesTest, HoldsWhileMembersComeAndGo) {
  ClusterOptions options{.members = 3,
                         .nodes = 5,
                         .machine = quick_options(),
                         .loss_ppm = 30'000,
                         .repeat_ppm = 30'000};
  options.machine.snapshot_after = 500;
  Total total;
  weather(options, seeds_count, true, total,
          {"multi_paxos_members_changed", "ado_reconfigure", "multi_paxos_removed",
           "multi_paxos_reconfiguration_refused"});
}

}  // namespace
}  // namespace parley::multi_paxos
