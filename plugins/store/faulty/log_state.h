// SPDX-License-Identifier: Apache-2.0
//
// What the log file adds up to: one instance's snapshot and the records after it.
#pragma once

#include <deque>
#include <vector>

#include "core/api/store.h"

namespace parley::faulty {

class LogState {
 public:
  void apply(const Persist& persist);
  Recovered recovered() const;
  /// Changes that make this state out of an empty one.
  std::vector<StoreChange> as_changes(InstanceId instance) const;

 private:
  std::uint64_t last() const { return trimmed_ + records_.size(); }
  void trim(std::uint64_t through);

  LogIndex snapshot_index_{};
  std::vector<SharedBytes> chunks_;
  std::uint64_t trimmed_ = 0;  ///< Index of the last record that is gone from the front.
  std::deque<SharedBytes> records_;
};

}  // namespace parley::faulty
