// SPDX-License-Identifier: Apache-2.0
//
// What is not speed: memory for each key, and how long a node, a cluster or a
// follower that was away take to come back.
#include <fmt/core.h>
#include <poll.h>

#include <algorithm>
#include <atomic>
#include <nlohmann/json.hpp>
#include <thread>

#include "tests/bench/kv/setting.h"

namespace parley::bench {
namespace {

using nlohmann::json;

constexpr Seconds patience{120};
/// A cluster that has not written for so long has no way out by itself.
constexpr Seconds failover_patience{15};
constexpr int poll_interval_ms = 5;

/// Effect: writes so many keys, each once, many at a time.
Measured write_keys(const Target& target, std::uint64_t keys, std::size_t pipeline) {
  return run_load(target, {.clients = 64,
                           .pipeline = pipeline,
                           .keys = keys,
                           .in_order = true,
                           .warm_up = Seconds{0},
                           .duration = Seconds{3600}});
}

/// Seconds until an operation of one client at each address succeeds; negative:
/// none did. A client that is not answered in time connects and asks again: some
/// servers keep a request that they can do nothing with for seconds.
double time_to_first(const Target& target, Operation operation, Seconds limit = patience) {
  const auto start = Clock::now();
  while (Clock::now() - start < limit) {
    const Measured measured =
        run_load(target, {.operation = operation,
                          .clients = target.addresses.size(),
                          .keys = 1,
                          .warm_up = Seconds{0},
                          .duration = Seconds{0.2},
                          .linger = Seconds{0},
                          .until = [](const Measured& so_far) { return so_far.done > 0; }});
    if (measured.done > 0) return Seconds{measured.first_at - start}.count();
    ::poll(nullptr, 0, poll_interval_ms);
  }
  return -1;
}

/// Seconds until it holds; negative: it did not.
double time_until(const std::function<bool()>& condition) {
  const auto start = Clock::now();
  while (!condition()) {
    if (Clock::now() - start > patience) return -1;
    ::poll(nullptr, 0, poll_interval_ms);
  }
  return Seconds{Clock::now() - start}.count();
}

json refusal(const System& system, const std::string& why) {
  fmt::print("{:<22} not measured: {}\n", system.name(), why);
  return {{"system", system.name()}, {"not_measured", why}};
}

json memory_row(System& system, std::uint64_t keys, std::size_t pipeline) {
  if (const auto error = system.start()) return refusal(system, *error);
  std::vector<Memory> before;
  for (std::size_t i = 0; i < system.nodes(); ++i) before.push_back(memory_of(system.pid(i)));
  const Measured written = write_keys(system.at(system.leader()), keys, pipeline);
  ::poll(nullptr, 0, 1000);  // Followers take over what the leader has committed.
  json row{{"system", system.name()},
           {"configuration", system.configuration()},
           {"keys", keys},
           {"keys_written", written.done},
           {"nodes", json::array()}};
  fmt::print("{:<22} {:>9} keys:", system.name(), written.done);
  for (std::size_t i = 0; i < system.nodes(); ++i) {
    const Memory after = memory_of(system.pid(i));
    const auto each = static_cast<double>(std::max<std::uint64_t>(1, written.done));
    const double resident = (after.resident - before[i].resident) / each;
    const double anonymous = (after.anonymous - before[i].anonymous) / each;
    row["nodes"].push_back({{"resident_bytes_per_key", resident},
                            {"anonymous_bytes_per_key", anonymous},
                            {"resident_bytes_empty", before[i].resident}});
    fmt::print("  {:.0f} ({:.0f} anonymous)", resident, anonymous);
  }
  fmt::print(" bytes of memory a key, by node{}\n",
             written.failed > 0 ? "; failed: " + written.error : "");
  system.stop();
  return row;
}

std::unique_ptr<Parley> parley_of(const Setting& setting, const std::string& keys = {}) {
  return std::make_unique<Parley>(ParleyOptions{.build = setting.build,
                                                .backend = "multi_paxos",
                                                .store = setting.store,
                                                .backend_keys = keys},
                                  setting.data / "life");
}

json recovery_row(const Setting& setting, std::uint64_t puts) {
  const auto system = parley_of(setting, "snapshot_after = \"1GiB\"");
  if (const auto error = system->start()) return refusal(*system, *error);
  write_keys(system->at(system->leader()), puts, 16);
  const std::size_t node = (system->leader() + 1) % system->nodes();
  const double leading = system->decided(system->leader());
  time_until([&] { return system->decided(node) >= leading; });
  const std::uint64_t bytes = size_below(system->node_directory(node));
  system->kill_node(node);
  system->start_node(node);
  const double seconds = time_to_first(system->at(node), Operation::Get);
  fmt::print("{:<22} {:>9} puts, {:>10} bytes on disk: serves again after {:.3f} s\n",
             system->name(), puts, bytes, seconds);
  json row{{"system", system->name()},
           {"configuration", system->configuration()},
           {"log_puts", puts},
           {"bytes_on_disk", bytes},
           {"seconds", seconds}};
  system->stop();
  return row;
}

/// Addresses of all nodes but one.
Target others(const System& system, std::size_t without) {
  Target target = system.everywhere();
  target.addresses.erase(target.addresses.begin() + static_cast<std::ptrdiff_t>(without));
  return target;
}

json failover_row(System& system, int trials) {
  if (const auto error = system.start()) return refusal(system, *error);
  std::vector<double> all;
  for (int i = 0; i < trials; ++i) {
    const std::size_t leader = system.leader();
    // Under load, as a leader is when it is missed.
    run_load(system.at(leader), {.clients = 16, .warm_up = Seconds{0}, .duration = Seconds{0.5}});
    system.kill_node(leader);
    const double waited = time_to_first(others(system, leader), Operation::Put, failover_patience);
    if (waited < 0) {
      system.stop();
      return refusal(system, fmt::format("no write in {} s after kill {} of the leader",
                                         failover_patience.count(), i + 1));
    }
    all.push_back(waited);
    system.start_node(leader);
    time_to_first(system.at(leader), Operation::Put, failover_patience);
  }
  const auto [least, most] = std::minmax_element(all.begin(), all.end());
  fmt::print("{:<22} first write {:.3f} s after the leader's kill ({:.3f}..{:.3f}, {} kills)\n",
             system.name(), median(all), *least, *most, trials);
  json row{{"system", system.name()},
           {"configuration", system.configuration()},
           {"seconds", all},
           {"median", median(all)}};
  system.stop();
  return row;
}

}  // namespace

json measure_memory(const Setting& setting) {
  fmt::print("\nmemory\n");
  json rows = json::array();
  for (const std::string& backend : setting.backends()) {
    Parley system{{.build = setting.build, .backend = backend, .store = setting.store},
                  setting.data / "life"};
    rows.push_back(memory_row(system, setting.keys, 16));
    system.stop();
  }
  if (setting.wants_system("redis")) {
    const auto redis = make_redis(setting.data / "redis");
    rows.push_back(memory_row(*redis, setting.keys, 16));
  }
  if (setting.wants_system("etcd")) {
    // Without pipelines a million keys would take etcd minutes.
    const auto etcd = make_etcd_cluster(setting.data / "etcd");
    rows.push_back(memory_row(*etcd, std::min<std::uint64_t>(setting.keys, 100'000), 1));
  }
  return rows;
}

json measure_recovery(const Setting& setting) {
  fmt::print("\nrecovery after kill -9, by length of the log\n");
  const std::vector<std::uint64_t> lengths =
      setting.quick ? std::vector<std::uint64_t>{1'000, 20'000}
                    : std::vector<std::uint64_t>{1'000, 10'000, 100'000, 500'000};
  json rows = json::array();
  for (const std::uint64_t length : lengths) rows.push_back(recovery_row(setting, length));
  return rows;
}

json measure_failover(const Setting& setting) {
  fmt::print("\nloss of the leader\n");
  const int trials = setting.quick ? 2 : 9;
  json rows = json::array();
  for (const std::string& backend : setting.backends()) {
    Parley system{{.build = setting.build, .backend = backend, .store = setting.store},
                  setting.data / "life"};
    rows.push_back(failover_row(system, trials));
    system.stop();
  }
  if (setting.wants_system("etcd")) {
    const auto etcd = make_etcd_cluster(setting.data / "etcd");
    rows.push_back(failover_row(*etcd, trials));
  }
  return rows;
}

json measure_catch_up(const Setting& setting) {
  fmt::print("\ncatching up by snapshot while others write\n");
  const auto system = parley_of(setting);
  if (const auto error = system->start()) return refusal(*system, *error);
  const std::size_t leader = system->leader();
  const std::size_t away = (leader + 1) % system->nodes();
  system->kill_node(away);
  std::filesystem::remove_all(system->node_directory(away));
  write_keys(system->at(leader), setting.keys, 16);
  const Workload writing{.clients = 16, .keys = setting.keys, .duration = Seconds{3}};
  const Measured before = run_load(system->at(leader), writing);

  const double wanted = system->decided(leader);
  const auto start = Clock::now();
  system->start_node(away);
  Workload meanwhile = writing;
  meanwhile.warm_up = Seconds{0};
  meanwhile.duration = patience;
  // Asked by a thread of its own: a node that takes over a snapshot answers late.
  std::atomic<double> took{-1};
  std::thread watcher{[&] {
    const double waited = time_until([&] { return system->decided(away) >= wanted; });
    if (waited >= 0) took = Seconds{Clock::now() - start}.count();
  }};
  meanwhile.until = [&](const Measured&) { return took.load() >= 0; };
  const Measured during = run_load(system->at(leader), meanwhile);
  watcher.join();
  const double images =
      system->metric(away, "parley_multi_paxos_image_installed_total{instance=\"kv\"}");
  const Measured after = run_load(system->at(leader), writing);
  fmt::print(
      "{:<22} {} keys: {:.2f} s, {:.0f} images; puts per second of 16 clients: {:.0f} "
      "before, {:.0f} meanwhile (p99 {:.0f} us, most {:.0f} us), {:.0f} after\n",
      system->name(), setting.keys, took.load(), images, before.rate(), during.rate(),
      during.latency.quantile_us(0.99), during.latency.quantile_us(1), after.rate());
  json row{{"system", system->name()},
           {"configuration", system->configuration()},
           {"keys", setting.keys},
           {"seconds", took.load()},
           {"images_installed", images},
           {"puts_per_second_before", before.rate()},
           {"puts_per_second_meanwhile", during.rate()},
           {"puts_per_second_after", after.rate()},
           {"put_p50_us_before", before.latency.quantile_us(0.5)},
           {"put_p50_us_meanwhile", during.latency.quantile_us(0.5)},
           {"put_p99_us_meanwhile", during.latency.quantile_us(0.99)},
           {"put_max_us_meanwhile", during.latency.quantile_us(1)},
           {"failed_meanwhile", during.failed}};
  system->stop();
  return row;
}

}  // namespace parley::bench
