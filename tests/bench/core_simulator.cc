// SPDX-License-Identifier: Apache-2.0
//
// Machine steps a second of the simulator: three members, a register, each run
// another seed. Long runs of many clients without faults show the price of a
// step, and in the ratios that of sealing, the digest and the invariants; the
// default swarm's short runs with every fault class stand beside them.
#include <benchmark/benchmark.h>

#include "apps/lab/simulate.h"
#include "core/host/crypto/sha256.h"
#include "tests/bench/core_setting.h"

namespace parley::bench {
namespace {

struct Variant {
  const char* name;
  const char* mechanism;
  SimulateOptions options;
  bool faults;
};

constexpr std::uint32_t clients_of_a_long_run = 200;

constexpr Variant variants[] = {
    {"simulator/bare", "ideal", {.invariants = false, .digest = false}, false},
    {"simulator/swarm", "ideal", {.invariants = false, .digest = false}, true},
    {"simulator/digest", "ideal", {.invariants = false, .digest = true}, false},
    {"simulator/invariants", "ideal", {.invariants = true, .digest = false}, false},
    {"simulator/hmac_sha256", "hmac_sha256", {.invariants = false, .digest = false}, false},
};

void simulate(benchmark::State& state, const Variant& variant) {
  const auto simulator =
      Simulator::make(register_of_three(variant.mechanism), catalogue(), sha256, variant.options);
  if (!simulator) {
    state.SkipWithError(simulator.error().message.c_str());
    return;
  }
  Plan plan = default_plan();
  if (!variant.faults) {
    plan.faults.clear();
    plan.workloads.front().clients = clients_of_a_long_run;
  }
  if (const Status fits = (*simulator)->check(plan); !fits) {
    state.SkipWithError(fits.error().message.c_str());
    return;
  }
  std::uint64_t seed = 0;
  std::uint64_t machine_steps = 0;
  std::uint64_t events = 0;
  for (auto _ : state) {
    const RunReport report = (*simulator)->run(plan, ++seed);
    machine_steps += report.machine_steps;
    events += report.events;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(machine_steps));
  state.counters["events_per_second"] =
      benchmark::Counter(static_cast<double>(events), benchmark::Counter::kIsRate);
}

}  // namespace

void register_simulator(std::vector<Ratio>& ratios) {
  for (const Variant& variant : variants) {
    benchmark::RegisterBenchmark(variant.name, simulate, variant);
    if (&variant == variants) continue;
    ratios.push_back({"machine steps/s, " + std::string(variant.name) + " / simulator/bare",
                      variant.name, variants[0].name});
  }
}

}  // namespace parley::bench
