// SPDX-License-Identifier: Apache-2.0
//
// What a plugin of each kind must do, as rules that run against any factory of
// that kind: ours, a stranger's, or a test's own. A kind is defined by its
// suite. A suite is deterministic and bounded, and meets the plugin through
// core/api alone; it knows nothing of files or loading. Instances are made with
// default_config of the plugin's own fields (default_config.h).
#pragma once

#include <string>
#include <vector>

#include "core/kernel/catalogue.h"

namespace parley {

/// Whether the plugin kept one rule.
struct Finding {
  std::string rule;  ///< A sentence that holds for every plugin of the kind.
  bool passed;
  std::string detail;  ///< Why it failed or was not applicable; may be empty.
};
using Findings = std::vector<Finding>;

/// Effect: records whether `rule` held; `detail` says what was seen.
inline bool expect(Findings& findings, std::string rule, bool passed, std::string detail = {}) {
  findings.push_back({std::move(rule), passed, std::move(detail)});
  return passed;
}

/// Runs the suite of the plugin's kind. Always finds something.
Findings run_conformance(const Plugin& plugin);

/// One suite per kind, each in the file of its name. Precondition: the plugin is
/// of that kind.
Findings check_authenticator(const Plugin& plugin);
Findings check_disseminator(const Plugin& plugin);
Findings check_topology(const Plugin& plugin);
Findings check_backend(const Plugin& plugin);
Findings check_store(const Plugin& plugin);
Findings check_program(const Plugin& plugin);
Findings check_object(const Plugin& plugin);
Findings check_component(const Plugin& plugin);

}  // namespace parley
