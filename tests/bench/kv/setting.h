// SPDX-License-Identifier: Apache-2.0
//
// What the user asked for, and what the parts of the benchmark share.
#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>
#include <vector>

#include "tests/bench/kv/systems.h"

namespace parley::bench {

struct Setting {
  bool quick = false;
  std::set<std::string> only{};     ///< Parts; empty: all.
  std::set<std::string> systems{};  ///< Names; empty: all.
  std::string store = "rocksdb";
  std::filesystem::path build{};  ///< Of the Parley that is measured.
  std::filesystem::path out{};    ///< Where results are written.
  std::filesystem::path data{};   ///< Made by the program, removed at its end.
  Seconds warm_up{0.5};
  Seconds duration{2};
  int rounds = 3;
  std::uint64_t keys = 1'000'000;  ///< Of the memory and the catch-up part.

  bool wants(const std::string& part) const { return only.empty() || only.contains(part); }
  bool wants_system(const std::string& name) const {
    return systems.empty() || systems.contains(name);
  }
  /// The backends to measure.
  std::vector<std::string> backends() const {
    std::vector<std::string> all = bench::backends(build);
    std::erase_if(all, [this](const std::string& name) { return !wants_system(name); });
    return all;
  }
};

double median(std::vector<double> values);

/// Each part prints its rows, and answers them for the JSON file. A part that
/// cannot be measured says why in its rows and goes on.
nlohmann::json measure_throughput(const Setting& setting);
nlohmann::json measure_memory(const Setting& setting);
nlohmann::json measure_recovery(const Setting& setting);
nlohmann::json measure_failover(const Setting& setting);
nlohmann::json measure_catch_up(const Setting& setting);

/// A picture of measure_throughput's answer.
std::string plot_throughput(const nlohmann::json& throughput, const nlohmann::json& machine);

}  // namespace parley::bench
