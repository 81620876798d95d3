// SPDX-License-Identifier: Apache-2.0
#include "apps/parley/deployment/opened_deployment.h"

#include <fmt/core.h>

#include <utility>

#include "apps/parley/exit_codes.h"
#include "core/host/crypto/sha256.h"
#include "core/host/deployment/read_deployment.h"
#include "core/host/plugins/loader.h"

namespace parley {
namespace {

void add_uses(std::vector<PluginKey>& keys, const std::vector<AuthenticationRule>& rules) {
  for (const AuthenticationRule& rule : rules) {
    for (const PluginUse& use : rule.mechanisms) {
      keys.emplace_back(PARLEY_KIND_AUTHENTICATOR, use.name);
    }
  }
}

/// The plugins that the deployment names; no other file's code is run.
std::vector<PluginKey> named_plugins(const Deployment& deployment) {
  std::vector<PluginKey> keys;
  add_uses(keys, deployment.authentication);
  add_uses(keys, deployment.non_repudiation);
  for (const DisseminationRule& rule : deployment.dissemination) {
    for (const DisseminationStage& stage : rule.stages) {
      keys.emplace_back(PARLEY_KIND_DISSEMINATOR, stage.disseminator.name);
    }
  }
  for (const ObjectEntry& object : deployment.objects) {
    keys.emplace_back(PARLEY_KIND_OBJECT, object.object.name);
    keys.emplace_back(PARLEY_KIND_BACKEND, object.backend.name);
    keys.emplace_back(PARLEY_KIND_STORE, object.store.name);
  }
  return keys;
}

}  // namespace

Result<std::shared_ptr<const Tables>> OpenedDeployment::tables() const {
  return make_tables(deployment, *catalogue, &sha256);
}

std::variant<OpenedDeployment, int> open_deployment(const std::filesystem::path& file,
                                                    const OpenOptions& options) {
  const PluginScan scan = scan_plugins(plugin_directories(
      options.directories.empty() ? configured_plugin_directories(file) : options.directories));
  DeploymentReading reading =
      read_deployment(file, schemas_of(scan), {.exploration = options.exploration});
  fmt::print(stderr, "{}", reading.report());
  if (!reading.ok()) return exit_code::configuration;

  std::vector<PluginKey> wanted = named_plugins(*reading.deployment);
  if (options.exploration) wanted.emplace_back(PARLEY_KIND_AUTHENTICATOR, "ideal");
  LoadedPlugins plugins = load_plugins(scan, wanted);
  for (const PluginRefusal& refusal : plugins.refusals) {
    fmt::print(stderr, "{}\n", refusal.message());
  }
  if (!plugins.refusals.empty()) return exit_code::configuration;

  const Digest digest = sha256(view_of(reading.sources.front().text));
  return OpenedDeployment{
      .catalogue = std::make_unique<const Catalogue>(std::move(plugins.catalogue)),
      .deployment = *std::move(reading.deployment),
      .config_hash = to_hex(ByteView{digest.bytes}.first(8))};
}

}  // namespace parley
