// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/core_setting.h"

#include "apps/lab/conformance/default_config.h"
#include "core/host/plugins/loader.h"

namespace parley::bench {
namespace {

PluginUse use(parley_kind kind, const char* name) {
  const Plugin* plugin = catalogue().find(kind, name);
  return {name, plugin == nullptr ? Config{} : default_config(*plugin->descriptor)};
}

}  // namespace

const Catalogue& catalogue() {
  static const LoadedPlugins* const loaded =
      new LoadedPlugins(load_plugins(scan_plugins(plugin_directories({}))));
  return loaded->catalogue;
}

Deployment register_of_three(const char* mechanism) {
  const PrincipalSet all{PrincipalId{0}, PrincipalId{1}, PrincipalId{2}};
  Deployment deployment;
  deployment.name = "bench";
  deployment.principals = {{"r1", "", "", ""}, {"r2", "", "", ""}, {"r3", "", "", ""}};
  deployment.authentication.push_back(
      {{.from = all, .to = all, .both_ways = true, .types = {}, .line = {}},
       {use(PARLEY_KIND_AUTHENTICATOR, mechanism)}});
  deployment.objects.push_back({.name = "register",
                                .object = use(PARLEY_KIND_OBJECT, "register"),
                                .backend = use(PARLEY_KIND_BACKEND, "single_paxos"),
                                .store = use(PARLEY_KIND_STORE, "memory"),
                                .membership = {.members = all, .order = all.members()},
                                .line = {}});
  return deployment;
}

}  // namespace parley::bench
