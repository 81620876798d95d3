// SPDX-License-Identifier: Apache-2.0
//
// Reads a plan of a simulation: TOML with strict keys, every error of the file
// with its place. A plan names its deployment under `deployment = "FILE"`, which
// is how it is told from a deployment, whose [deployment] is a table.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "apps/lab/plan.h"
#include "core/lang/diagnostics.h"

namespace parley {

struct PlanReading {
  std::optional<Plan> plan;  ///< Set when there is no error.
  std::vector<Diagnostic> diagnostics;
  std::vector<SourceText> sources;

  std::string report() const { return render_diagnostics(diagnostics, sources); }
};

/// Whether the text is a plan rather than a deployment. A text that is no TOML
/// is none.
bool is_plan(std::string_view text);

/// `source.name` stands for the file; paths in it are relative to its folder.
PlanReading read_plan(SourceText source);

}  // namespace parley
