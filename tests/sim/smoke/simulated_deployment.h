// SPDX-License-Identifier: Apache-2.0
//
// The plugins as built around any module of a backend, ready to be simulated.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "apps/lab/simulate.h"
#include "core/host/crypto/sha256.h"
#include "core/host/deployment/read_deployment.h"
#include "core/host/plugins/loader.h"

namespace parley {

/// A deployment of tests/sim with its plugins, the backend out of `backends`.
class SimulatedDeployment {
 public:
  explicit SimulatedDeployment(const std::filesystem::path& backends,
                               const std::string& file = "register.toml",
                               const SimulateOptions& options = {}) {
    const std::filesystem::path build{PARLEY_BUILD_DIR};
    const std::filesystem::path built = build / "plugins";
    const std::vector<std::filesystem::path> directories = {
        built / "authenticator",
        built / "disseminator",
        built / "object",
        built / "store",
        backends,
        build / "fixtures" / "authenticator_interactive"};
    const PluginScan scan = scan_plugins(directories);
    const DeploymentReading reading =
        read_deployment(std::filesystem::path{PARLEY_SOURCE_DIR "/tests/sim"} / file,
                        schemas_of(scan), {.exploration = true});
    EXPECT_TRUE(reading.ok()) << reading.report();
    if (!reading.ok()) return;
    catalogue_ = load_plugins(scan).catalogue;
    Result<std::shared_ptr<const Simulator>> made =
        Simulator::make(*reading.deployment, catalogue_, &sha256, options);
    EXPECT_TRUE(made.ok());
    if (made) simulator = std::move(*made);
  }

  std::shared_ptr<const Simulator> simulator;

 private:
  Catalogue catalogue_;
};

}  // namespace parley
