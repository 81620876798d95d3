// SPDX-License-Identifier: Apache-2.0
//
// Prints what is measured on what, then the figures, then the ratios between
// figures of this same run. Never fails because a machine is slow.
#include <benchmark/benchmark.h>
#include <fmt/core.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <thread>

#include "core/api/toolchain.h"
#include "tests/bench/core_setting.h"

namespace parley::bench {
namespace {

/// Prints as usual, and remembers each benchmark's speed for the ratios.
class Recorder : public benchmark::ConsoleReporter {
 public:
  Recorder() : ConsoleReporter(isatty(STDOUT_FILENO) == 1 ? OO_ColorTabular : OO_Tabular) {}

  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      failed_ = failed_ || run.error_occurred;
      if (run.error_occurred || run.run_type != Run::RT_Iteration) continue;
      const auto items = run.counters.find("items_per_second");
      const double speed = items != run.counters.end()
                               ? items->second.value
                               : static_cast<double>(run.iterations) / run.real_accumulated_time;
      speeds_[run.benchmark_name()] = speed;
    }
    ConsoleReporter::ReportRuns(runs);
  }

  void print_ratios(const std::vector<Ratio>& ratios) const {
    fmt::print("\nratios of speeds in this run\n");
    for (const Ratio& ratio : ratios) {
      const auto measured = speeds_.find(ratio.measured);
      const auto baseline = speeds_.find(ratio.baseline);
      if (measured == speeds_.end() || baseline == speeds_.end()) continue;
      fmt::print("  {:<58} {:8.3f}\n", ratio.label, measured->second / baseline->second);
    }
  }

  bool failed() const { return failed_; }

 private:
  std::map<std::string, double> speeds_;
  bool failed_ = false;
};

std::string processor() {
  std::ifstream in("/proc/cpuinfo");
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown processor";
}

void print_configuration() {
  fmt::print("parley core benchmarks\n");
  fmt::print("  build       {}, {}\n", PARLEY_BUILD_TYPE, PARLEY_TOOLCHAIN);
  fmt::print("  machine     {}, {} threads\n", processor(), std::thread::hardware_concurrency());
  fmt::print("  data        {}\n", PARLEY_BUILD_DIR "/bench-data");
  fmt::print("  plugins     every one at its default configuration:\n");
  for (std::uint32_t kind = 1; kind <= PARLEY_KIND_COMPONENT; ++kind) {
    for (const Plugin* plugin : catalogue().of_kind(static_cast<parley_kind>(kind))) {
      fmt::print("              {} {} {}\n", kind_name(plugin->descriptor->kind),
                 plugin->descriptor->name, plugin->descriptor->version);
    }
  }
  fmt::print("\n");
}

}  // namespace

}  // namespace parley::bench

int main(int argc, char** argv) {
  namespace bench = parley::bench;
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  bench::print_configuration();

  std::vector<bench::Ratio> ratios;
  bench::register_frames();
  bench::register_authenticators();
  bench::register_stores(ratios);
  bench::register_plugins(ratios);
  bench::register_machines(ratios);
  bench::register_simulator(ratios);
  bench::register_explorer();

  bench::Recorder recorder;
  benchmark::RunSpecifiedBenchmarks(&recorder);
  recorder.print_ratios(ratios);
  return recorder.failed() ? 1 : 0;
}
