// SPDX-License-Identifier: Apache-2.0
//
// Durability: per machine instance an ordered log and one snapshot slot. The one
// plugin kind, with `component`, that may meet the operating system. Used by one
// thread at a time. After any failed append or sync the store is not to be
// trusted: every later call fails, the node stops (exit 74), restart recovers.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "core/api/config.h"
#include "core/api/effects.h"
#include "core/api/input.h"
#include "core/base/ids.h"
#include "core/base/result.h"

namespace parley {

/// One change to one instance's log. Indices are the machine's own.
struct StoreChange {
  InstanceId instance;
  Persist persist;
};

class Store {
 public:
  virtual ~Store() = default;

  /// Everything durable of one instance. An instance never written is empty. A
  /// record damaged at the end of the log (a torn write) is cut off; damage
  /// before the end is an error that names it.
  virtual Result<Recovered> recover(InstanceId instance) = 0;

  /// Applies the changes in order, all or none after a crash. Durable only
  /// after the next sync. Precondition: recover was called for each instance.
  virtual Status append(std::span<const StoreChange> changes) = 0;

  /// Effect: all appends so far survive a crash of the machine.
  virtual Status sync() = 0;
};

class StoreFactory {
 public:
  virtual ~StoreFactory() = default;
  /// Whether anything outlives the process; false for the memory store.
  virtual bool durable() const = 0;
  /// `directory` exists, belongs to this store alone and outlives it.
  virtual Result<std::unique_ptr<Store>> open(const std::filesystem::path& directory,
                                              const Config& config) const = 0;
};

}  // namespace parley
