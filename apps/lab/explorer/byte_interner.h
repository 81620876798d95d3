// SPDX-License-Identifier: Apache-2.0
//
// Numbers byte strings: equal bytes, equal number; other bytes, another number.
// Exact, never by hash alone. Numbers are dense, from 0, in order of first sight.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/bytes.h"

namespace parley {

class ByteInterner {
 public:
  struct Number {
    std::uint32_t id;
    bool is_new;
  };

  ByteInterner() : slots_(slots_count_min) {}

  Number intern(ByteView bytes);
  /// Valid until the next intern. Precondition: the id was given out.
  ByteView bytes(std::uint32_t id) const;

  std::size_t size() const { return ends_.size(); }
  std::size_t memory() const;

 private:
  static constexpr std::size_t slots_count_min = 64;

  std::size_t slot_of(ByteView bytes) const;
  void grow();

  Bytes text_;                        ///< All strings, one behind the other.
  std::vector<std::uint64_t> ends_;   ///< By id.
  std::vector<std::uint32_t> slots_;  ///< Id plus one; 0 is free. A power of two.
};

}  // namespace parley
