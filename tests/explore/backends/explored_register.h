// SPDX-License-Identifier: Apache-2.0
//
// A register on any backend plugin, from their .so files, ready to be explored.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "apps/lab/conformance/default_config.h"
#include "apps/lab/explorer/explorer.h"
#include "core/host/crypto/sha256.h"
#include "core/host/plugins/loader.h"

namespace parley::testing {

class ExploredRegister {
 public:
  ExploredRegister(const std::filesystem::path& backend, std::uint32_t members) {
    const std::filesystem::path plugins = PARLEY_BUILD_DIR "/plugins";
    add(plugins / "object/register.so");
    add(plugins / "store/memory.so");
    add(backend);

    ObjectEntry object;
    object.name = "register";
    object.object = use(PARLEY_KIND_OBJECT);
    object.backend = use(PARLEY_KIND_BACKEND);
    object.store = use(PARLEY_KIND_STORE);
    Deployment deployment;
    deployment.name = "explored";
    for (std::uint32_t i = 0; i < members; ++i) {
      deployment.principals.push_back({"r" + std::to_string(i + 1), "", "", ""});
      object.membership.members.insert(PrincipalId{i});
      object.membership.order.push_back(PrincipalId{i});
    }
    deployment.objects.push_back(object);
    tables_ = make_tables(deployment, catalogue_, sha256).value();
    system_ = system_of(*tables_, object_instance(0));
  }

  const System& system() const { return system_; }

  /// Clients at the first members, one per method, in the object's own words.
  ExploreOptions options(const std::vector<std::string>& methods) const {
    ExploreOptions options;
    options.object = object_instance(0);
    for (std::uint32_t i = 0; i < methods.size(); ++i) {
      options.clients.push_back({PrincipalId{i}, *system_.initial->parse_method(methods[i])});
    }
    return options;
  }

 private:
  void add(const std::filesystem::path& file) {
    const PluginFile scanned = scan_plugin(file);
    if (!scanned.usable()) {
      ADD_FAILURE() << file << " cannot be used";
      return;
    }
    auto loaded = load_plugin(scanned);
    catalogue_.add(std::get<Plugin>(std::move(loaded)));
  }

  PluginUse use(parley_kind kind) const {
    const parley_plugin& plugin = *catalogue_.of_kind(kind).front()->descriptor;
    return {plugin.name, default_config(plugin)};
  }

  Catalogue catalogue_;
  std::shared_ptr<const Tables> tables_;
  System system_;
};

}  // namespace parley::testing
