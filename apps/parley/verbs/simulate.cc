// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "apps/parley/simulation/simulate_command.h"
#include "apps/parley/verbs/verb.h"

namespace parley::verbs {

void add_simulate(CLI::App& app, Action& action) {
  CLI::App* verb =
      app.add_subcommand("simulate", "Run a deployment in virtual time, with faults, from seeds");
  verb->footer(
      "Examples:\n"
      "  parley simulate configs/register.toml --seeds 2000\n"
      "  parley simulate configs/register.toml --seed 17 --trace /tmp/run\n\n"
      "FILE is a deployment, or a plan that names one (docs/simulation.md). Exit codes:\n"
      "0 no violation, 1 a violation or an expected note not reached, 3 time ran out,\n"
      "78 the file is wrong.");
  const CLI::Range seed_range{std::int64_t{0}, INT64_MAX};
  auto request = std::make_shared<SimulateRequest>();
  verb->add_option("file", request->file, "Deployment or plan")->required();
  verb->add_option("--seeds", request->seeds, "How many runs");
  verb->add_option("--first", request->first, "The first seed")->check(seed_range);
  verb->add_option("--seed", request->seed, "Run this seed only")
      ->check(seed_range)
      ->excludes("--seeds", "--first");
  verb->add_option("--faults", request->faults, "Exactly these fault classes: a,b or none");
  verb->add_option("--clients", request->clients, "Callers of each workload")
      ->check(CLI::Range(1, 100'000));
  verb->add_option("--ticks", request->ticks, "Ticks during which there are faults")
      ->check(CLI::Range(1, 100'000'000));
  verb->add_option("--trace", request->trace, "Write the seed's traces to PREFIX.<node>.<life>");
  verb->add_option("--time-limit", request->time_limit, "Begin no seed after so many seconds");
  verb->add_option("-j,--jobs", request->jobs, "Threads")->check(CLI::Range(1, 256));
  verb->add_flag("--ideal", request->ideal, "Seal with the authenticator 'ideal': cheaper");
  verb->add_flag_callback(
      "--no-invariants", [request] { request->invariants = false; }, "Check progress only");
  verb->add_flag_callback(
      "--no-refinement", [request] { request->refinement = false; },
      "Take no account of what backends note in the words of the ADO model");
  verb->add_flag_callback(
      "--no-digest", [request] { request->digest = false; }, "Keep no trace digest");
  verb->add_flag("--shrink", request->shrink, "Look for a smaller plan with the same violation");
  add_directories(*verb, request->directories);
  verb->add_flag("--json", request->json, "Print JSON");
  verb->callback([&action, request] { action = [request] { return simulate(*request); }; });
}

}  // namespace parley::verbs
