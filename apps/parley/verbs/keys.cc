// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/parley/exit_codes.h"
#include "apps/parley/verbs/verb.h"
#include "core/host/deployment/read_deployment.h"
#include "core/host/keys/generate_keys.h"
#include "core/host/keys/key_plan.h"
#include "core/host/keys/list_keys.h"
#include "core/host/plugins/loader.h"
#include "core/lang/json_writer.h"

namespace parley::verbs {
namespace {

struct Options {
  std::string file;
  std::vector<std::string> directories;
  std::string node;
  bool json = false;
};

struct Opened {
  Deployment deployment;
  Catalogue catalogue;
  std::optional<PrincipalId> node;
};

/// Only authenticators are loaded: nothing else knows of keys. Says what is
/// wrong on stderr.
std::optional<Opened> open(const Options& options, int& status) {
  std::vector<std::filesystem::path> directories(options.directories.begin(),
                                                 options.directories.end());
  if (directories.empty()) directories = configured_plugin_directories(options.file);
  const PluginScan scan = scan_plugins(plugin_directories(directories));
  // Keys may be made for a deployment that is only simulated.
  DeploymentReading reading =
      read_deployment(std::filesystem::path{options.file}, schemas_of(scan), {.exploration = true});
  fmt::print(stderr, "{}", reading.report());
  status = exit_code::configuration;
  if (!reading.ok()) return std::nullopt;

  std::vector<PluginKey> wanted;
  for (std::string& name : mechanism_names(*reading.deployment)) {
    wanted.emplace_back(PARLEY_KIND_AUTHENTICATOR, std::move(name));
  }
  LoadedPlugins loaded = load_plugins(scan, wanted);
  for (const PluginRefusal& refusal : loaded.refusals) {
    fmt::print(stderr, "{}\n", refusal.message());
  }
  if (!loaded.refusals.empty()) return std::nullopt;
  Opened opened{std::move(*reading.deployment), std::move(loaded.catalogue), std::nullopt};
  if (options.node.empty()) return opened;
  const auto& principals = opened.deployment.principals;
  const auto found = std::find_if(principals.begin(), principals.end(),
                                  [&](const auto& entry) { return entry.name == options.node; });
  if (found == principals.end()) {
    fmt::print(stderr, "{}: no principal is named '{}'\n", options.file, options.node);
    status = exit_code::usage;
    return std::nullopt;
  }
  opened.node = PrincipalId{static_cast<std::uint32_t>(found - principals.begin())};
  return opened;
}

int generate(const Options& options) {
  int status = exit_code::ok;
  const std::optional<Opened> opened = open(options, status);
  if (!opened) return status;
  const Result<GeneratedKeys> keys =
      generate_keys(opened->deployment, opened->catalogue, opened->node);
  if (!keys) {
    fmt::print(stderr, "{}\n", keys.error().message);
    return exit_code::of(keys.error().code);
  }
  for (const std::filesystem::path& file : keys->made) fmt::print("made {}\n", file.string());
  fmt::print(stderr, "{} files made, {} keys were there\n", keys->made.size(), keys->kept);
  return exit_code::ok;
}

std::string keys_json(const std::vector<ListedKey>& keys) {
  JsonWriter json;
  json.begin_array();
  for (const ListedKey& key : keys) {
    json.begin_object().key("node").text(key.node).key("mechanism").text(key.mechanism);
    json.key("holds").text(key.holds).key("file").text(key.file.string());
    json.key("present").boolean(key.problem.empty());
    if (key.problem.empty()) {
      json.key("fingerprint").text(key.fingerprint);
    } else {
      json.key("problem").text(key.problem);
    }
    json.end_object();
  }
  json.end_array();
  return json.take();
}

int show(const Options& options) {
  int status = exit_code::ok;
  const std::optional<Opened> opened = open(options, status);
  if (!opened) return status;
  const std::vector<ListedKey> keys =
      list_keys(opened->deployment, opened->catalogue, opened->node);
  if (options.json) {
    fmt::print("{}", keys_json(keys));
    return exit_code::ok;
  }
  for (const ListedKey& key : keys) {
    fmt::print("{:<10} {:<14} {:<26} {}\n", key.node, key.mechanism, key.holds,
               key.problem.empty() ? key.fingerprint : key.problem);
  }
  if (keys.empty()) fmt::print("this deployment needs no keys\n");
  return exit_code::ok;
}

void add_options(CLI::App* verb, const std::shared_ptr<Options>& options) {
  verb->add_option("file", options->file, "Deployment file")->required();
  verb->add_option("--node", options->node, "Only the keys of this principal");
  add_directories(*verb, options->directories);
}

}  // namespace

void add_keys(CLI::App& app, Action& action) {
  CLI::App* keys = app.add_subcommand("keys", "Make and show the keys of a deployment");
  keys->require_subcommand(1);
  keys->footer("Example:\n  parley keys gen configs/register.toml");
  const auto options = std::make_shared<Options>();

  CLI::App* verb = keys->add_subcommand("gen", "Make the keys that are missing; replace none");
  verb->footer("Example:\n  parley keys gen configs/register.toml --node r1");
  add_options(verb, options);
  verb->callback([&action, options] { action = [options] { return generate(*options); }; });

  verb = keys->add_subcommand("show", "Print which keys are there, with fingerprints");
  verb->footer("Example:\n  parley keys show configs/register.toml --json");
  add_options(verb, options);
  verb->add_flag("--json", options->json, "Print JSON");
  verb->callback([&action, options] { action = [options] { return show(*options); }; });
}

}  // namespace parley::verbs
