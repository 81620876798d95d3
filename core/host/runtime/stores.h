// SPDX-License-Identifier: Apache-2.0
//
// A node's opened stores, one per store plugin that its instances name, each in
// its own directory; and the record in the node's directory of whose data it is.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/api/store.h"
#include "core/kernel/tables.h"

namespace parley {

class Stores {
 public:
  /// Opens what the node's instances need below `directory`, which is locked
  /// against other processes. Refuses another cluster's, node's or backend's data.
  static Result<std::unique_ptr<Stores>> open(const Tables& tables, PrincipalId self,
                                              const std::filesystem::path& directory);
  ~Stores();

  /// Everything durable, for Boot.
  Result<std::map<InstanceId, Recovered>> recover();
  /// Whether a sync means anything; false when all stores are in memory.
  bool durable() const { return durable_; }

  /// Effect: applies the changes to their stores, in order, and syncs those.
  Status commit(std::span<const StoreChange> changes);

 private:
  Stores() = default;
  /// Which store keeps the instance; nullopt when the node has none.
  std::optional<std::size_t> place_of(InstanceId instance) const;
  Result<std::size_t> open_store(const Tables& tables, const InstanceRoute& instance,
                                 const std::filesystem::path& directory);

  struct Opened {
    PluginUse use;
    std::unique_ptr<Store> store;
    bool touched = false;
  };
  int lock_ = -1;
  bool durable_ = false;
  std::vector<Opened> stores_;
  std::map<InstanceId, std::size_t> store_of_instance_;
};

}  // namespace parley
