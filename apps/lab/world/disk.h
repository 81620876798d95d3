// SPDX-License-Identifier: Apache-2.0
//
// One node's disk as a model: what was appended, what of it was synced, and what
// a crash leaves. A batch survives whole or not at all, as the store interface
// promises; which batches of the unsynced tail survive is a prefix.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <vector>

#include "core/api/store.h"
#include "core/base/prng.h"

namespace parley {

class Disk {
 public:
  /// Effect: one batch, not durable yet.
  void append(std::vector<StoreChange> changes);

  /// The number of batches appended so far: what a sync that starts now covers.
  std::uint64_t appended() const { return synced_ + unsynced_.size(); }
  /// Effect: the first `batches` of all that were appended are durable.
  void sync(std::uint64_t batches);

  /// Effect: the unsynced tail is lost; with `torn`, all but a random prefix.
  void crash(Prng& prng, bool torn);

  /// What each instance would find after a crash: durable state only.
  std::map<InstanceId, Recovered> recover() const;

 private:
  /// One instance's log and snapshot slot.
  struct Image {
    std::uint64_t first = 1;  ///< Index of records.front().
    std::deque<SharedBytes> records;
    std::uint64_t snapshot_index = 0;
    std::vector<SharedBytes> snapshot;

    void apply(const Persist& persist);
    void trim_to(std::uint64_t index);
  };

  std::map<InstanceId, Image> durable_;
  std::deque<std::vector<StoreChange>> unsynced_;
  std::uint64_t synced_ = 0;
};

}  // namespace parley
