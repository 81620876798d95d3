// SPDX-License-Identifier: Apache-2.0
#include "apps/lab/replay.h"

#include <fmt/core.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "apps/lab/world/keys.h"
#include "apps/parley/deployment/opened_deployment.h"
#include "apps/parley/exit_codes.h"
#include "apps/parley/verbs/verb.h"
#include "core/host/keys/load_keys.h"

namespace parley::verbs {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  std::string deployment;
  std::string trace;
  std::vector<std::string> directories;
  bool simulated = false;
  bool json = false;
};

int fail(const Error& error) {
  fmt::print(stderr, "parley: {}\n", error.message);
  return exit_code::of(error.code);
}

void print_json(const ReplayReport& report) {
  Json out{{"equal", !report.difference}, {"steps", report.steps}, {"torn", report.torn}};
  if (const auto& difference = report.difference) {
    out["difference"] = {{"step", difference->step},         {"at_ns", difference->at.count()},
                         {"input", difference->input},       {"what", difference->what},
                         {"recorded", difference->recorded}, {"replayed", difference->replayed}};
  }
  fmt::print("{}\n", out.dump(2));
}

void print_words(const ReplayReport& report) {
  if (!report.difference) {
    fmt::print("{} steps, each as recorded{}\n", report.steps,
               report.torn ? "; the last event of the trace is torn" : "");
    return;
  }
  const ReplayDifference& difference = *report.difference;
  fmt::print("{} steps as recorded; step {} at {:.6f}s differs: {}\n  input: {}\n", report.steps,
             difference.step, std::chrono::duration<double>(difference.at).count(), difference.what,
             difference.input);
  for (const std::string& line : difference.recorded) fmt::print("  recorded: {}\n", line);
  for (const std::string& line : difference.replayed) fmt::print("  replayed: {}\n", line);
}

/// With the keys of the node's data directory, or those that every simulation has.
Result<ReplayReport> replay_with_keys(const Tables& tables, PrincipalId node,
                                      const TraceReader& reader, const Options& options) {
  if (options.simulated) {
    const SimulatedKeys keys{tables};
    return replay(tables, keys.of(node), reader);
  }
  const Result<std::unique_ptr<Keys>> keys = load_keys(tables, node, tables.deployment.data_dir);
  if (!keys) return keys.error();
  return replay(tables, **keys, reader);
}

int run_replay(const Options& options) {
  const auto opening = open_deployment(
      options.deployment, {.directories = {options.directories.begin(), options.directories.end()},
                           .exploration = options.simulated});
  if (const int* exit = std::get_if<int>(&opening)) return *exit;
  const auto tables = std::get<OpenedDeployment>(opening).tables();
  if (!tables) return fail(tables.error());
  std::ifstream in{options.trace, std::ios::binary};
  if (!in) return fail({ErrorCode::Io, options.trace + ": cannot be read"});
  std::ostringstream content;
  content << in.rdbuf();
  const std::string bytes = content.str();
  Result<TraceReader> reader = TraceReader::open(view_of(bytes));
  if (!reader) return fail(reader.error());
  const PrincipalId node = reader->header().principal;
  if (node.value >= (*tables)->deployment.principals.size()) {
    return fail({ErrorCode::Configuration, "trace: its node is not in this deployment"});
  }
  const Result<ReplayReport> report = replay_with_keys(**tables, node, *reader, options);
  if (!report) return fail(report.error());
  if (options.json) {
    print_json(*report);
  } else {
    print_words(*report);
  }
  return report->difference ? exit_code::check_failed : exit_code::ok;
}

}  // namespace

void add_replay(CLI::App& app, Action& action) {
  CLI::App* verb =
      app.add_subcommand("replay", "Feed a recorded trace to a new node and compare every step");
  verb->footer("Example:\n  parley replay configs/register.toml var/register.r1.trace");
  auto options = std::make_shared<Options>();
  verb->add_option("deployment", options->deployment, "Deployment file (TOML)")->required();
  verb->add_option("trace", options->trace, "Trace file of one node")->required();
  add_directories(*verb, options->directories);
  verb->add_flag("--simulated", options->simulated, "The trace is of `parley simulate --trace`");
  verb->add_flag("--json", options->json, "Print JSON");
  verb->callback([&action, options] { action = [options] { return run_replay(*options); }; });
}

}  // namespace parley::verbs
