// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "apps/parley/exit_codes.h"
#include "apps/parley/verbs/verb.h"
#include "core/host/deployment/explain.h"
#include "core/host/deployment/json_schema.h"
#include "core/host/deployment/read_deployment.h"
#include "core/host/plugins/loader.h"
#include "core/lang/json_writer.h"
#include "core/lang/suggestion.h"

namespace parley::verbs {
namespace {

struct Options {
  std::string file;
  std::vector<std::string> directories;
  std::string first;
  std::string second;
  bool exploration = false;
  bool json = false;
};

/// Reads notes only: no plugin's code runs.
PluginSchemas schemas_for(const Options& options) {
  std::vector<std::filesystem::path> directories(options.directories.begin(),
                                                 options.directories.end());
  if (directories.empty() && !options.file.empty()) {
    directories = configured_plugin_directories(options.file);
  }
  return schemas_of(scan_plugins(plugin_directories(directories)));
}

DeploymentReading read(const Options& options) {
  return read_deployment(std::filesystem::path{options.file}, schemas_for(options),
                         {.exploration = options.exploration});
}

int check(const Options& options) {
  const DeploymentReading reading = read(options);
  if (options.json) {
    fmt::print("{}", diagnostics_json(reading.diagnostics, reading.sources));
  } else {
    fmt::print(stderr, "{}", reading.report());
    if (reading.ok()) {
      const Deployment& deployment = *reading.deployment;
      fmt::print("{}: deployment '{}' is right: {} principals, {} objects\n", options.file,
                 deployment.name, deployment.principals.size(), deployment.objects.size());
    }
  }
  return reading.ok() ? exit_code::ok : exit_code::configuration;
}

std::optional<PrincipalId> principal_named(const Deployment& deployment, const std::string& name) {
  std::vector<std::string> names;
  for (std::uint32_t id = 0; id < deployment.principals.size(); ++id) {
    if (deployment.principals[id].name == name) return PrincipalId{id};
    names.push_back(deployment.principals[id].name);
  }
  fmt::print(stderr, "no principal is named '{}'; known: {}\n", name, listed(names));
  return std::nullopt;
}

int explain(const Options& options) {
  const DeploymentReading reading = read(options);
  fmt::print(stderr, "{}", reading.report());
  if (!reading.ok()) return exit_code::configuration;
  const Deployment& deployment = *reading.deployment;
  const std::optional<PrincipalId> first = principal_named(deployment, options.first);
  const std::optional<PrincipalId> second = principal_named(deployment, options.second);
  if (!first || !second) return exit_code::usage;
  const ExplainedPair pair = explain_pair(deployment, *first, *second);
  fmt::print(
      "{}", options.json ? explanation_json(deployment, pair) : explanation_text(deployment, pair));
  return exit_code::ok;
}

std::string values_json(const DeploymentReading& reading) {
  JsonWriter json;
  json.begin_array();
  for (const EffectiveValue& value : reading.values) {
    json.begin_object().key("key").text(value.path).key("value").text(value.value);
    json.key("origin").text(value.line == 0 ? "default" : "file");
    if (value.line != 0) json.key("line").number(value.line);
    json.end_object();
  }
  json.end_array();
  return json.take();
}

int show(const Options& options) {
  const DeploymentReading reading = read(options);
  fmt::print(stderr, "{}", reading.report());
  if (!reading.ok()) return exit_code::configuration;
  if (options.json) {
    fmt::print("{}", values_json(reading));
    return exit_code::ok;
  }
  for (const EffectiveValue& value : reading.values) {
    const std::string origin =
        value.line == 0 ? "default" : options.file + ':' + std::to_string(value.line);
    fmt::print("{} = {}  # {}\n", value.path, value.value, origin);
  }
  return exit_code::ok;
}

int print_schema(const Options& options) {
  fmt::print("{}", deployment_json_schema(schemas_for(options)));
  return exit_code::ok;
}

CLI::App* add(CLI::App& config, Action& action, const std::string& name, const std::string& help,
              int (*run)(const Options&), const std::shared_ptr<Options>& options) {
  CLI::App* verb = config.add_subcommand(name, help);
  add_directories(*verb, options->directories);
  verb->callback([&action, run, options] { action = [run, options] { return run(*options); }; });
  return verb;
}

void add_file(CLI::App* verb, const std::shared_ptr<Options>& options) {
  verb->add_option("file", options->file, "Deployment file")->required();
  verb->add_flag("--json", options->json, "Print JSON");
  verb->add_flag("--exploration", options->exploration,
                 "Accept mechanisms that only simulate and explore may use");
}

}  // namespace

void add_config(CLI::App& app, Action& action) {
  CLI::App* config = app.add_subcommand("config", "Check and explain a deployment file");
  config->require_subcommand(1);
  config->footer("Example:\n  parley config check configs/register.toml");

  const auto options = std::make_shared<Options>();
  CLI::App* verb = add(*config, action, "check",
                       "Report every error of the file, or that there is none", check, options);
  verb->footer(
      "Example:\n  parley config check configs/register.toml --json\n\n"
      "Exit status: 0 right, 78 wrong.");
  add_file(verb, options);

  verb =
      add(*config, action, "explain",
          "Print what is in force between two principals and which line says so", explain, options);
  verb->footer("Example:\n  parley config explain configs/register.toml r1 r2");
  add_file(verb, options);
  verb->add_option("first", options->first, "One principal")->required();
  verb->add_option("second", options->second, "The other")->required();

  verb = add(*config, action, "show", "Print every value in force and where it comes from", show,
             options);
  verb->footer("Example:\n  parley config show configs/register.toml");
  add_file(verb, options);

  verb = add(*config, action, "schema", "Print JSON Schema of deployment files and plugins found",
             print_schema, options);
  verb->footer("Example:\n  parley config schema > deployment.schema.json");
  // JSON is all there is; scripts that pass it everywhere are right here too.
  verb->add_flag("--json", options->json)->group("");
}

}  // namespace parley::verbs
