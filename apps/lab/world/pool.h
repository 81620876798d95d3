// SPDX-License-Identifier: Apache-2.0
//
// Payloads of events in one growing array, reused by number. The order of reuse
// depends on the calls alone.
#pragma once

#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

namespace parley {

template <class Payload>
class Pool {
 public:
  std::uint32_t add(Payload payload) {
    if (free_.empty()) {
      entries_.push_back(std::move(payload));
      return static_cast<std::uint32_t>(entries_.size() - 1);
    }
    const std::uint32_t index = free_.back();
    free_.pop_back();
    entries_[index] = std::move(payload);
    return index;
  }
  Payload& operator[](std::uint32_t index) { return entries_[index]; }
  /// Effect: the entry may be reused. Returns what it held.
  Payload take(std::uint32_t index) {
    free_.push_back(index);
    return std::move(entries_[index]);
  }

 private:
  std::deque<Payload> entries_;  // A deque grows without a second copy of itself.
  std::vector<std::uint32_t> free_;
};

}  // namespace parley
