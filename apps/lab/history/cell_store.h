// SPDX-License-Identifier: Apache-2.0
//
// Arrays of numbers as values: an array is one number, equal arrays have equal
// numbers, and changing one cell makes another array that shares the rest. So a
// search may keep millions of states of thousands of cells each, and compares
// them at no cost. Trees of sixteen, every node interned.
#pragma once

#include <cstdint>

#include "apps/lab/explorer/byte_interner.h"

namespace parley::history {

class CellStore {
 public:
  using Array = std::uint32_t;

  /// Arrays of `cells` cells. Precondition: cells is at least 1.
  explicit CellStore(std::size_t cells);

  /// All cells 0.
  Array zero() const { return zero_; }
  /// Precondition of both: the array is of this store, and has the cell.
  std::uint32_t get(Array array, std::size_t cell) const;
  Array set(Array array, std::size_t cell, std::uint32_t value);

  std::size_t memory() const { return nodes_.memory(); }

 private:
  static constexpr std::size_t bits = 4;
  static constexpr std::size_t fanout = std::size_t{1} << bits;

  Array set_below(std::size_t level, Array node, std::size_t cell, std::uint32_t value);

  std::size_t levels_ = 0;  ///< Of one cell none: the array is the cell's value.
  Array zero_ = 0;
  ByteInterner nodes_;
};

}  // namespace parley::history
