// SPDX-License-Identifier: Apache-2.0
//
// A growing table from pairs of small numbers to a number, for what an explorer
// looks up on every transition. Nothing is ever removed.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/assert.h"

namespace parley {

class NumberMap {
 public:
  static constexpr std::uint32_t none = UINT32_MAX;

  NumberMap() : slots_(slots_count_min) {}

  /// What the pair maps to, or `none`.
  std::uint32_t find(std::uint32_t first, std::uint32_t second) const {
    return slots_[slot_of(key(first, second))].value;
  }

  /// Precondition: the pair is not in the table, and the value is not `none`.
  void add(std::uint32_t first, std::uint32_t second, std::uint32_t value) {
    PARLEY_ASSERT(value != none);
    if ((size_ + 1) * 2 > slots_.size()) grow();
    Slot& slot = slots_[slot_of(key(first, second))];
    PARLEY_ASSERT(slot.value == none);
    slot = {key(first, second), value};
    ++size_;
  }

  std::size_t memory() const { return slots_.capacity() * sizeof(Slot); }

 private:
  static constexpr std::size_t slots_count_min = 64;

  struct Slot {
    std::uint64_t key = 0;
    std::uint32_t value = none;
  };

  static std::uint64_t key(std::uint32_t first, std::uint32_t second) {
    return (std::uint64_t{first} << 32) | second;
  }

  std::size_t slot_of(std::uint64_t wanted) const {
    const std::size_t mask = slots_.size() - 1;
    std::uint64_t mixed = wanted * 0x9E3779B97F4A7C15;
    mixed ^= mixed >> 32;
    std::size_t slot = static_cast<std::size_t>(mixed) & mask;
    while (slots_[slot].value != none && slots_[slot].key != wanted) slot = (slot + 1) & mask;
    return slot;
  }

  void grow() {
    std::vector<Slot> old(slots_.size() * 2);
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.value != none) slots_[slot_of(slot.key)] = slot;
    }
  }

  std::vector<Slot> slots_;
  std::size_t size_ = 0;
};

}  // namespace parley
