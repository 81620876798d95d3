// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "apps/parley/exploration/explore_command.h"
#include "apps/parley/verbs/verb.h"

namespace parley::verbs {

void add_explore(CLI::App& app, Action& action) {
  CLI::App* verb =
      app.add_subcommand("explore", "Look at every behaviour of a deployment's machines");
  verb->footer(
      "Examples:\n"
      "  parley explore configs/register.toml\n"
      "  parley explore configs/register.toml --clients r1 --methods 'put a' --crashes 1\n"
      "  parley explore configs/register.toml --clients r1 --symmetric replicas\n\n"
      "FILE is the deployment that `run` takes. Exit codes: 0 no violation in any\n"
      "behaviour, 1 a counterexample, 2 usage, 3 bounds were hit before all was looked\n"
      "at, 78 the file is wrong. See docs/exploration.md.");
  auto request = std::make_shared<ExploreRequest>();
  verb->add_option("file", request->file, "Deployment")->required();
  verb->add_option("--instance", request->instance, "Object to explore (default: the first)");
  verb->add_option("--clients", request->clients, "Members with a client: r1,r2 (default: two)")
      ->delimiter(',');
  verb->add_option("--methods", request->methods, "One per client (default: 'put a' 'put b')");
  verb->add_option("--attempts", request->attempts, "Pulls that a client may make")
      ->check(CLI::Range(1, 1'000))
      ->capture_default_str();
  verb->add_option("--crashes", request->crashes, "Crashes in one behaviour, of all together")
      ->check(CLI::Range(0, 1'000))
      ->capture_default_str();
  verb->add_flag("--duplicates", request->duplicates, "Messages may arrive any number of times");
  verb->add_flag("!--no-timers", request->timers, "No timer ever fires");
  verb->add_flag("--refinement", request->refinement,
                 "Check what backends note in the words of the ADO model too: more states");
  verb->add_option("--symmetric", request->symmetric,
                   "Group whose members without a client are interchangeable")
      ->delimiter(',');
  verb->add_option("--depth-max", request->depth_max, "Look no further than so many steps");
  verb->add_option("--states-max", request->states_max, "Stop at so many states");
  verb->add_option("--memory-max", request->memory_max, "Stop at so much memory (default: 8GiB)")
      ->transform(CLI::AsSizeValue(false));
  verb->add_option("--time-limit", request->time_limit, "Stop after so many seconds");
  verb->add_option("--trace", request->trace, "Write a counterexample to this file, as JSON");
  add_directories(*verb, request->directories);
  verb->add_flag("--json", request->json, "Print JSON");
  verb->callback(
      [&action, request] { action = [request] { return explore_deployment(*request); }; });
}

}  // namespace parley::verbs
