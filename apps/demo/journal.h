// SPDX-License-Identifier: Apache-2.0
//
// What was acknowledged: keys with the one value ever written to each. A file of
// it has a line `KEY VALUE` a write.
#pragma once

#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace parley::demo {

class Journal {
 public:
  using Entry = std::pair<std::string, std::string>;

  /// May be called from any thread, as may `at`.
  void add(Entry entry) {
    const std::lock_guard lock{mutex_};
    entries_.push_back(std::move(entry));
  }
  /// The entry of this number, modulo how many there are; none if there are none.
  std::optional<Entry> at(std::size_t number) const {
    const std::lock_guard lock{mutex_};
    if (entries_.empty()) return std::nullopt;
    return entries_[number % entries_.size()];
  }
  /// Precondition: nobody adds any more.
  const std::vector<Entry>& entries() const { return entries_; }

 private:
  mutable std::mutex mutex_;
  std::vector<Entry> entries_;
};

}  // namespace parley::demo
