// SPDX-License-Identifier: Apache-2.0
//
// One verb, one file: each declares its options on a CLI11 subcommand and leaves
// a callback that returns the exit code. stdout is the result, stderr is
// diagnostics and progress; every read command takes --json.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

namespace parley::verbs {

/// Set by the chosen verb's callback; run by main after parsing.
using Action = std::function<int()>;

/// Effect: gives `verb`, which reads a deployment, the option that says where plugins are.
inline void add_directories(CLI::App& verb, std::vector<std::string>& directories) {
  verb.add_option("-d,--directory", directories,
                  "Directory of plugins (repeatable; default: as the deployment says)")
      ->allow_extra_args(false);
}

void add_run(CLI::App& app, Action& action);
void add_simulate(CLI::App& app, Action& action);
void add_explore(CLI::App& app, Action& action);
void add_replay(CLI::App& app, Action& action);
void add_plugins(CLI::App& app, Action& action);
void add_config(CLI::App& app, Action& action);
void add_keys(CLI::App& app, Action& action);
void add_trace(CLI::App& app, Action& action);
void add_verify(CLI::App& app, Action& action);
void add_version(CLI::App& app, Action& action);
void add_completion(CLI::App& app, Action& action);

}  // namespace parley::verbs
