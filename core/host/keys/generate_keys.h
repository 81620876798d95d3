// SPDX-License-Identifier: Apache-2.0
//
// Makes the keys that a deployment needs and lacks; never replaces one. What is
// made for one machine can be copied to another: a node needs its own folder only.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "core/base/result.h"
#include "core/kernel/catalogue.h"
#include "core/kernel/deployment.h"

namespace parley {

struct GeneratedKeys {
  std::vector<std::filesystem::path> made;
  std::size_t kept = 0;  ///< Keys that were there already.
};

/// For one node, or for all. A second run makes nothing. The error names the
/// file and what to do: two ends that disagree, a lost private key, bad modes.
Result<GeneratedKeys> generate_keys(const Deployment& deployment, const Catalogue& catalogue,
                                    std::optional<PrincipalId> node);

}  // namespace parley
