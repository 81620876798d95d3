// SPDX-License-Identifier: Apache-2.0
//
// A store for tests: a simple log file, and faults of a disk when they are asked
// for (faults.h). Without faults it keeps the whole contract of a durable store.
// It keeps all of its content in memory, so it is not for large data.
#pragma once

#include "core/api/store.h"

namespace parley::faulty {

class Factory final : public StoreFactory {
 public:
  bool durable() const override { return true; }
  Result<std::unique_ptr<Store>> open(const std::filesystem::path& directory,
                                      const Config& config) const override;
};

}  // namespace parley::faulty
