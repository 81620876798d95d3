// SPDX-License-Identifier: Apache-2.0
//
// Puts and gets of every system. A round measures all systems one after the other,
// each on an empty store of its own, and there are several rounds: what drifts on
// the machine meets all of them. Ratios are of one round's figures.
#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "tests/bench/kv/setting.h"

namespace parley::bench {
namespace {

using nlohmann::json;

constexpr std::uint64_t keys = 10'000;
constexpr std::size_t pipelined = 16;

struct Point {
  bool spread = false;  ///< Clients at all nodes instead of at the leader.
  Operation operation{};
  std::size_t clients = 1;
  std::size_t pipeline = 1;
  auto operator<=>(const Point&) const = default;
};

const char* word_of(Operation operation) {
  return operation == Operation::Put ? "put" : "get";
}

struct Row {
  std::vector<double> rate;
  std::vector<double> p50;
  std::vector<double> p99;
  std::vector<double> p999;
  std::vector<double> processor;  ///< Microseconds of the servers for each operation.
  std::uint64_t failed = 0;
  std::string error{};
};

struct Measurement {
  std::unique_ptr<System> system;
  bool pipelines = false;  ///< Whether its protocol has pipelines.
  std::map<Point, Row> rows{};
  std::string refused{};  ///< Why it could not be measured.
};

std::vector<Point> points_of(const Measurement& measurement, const Setting& setting) {
  const std::vector<std::size_t> counts =
      setting.quick ? std::vector<std::size_t>{1, 64} : std::vector<std::size_t>{1, 16, 64, 256};
  std::vector<Point> points;
  for (const bool spread : {false, true}) {
    if (spread && measurement.system->nodes() == 1) continue;
    for (const Operation operation : {Operation::Put, Operation::Get}) {
      for (const std::size_t clients : counts) points.push_back({spread, operation, clients, 1});
      if (measurement.pipelines && !spread) {
        points.push_back({spread, operation, 64, pipelined});
      }
    }
  }
  return points;
}

double processor_seconds_of(const System& system) {
  double sum = 0;
  for (std::size_t i = 0; i < system.nodes(); ++i) sum += processor_seconds(system.pid(i));
  return sum;
}

void measure(System& system, const Point& point, const Setting& setting, Row& row) {
  const Target target = point.spread ? system.everywhere() : system.at(system.leader());
  const double before = processor_seconds_of(system);
  const Measured measured = run_load(target, {.operation = point.operation,
                                              .clients = point.clients,
                                              .pipeline = point.pipeline,
                                              .keys = keys,
                                              .warm_up = setting.warm_up,
                                              .duration = setting.duration});
  const double used = processor_seconds_of(system) - before;
  const double share = setting.duration / (setting.duration + setting.warm_up);
  const auto done = static_cast<double>(std::max<std::uint64_t>(1, measured.done));
  row.rate.push_back(measured.rate());
  row.p50.push_back(measured.latency.quantile_us(0.5));
  row.p99.push_back(measured.latency.quantile_us(0.99));
  row.p999.push_back(measured.latency.quantile_us(0.999));
  row.processor.push_back(used * share * 1e6 / done);
  row.failed += measured.failed;
  if (!measured.error.empty()) row.error = measured.error;
}

/// Effect: one round of one system, from an empty store to none.
void measure(Measurement& measurement, const Setting& setting) {
  System& system = *measurement.system;
  if (const auto error = system.start()) {
    measurement.refused = *error;
    system.stop();
    return;
  }
  const Workload load{.clients = 16,
                      .keys = keys,
                      .in_order = true,
                      .warm_up = Seconds{0},
                      .duration = Seconds{60}};
  run_load(system.at(system.leader()), load);
  for (const Point& point : points_of(measurement, setting)) {
    measure(system, point, setting, measurement.rows[point]);
  }
  system.stop();
}

json summary(const std::vector<double>& values) {
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  return {{"median", median(values)}, {"min", *least}, {"max", *most}, {"rounds", values}};
}

json fields_of(const Point& point) {
  return {{"clients_at", point.spread ? "all nodes" : "leader"},
          {"operation", word_of(point.operation)},
          {"clients", point.clients},
          {"pipeline", point.pipeline}};
}

void print_row(const Measurement& measurement, const Point& point, const Row& row) {
  const auto [least, most] = std::minmax_element(row.rate.begin(), row.rate.end());
  fmt::print(
      "{:<22} {:<9} {:<3} {:>7} {:>4} {:>9.0f} {:>9.0f}..{:<9.0f} {:>8.0f} {:>8.0f} "
      "{:>8.0f} {:>7.1f}{}\n",
      measurement.system->name(), point.spread ? "all nodes" : "leader", word_of(point.operation),
      point.clients, point.pipeline, median(row.rate), *least, *most, median(row.p50),
      median(row.p99), median(row.p999), median(row.processor),
      row.failed == 0 ? "" : fmt::format("  {} failed: {}", row.failed, row.error));
}

json rows_of(const Measurement& measurement) {
  json rows = json::array();
  for (const auto& [point, row] : measurement.rows) {
    json out = fields_of(point);
    out["system"] = measurement.system->name();
    out["per_second"] = summary(row.rate);
    out["p50_us"] = summary(row.p50);
    out["p99_us"] = summary(row.p99);
    out["p999_us"] = summary(row.p999);
    out["server_cpu_us_per_operation"] = summary(row.processor);
    out["failed"] = row.failed;
    if (!row.error.empty()) out["error"] = row.error;
    rows.push_back(out);
    print_row(measurement, point, row);
  }
  return rows;
}

std::vector<double> quotients(const std::vector<double>& of, const std::vector<double>& by) {
  std::vector<double> out;
  for (std::size_t i = 0; i < of.size() && i < by.size(); ++i) {
    out.push_back(by[i] > 0 ? of[i] / by[i] : 0);
  }
  return out;
}

/// Parley's rows over those of another system at the same point; a spread of
/// clients over one node is the node.
void add_ratios(const Measurement& ours, const Measurement& theirs, json& ratios) {
  for (const auto& [point, row] : ours.rows) {
    Point same = point;
    if (theirs.system->nodes() == 1) same.spread = false;
    const auto found = theirs.rows.find(same);
    if (found == theirs.rows.end() || found->second.rate.empty()) continue;
    const double rate = median(quotients(row.rate, found->second.rate));
    const double p50 = median(quotients(row.p50, found->second.p50));
    const double p99 = median(quotients(row.p99, found->second.p99));
    json out = fields_of(point);
    out.update({{"system", ours.system->name()},
                {"over", theirs.system->name()},
                {"per_second", rate},
                {"p50", p50},
                {"p99", p99}});
    ratios.push_back(out);
    fmt::print("{:<22} / {:<6} {:<9} {:<3} {:>7} {:>4} {:>9.2f} {:>9.2f} {:>9.2f}\n",
               ours.system->name(), theirs.system->name(), point.spread ? "all nodes" : "leader",
               word_of(point.operation), point.clients, point.pipeline, rate, p50, p99);
  }
}

std::vector<Measurement> systems_of(const Setting& setting) {
  std::vector<Measurement> out;
  for (const std::string& backend : setting.backends()) {
    out.push_back(
        {std::make_unique<Parley>(
             ParleyOptions{.build = setting.build, .backend = backend, .store = setting.store},
             setting.data / backend),
         true});
  }
  if (setting.wants_system("etcd")) {
    out.push_back({make_etcd_cluster(setting.data / "etcd"), false});
  }
  if (setting.wants_system("redis")) out.push_back({make_redis(setting.data / "redis"), true});
  return out;
}

}  // namespace

json measure_throughput(const Setting& setting) {
  std::vector<Measurement> all = systems_of(setting);
  for (int round = 0; round < setting.rounds; ++round) {
    for (Measurement& measurement : all) {
      if (!measurement.refused.empty()) continue;
      fmt::print(stderr, "round {} of {}: {}\n", round + 1, setting.rounds,
                 measurement.system->name());
      measure(measurement, setting);
    }
  }
  json out{{"systems", json::array()}, {"rows", json::array()}, {"ratios", json::array()}};
  fmt::print("\n{:<22} {:<9} {:<3} {:>7} {:>4} {:>9} {:^20} {:>8} {:>8} {:>8} {:>7}\n", "system",
             "at", "op", "clients", "pipe", "per s", "min..max", "p50 us", "p99 us", "p999 us",
             "cpu us");
  for (const Measurement& each : all) {
    json system{{"name", each.system->name()},
                {"version", each.system->version()},
                {"configuration", each.system->configuration()}};
    if (!each.refused.empty()) system["not_measured"] = each.refused;
    if (!each.refused.empty()) {
      fmt::print("{:<22} not measured: {}\n", each.system->name(), each.refused);
    }
    out["systems"].push_back(system);
    for (const json& row : rows_of(each)) out["rows"].push_back(row);
  }
  fmt::print("\n{:<31} {:<9} {:<3} {:>7} {:>4} {:>9} {:>9} {:>9}\n", "ratios of one round", "at",
             "op", "clients", "pipe", "per s", "p50", "p99");
  for (const Measurement& ours : all) {
    if (!ours.system->name().starts_with("parley")) continue;
    for (const Measurement& theirs : all) {
      if (!theirs.system->name().starts_with("parley")) add_ratios(ours, theirs, out["ratios"]);
    }
  }
  return out;
}

}  // namespace parley::bench
