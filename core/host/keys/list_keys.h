// SPDX-License-Identifier: Apache-2.0
//
// Every key a deployment needs, whether it is there, and a fingerprint by which
// two machines can compare: never the key.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/kernel/catalogue.h"
#include "core/kernel/deployment.h"

namespace parley {

struct ListedKey {
  std::string node;
  std::string mechanism;
  std::string holds;  ///< "secret shared with r2", "private key", "public key of r2".
  std::filesystem::path file;
  std::string fingerprint;  ///< Empty when the key is missing or unfit.
  std::string problem;      ///< Empty when all is well.
};

/// For one node, or for all.
std::vector<ListedKey> list_keys(const Deployment& deployment, const Catalogue& catalogue,
                                 std::optional<PrincipalId> node);

}  // namespace parley
