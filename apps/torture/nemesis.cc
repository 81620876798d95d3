// SPDX-License-Identifier: Apache-2.0
#include "apps/torture/nemesis.h"

#include <fmt/core.h>

#include <algorithm>
#include <numeric>
#include <thread>

namespace parley::torture {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds poll_interval{5};
constexpr milliseconds held_max{2'500};
constexpr milliseconds rest_max{800};
constexpr std::chrono::seconds recovery_patience{30};

}  // namespace

Nemesis::Nemesis(const Options& options, Cluster& cluster, Network& network, Ledger& ledger,
                 Prng prng)
    : options_(options), cluster_(cluster), network_(network), ledger_(ledger), prng_(prng) {
  add_classes();
}

void Nemesis::add_classes() {
  const bool faulty = options_.store == "faulty";
  const auto add = [&](FaultClass one, const std::string& why_not, std::function<Fault()> make) {
    if (!options_.has(one)) return;
    if (why_not.empty()) {
      classes_.push_back(std::move(make));
    } else {
      skipped_.push_back(name_of(one) + ": " + why_not);
    }
  };
  add(FaultClass::Kill, "", [this] { return kill(some_nodes(cluster_.size()), "kill"); });
  add(FaultClass::CrashAll, "", [this] {
    std::vector<std::size_t> all(cluster_.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    return kill(all, "crash_all");
  });
  add(FaultClass::Pause, "", [this] { return pause(); });
  add(FaultClass::Partition, network_.why_not(), [this] { return partition(); });
  if (faulty) {
    add(FaultClass::Disk, "", [this] { return disk(); });
  } else {
    add(FaultClass::Disk, cluster_.small_disk_why_not(), [this] { return small_disk(); });
  }
  add(FaultClass::SlowDisk, faulty ? "" : "only with --store faulty",
      [this] { return slow_disk(); });
  add(FaultClass::ClockJump,
      cluster_.has_clocks() ? "" : "no libfaketime; apt-get install faketime",
      [this] { return clock(); });
}

void Nemesis::run(Clock::time_point end, const std::atomic<bool>& stopping) {
  while (!stopping && !classes_.empty() && Clock::now() < end) {
    sleep(milliseconds{prng_.below(static_cast<std::uint64_t>(rest_max.count()))}, stopping);
    suffer(classes_[prng_.below(classes_.size())](), stopping);
  }
  sleep(end - Clock::now(), stopping);
}

void Nemesis::suffer(const Fault& fault, const std::atomic<bool>& stopping) {
  FaultRecord& record = records_[fault.name];
  ++record.count;
  ledger_.watch();
  fault.apply();
  sleep(milliseconds{prng_.below(static_cast<std::uint64_t>(held_max.count()))}, stopping);
  if (const auto after = ledger_.recovered_after()) record.while_held.push_back(*after);
  fault.heal();
  ledger_.watch();
  const Clock::time_point patience_end = Clock::now() + recovery_patience;
  while (!ledger_.recovered_after() && !stopping && Clock::now() < patience_end) {
    sleep(poll_interval, stopping);
  }
  if (const auto after = ledger_.recovered_after()) {
    record.after_healed.push_back(*after);
  } else if (!stopping) {
    cluster_.note(fmt::format("no write succeeded within {} s after '{}' was healed",
                              recovery_patience.count(), fault.name));
  }
}

void Nemesis::sleep(Clock::duration span, const std::atomic<bool>& stopping) {
  const Clock::time_point end = Clock::now() + span;
  while (!stopping && Clock::now() < end) {
    std::this_thread::sleep_for(std::min<Clock::duration>(poll_interval, end - Clock::now()));
    cluster_.look_after();
  }
}

/// One node most often, up to `at_most`.
std::vector<std::size_t> Nemesis::some_nodes(std::size_t at_most) {
  std::vector<std::size_t> nodes(cluster_.size());
  std::iota(nodes.begin(), nodes.end(), std::size_t{0});
  for (std::size_t i = nodes.size(); i > 1; --i) std::swap(nodes[i - 1], nodes[prng_.below(i)]);
  nodes.resize(prng_.below(2) == 0 ? 1 : 1 + prng_.below(at_most));
  return nodes;
}

Nemesis::Fault Nemesis::kill(const std::vector<std::size_t>& nodes, const std::string& name) {
  const bool power_cut = options_.store == "faulty" && prng_.below(2) == 0;
  return {power_cut ? name + " and power cut" : name,
          [this, nodes, power_cut] {
            for (const std::size_t node : nodes) {
              cluster_.kill(node);
              if (power_cut) cluster_.set_store_faults(node, "torn_tail = true\n");
            }
          },
          [this, nodes] {
            for (const std::size_t node : nodes) cluster_.start(node);
          }};
}

Nemesis::Fault Nemesis::pause() {
  const std::vector<std::size_t> nodes = some_nodes(cluster_.size());
  return {"pause",
          [this, nodes] {
            for (const std::size_t node : nodes) cluster_.pause(node);
          },
          [this, nodes] {
            for (const std::size_t node : nodes) cluster_.resume(node);
          }};
}

Nemesis::Fault Nemesis::partition() {
  const std::size_t count = cluster_.size();
  const std::vector<std::size_t> apart = some_nodes(count - 1);
  const std::uint64_t form = prng_.below(4);
  const auto heal = [this] { network_.heal(); };
  if (form == 0) return {"unplug", [this, apart] { network_.unplug(apart.front()); }, heal};
  std::vector<Network::Pair> pairs;
  const auto is_apart = [&](std::size_t node) {
    return std::find(apart.begin(), apart.end(), node) != apart.end();
  };
  for (std::size_t from = 0; from < count; ++from) {
    for (std::size_t to = 0; to < count; ++to) {
      const bool parted = is_apart(from) != is_apart(to);
      const bool one_way = parted && is_apart(from);
      // Without the link between two neighbours, some third one reaches both.
      const bool bridge = (from == apart.front() && to == (from + 1) % count) ||
                          (to == apart.front() && from == (to + 1) % count);
      if (form == 1 ? parted : form == 2 ? one_way : bridge) pairs.emplace_back(from, to);
    }
  }
  const char* names[] = {"", "partition", "partition one way", "partition of two"};
  return {names[form], [this, pairs] { network_.cut(pairs); }, heal};
}

Nemesis::Fault Nemesis::disk() {
  const std::size_t node = prng_.below(cluster_.size());
  const std::uint64_t at = 1 + prng_.below(20);
  const std::uint64_t form = prng_.below(3);
  const std::string faults = form == 0   ? "disk_size = 1\n"
                             : form == 1 ? fmt::format("short_write_at = {}\n", at)
                                         : fmt::format("sync_fails_at = {}\n", at);
  const char* names[] = {"full disk", "short write", "failed sync"};
  return {names[form],
          [this, node, faults] {
            cluster_.set_store_faults(node, faults);
            cluster_.expect_disk_failure(node, [] {});
          },
          [this, node] {
            cluster_.set_store_faults(node, "");
            if (!cluster_.running(node)) cluster_.start(node);
          }};
}

Nemesis::Fault Nemesis::small_disk() {
  return {"full disk",
          [this] {
            cluster_.expect_disk_failure(cluster_.small_disk_node(),
                                         [this] { cluster_.fill_small_disk(); });
          },
          [this] {
            cluster_.empty_small_disk();
            const std::size_t node = cluster_.small_disk_node();
            if (!cluster_.running(node)) cluster_.start(node);
          }};
}

Nemesis::Fault Nemesis::slow_disk() {
  const std::vector<std::size_t> nodes = some_nodes(cluster_.size());
  const std::string faults = fmt::format("sync_delay = {}\n", 20 + prng_.below(400));
  return {"slow disk",
          [this, nodes, faults] {
            for (const std::size_t node : nodes) cluster_.set_store_faults(node, faults);
          },
          [this, nodes] {
            for (const std::size_t node : nodes) cluster_.set_store_faults(node, "");
          }};
}

Nemesis::Fault Nemesis::clock() {
  const std::size_t node = prng_.below(cluster_.size());
  const auto seconds = static_cast<long>(prng_.between(-3'600, 3'600));
  // The clock stays where it is until it jumps again: only the jump is the fault.
  return {"clock jump", [this, node, seconds] { cluster_.set_clock(node, seconds); }, [] {}};
}

}  // namespace parley::torture
