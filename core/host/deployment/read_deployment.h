// SPDX-License-Identifier: Apache-2.0
//
// Reads a deployment file: TOML, checked key by key against field tables, then
// as a whole. Finds every error of the file in one run. Says nothing of what only
// running can show: whether addresses are free, peers up, keys present.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/host/deployment/plugin_schemas.h"
#include "core/kernel/deployment.h"
#include "core/lang/diagnostics.h"

namespace parley {

struct ReadOptions {
  /// Accept mechanisms that only `simulate` and `explore` may use.
  bool exploration = false;
};

/// One key with the value in force, for `config show`.
struct EffectiveValue {
  std::string path;        ///< "principals.r1.address"
  std::string value;       ///< As TOML.
  std::uint32_t line = 0;  ///< 0: a default.
};

struct DeploymentReading {
  std::optional<Deployment> deployment;  ///< Set when there is no error.
  std::vector<Diagnostic> diagnostics;   ///< Sorted by place.
  std::vector<SourceText> sources;       ///< What the diagnostics point into.
  std::vector<EffectiveValue> values;    ///< In the order of the schema.

  bool ok() const { return deployment.has_value(); }
  /// For the terminal; empty when there is nothing to say.
  std::string report() const { return render_diagnostics(diagnostics, sources); }
};

/// Relative paths in the file are relative to its folder.
DeploymentReading read_deployment(const std::filesystem::path& file, const PluginSchemas& plugins,
                                  const ReadOptions& options = {});

/// The same for a text at hand; `source.name` stands for the file.
DeploymentReading read_deployment(SourceText source, const PluginSchemas& plugins,
                                  const ReadOptions& options = {});

/// What `plugins.directories` says, resolved, without any check: needed before
/// plugins are known. Empty when the file cannot be read.
std::vector<std::filesystem::path> configured_plugin_directories(const std::filesystem::path& file);

}  // namespace parley
