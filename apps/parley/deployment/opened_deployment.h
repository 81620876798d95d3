// SPDX-License-Identifier: Apache-2.0
//
// A deployment file made ready to run, replay, simulate or explore: read and
// checked, and the plugins it names loaded.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "core/kernel/catalogue.h"
#include "core/kernel/tables.h"

namespace parley {

struct OpenOptions {
  /// Where to search for plugins; empty: where the file says.
  std::vector<std::filesystem::path> directories{};
  /// Accept what is for simulation and exploration only, and load `ideal` with it.
  bool exploration = false;
};

struct OpenedDeployment {
  std::unique_ptr<const Catalogue> catalogue;  ///< Outlives whatever is made of it.
  Deployment deployment;
  std::string config_hash;  ///< Of the file's text.

  Result<std::shared_ptr<const Tables>> tables() const;
};

/// The deployment, or what to exit with. Either way everything that there is to
/// say about the file and its plugins is on stderr.
std::variant<OpenedDeployment, int> open_deployment(const std::filesystem::path& file,
                                                    const OpenOptions& options);

}  // namespace parley
