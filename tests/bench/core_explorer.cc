// SPDX-License-Identifier: Apache-2.0
//
// Distinct states a second of the explorer: three acceptors of single_paxos, two
// of which propose a value each, without and with one crash.
#include <benchmark/benchmark.h>

#include "apps/lab/explorer/explorer.h"
#include "core/host/crypto/sha256.h"
#include "tests/bench/core_setting.h"

namespace parley::bench {
namespace {

constexpr std::uint64_t states_max = 500'000;

ExploreOptions two_proposers(const Object& object, std::uint32_t crashes) {
  ExploreOptions options;
  options.object = object_instance(0);
  options.clients = {{PrincipalId{0}, object.parse_method("put a").value_or(Bytes{})},
                     {PrincipalId{1}, object.parse_method("put b").value_or(Bytes{})}};
  options.states_max = states_max;
  options.crashes = crashes;
  return options;
}

void explore_register(benchmark::State& state, std::uint32_t crashes) {
  const auto tables = make_tables(register_of_three("ideal"), catalogue(), sha256);
  if (!tables) {
    state.SkipWithError(tables.error().message.c_str());
    return;
  }
  System system = system_of(**tables, object_instance(0));
  system.initial = (*tables)->objects[0].get();
  const ExploreOptions options = two_proposers(*system.initial, crashes);
  if (const auto fault = options_fault(system, options)) {
    state.SkipWithError(fault->c_str());
    return;
  }
  std::uint64_t states = 0;
  Exploration last;
  for (auto _ : state) {
    last = explore(system, options);
    states += last.states;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(states));
  state.counters["states"] = static_cast<double>(last.states);
  state.counters["bytes_per_state"] =
      static_cast<double>(last.memory_bytes) / static_cast<double>(last.states);
}

}  // namespace

void register_explorer() {
  benchmark::RegisterBenchmark("explorer/plain", explore_register, 0)
      ->Iterations(1)
      ->Unit(benchmark::kMillisecond);
  benchmark::RegisterBenchmark("explorer/crash", explore_register, 1)
      ->Iterations(1)
      ->Unit(benchmark::kMillisecond);
}

}  // namespace parley::bench
