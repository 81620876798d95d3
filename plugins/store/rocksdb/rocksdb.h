// SPDX-License-Identifier: Apache-2.0
//
// Logs and snapshots in one RocksDB database per store directory. An append is
// one write batch in the write-ahead log, a sync one fdatasync of it. Assumes
// that the file system keeps what fdatasync promised and that no other process
// writes to the directory.
#pragma once

#include "core/api/store.h"

namespace parley::rocksdb {

class Factory final : public StoreFactory {
 public:
  bool durable() const override { return true; }
  Result<std::unique_ptr<Store>> open(const std::filesystem::path& directory,
                                      const Config& config) const override;
};

}  // namespace parley::rocksdb
