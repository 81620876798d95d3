// SPDX-License-Identifier: Apache-2.0
//
// The set of global states seen so far, each once, as short byte strings one
// behind the other in the order in which they were found: the breadth-first
// queue and the seen set are one. A hash only says where to look; whether two
// states are equal is always decided by their bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/digest.h"

namespace parley {

class StateTable {
 public:
  /// Where a state lies; ascending in the order of insertion.
  using Place = std::uint64_t;
  static constexpr Place no_place = (Place{1} << 40) - 1;
  static constexpr std::size_t state_size_max = (std::size_t{1} << 14) - 1;
  static constexpr std::uint32_t tag_max = (1u << 10) - 1;

  struct Record {
    ByteView state;
    Place parent;       ///< no_place: an initial state.
    std::uint32_t tag;  ///< Whatever the caller wanted kept with it.
  };

  StateTable() : slots_(std::size_t{1} << 16) {}

  static std::uint64_t hash_of(ByteView state) { return fingerprint(state); }

  /// Hints that a state of this hash will be inserted soon.
  void prefetch(std::uint64_t hash) const { __builtin_prefetch(&slots_[hash & mask()]); }

  /// Effect: adds the state with its parent and tag. False, and no effect, if it is there.
  /// Precondition: at most state_size_max bytes; `hash` is hash_of(state).
  bool insert(ByteView state, std::uint64_t hash, Place parent, std::uint32_t tag = 0);

  /// Views stay valid: states never move.
  Record at(Place place) const;

  /// Iteration in order of insertion, also while inserting.
  Place begin() const { return 0; }
  Place end() const { return end_; }
  Place next(Place place) const;

  std::uint64_t size() const { return size_; }
  std::size_t memory() const;
  /// Bytes that the next growth of the table will need at once.
  std::size_t memory_to_grow() const { return slots_.size() * 2 * sizeof(std::uint64_t); }
  bool about_to_grow(std::size_t more) const { return over_load(size_ + more); }

 private:
  static constexpr unsigned block_bits = 22;
  static constexpr std::size_t block_size = std::size_t{1} << block_bits;
  static constexpr std::size_t header_size = sizeof(std::uint64_t);
  static constexpr std::uint64_t place_mask = no_place;

  struct Block {
    std::unique_ptr<std::uint8_t[]> bytes;
    std::uint32_t used = 0;
  };

  std::size_t mask() const { return slots_.size() - 1; }
  bool over_load(std::uint64_t size) const { return size * 10 > slots_.size() * 7; }
  const std::uint8_t* address(Place place) const {
    return blocks_[place >> block_bits].bytes.get() + (place & (block_size - 1));
  }
  Place append(ByteView state, Place parent, std::uint32_t tag);
  void grow();

  std::vector<Block> blocks_;
  /// 24 bits of the hash, then the place plus one; 0 is free. A power of two.
  std::vector<std::uint64_t> slots_;
  std::uint64_t size_ = 0;
  Place end_ = 0;
};

}  // namespace parley
