// SPDX-License-Identifier: Apache-2.0
//
// Every fault at once for a cluster of vertical_paxos: crashes, cuts, losses, and a
// master that is out of reach.
#pragma once

#include "tests/unit/plugins/backend/vertical_paxos_cluster.h"

namespace parley::vertical_paxos {

class Storm {
 public:
  /// `proposals`: of a thousand troubles, how many are an operator that proposes an epoch.
  Storm(const ClusterOptions& options, std::uint64_t seed, std::uint32_t proposals = 0)
      : hosts_(options.hosts),
        members_(options.members),
        proposals_(proposals),
        cluster_(options, seed),
        random_(seed * 31 + 7) {
    for (std::uint32_t i = 0; i < 4; ++i) cluster_.add_caller(PrincipalId{i % options.members});
    for (std::uint32_t i = 0; i < 2; ++i) cluster_.add_reader(PrincipalId{i % options.members});
  }

  void rage(Duration span) {
    cluster_.lossy(true);
    Duration passed{};
    while (passed < span && cluster_.fault().empty()) {
      const Duration quiet{static_cast<std::int64_t>(random_.below(12'000'000))};
      cluster_.run_for(quiet);
      passed += quiet;
      trouble();
    }
  }
  /// Effect: all is well again, for so long.
  void heal(Duration span) {
    cluster_.lossy(false);
    cluster_.cut({});
    cluster_.master_reached_by(everybody());
    for (std::uint32_t i = 0; i < hosts_; ++i) {
      if (!cluster_.up(PrincipalId{i})) cluster_.start(PrincipalId{i});
    }
    cluster_.run_for(span);
  }
  const Cluster& cluster() const { return cluster_; }
  Cluster& cluster() { return cluster_; }

 private:
  void trouble() {
    const PrincipalId node{static_cast<std::uint32_t>(random_.below(hosts_))};
    const std::uint64_t dice = random_.below(1'000);
    if (dice < 40 && cluster_.up(node)) return cluster_.crash(node);
    if (dice < 120 && !cluster_.up(node)) return cluster_.start(node);
    // Some cuts must outlast a suspicion.
    if (dice < 130) return cluster_.cut(PrincipalSet{node});
    if (dice < 140) return isolate(node);
    if (dice < 160) return cluster_.cut({});
    if (dice < 170) return unreach(node);
    if (dice < 200) return cluster_.master_reached_by(everybody());
    if (dice < 200 + proposals_) return propose();
  }
  void isolate(PrincipalId node) {
    cluster_.cut(PrincipalSet{node});
    unreach(node);
  }
  /// Any members, in any order.
  void propose() {
    std::vector<PrincipalId> order;
    for (std::uint32_t i = 0; i < members_; ++i) {
      if (random_.chance(800'000)) order.push_back(PrincipalId{i});
    }
    if (order.empty()) return;
    std::swap(order.front(), order[random_.below(order.size())]);
    cluster_.propose(order);
  }
  void unreach(PrincipalId node) {
    PrincipalSet reached = everybody();
    reached.erase(node);
    cluster_.master_reached_by(reached);
  }
  PrincipalSet everybody() const {
    PrincipalSet all;
    for (std::uint32_t i = 0; i < hosts_; ++i) all.insert(PrincipalId{i});
    return all;
  }

  std::uint32_t hosts_;
  std::uint32_t members_;
  std::uint32_t proposals_;
  Cluster cluster_;
  Prng random_;
};

/// A leader that hears of nobody is replaced while somebody reads there: what must
/// not be and was, or nothing.
inline std::string read_at_replaced_leader(const ClusterOptions& options) {
  Cluster cluster{options, 1};
  cluster.add_reader(PrincipalId{0});
  cluster.run_for(100ms);
  cluster.cut({PrincipalId{0}});
  cluster.master_reached_by({PrincipalId{1}, PrincipalId{2}});
  cluster.run_for(1s);  // Until another leads, who does not send the writer away.
  cluster.add_caller(PrincipalId{1});
  cluster.run_for(1s);
  return cluster.writes_done() > 0 ? cluster.fault() : "nothing was written";
}

}  // namespace parley::vertical_paxos
