// SPDX-License-Identifier: Apache-2.0
//
// Logs and snapshots in the process's own memory, for tests, simulation and
// deployments whose replicas never fail together. Nothing outlives the store.
#pragma once

#include "core/api/store.h"

namespace parley::memory {

class Factory final : public StoreFactory {
 public:
  bool durable() const override { return false; }
  Result<std::unique_ptr<Store>> open(const std::filesystem::path& directory,
                                      const Config& config) const override;
};

}  // namespace parley::memory
