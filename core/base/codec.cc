// SPDX-License-Identifier: Apache-2.0
#include "core/base/codec.h"

namespace parley {

std::uint64_t Reader::varint() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const std::uint8_t byte = u8();
    if (failed_) return 0;
    const std::uint64_t part = byte & 0x7F;
    if (shift == 63 && part > 1) break;  // More than 64 bits.
    if (shift > 0 && byte == 0) break;   // Not the shortest form.
    value |= part << shift;
    if ((byte & 0x80) == 0) return value;
  }
  fail();
  return 0;
}

PrincipalSet Reader::principals(std::uint32_t bound) {
  PrincipalSet set;
  std::uint64_t next = 0;
  for (std::uint64_t left = varint(); left > 0 && ok(); --left) {
    const std::uint64_t gap = varint();
    if (!ok() || gap >= bound || next + gap >= bound) {
      fail();
      return {};
    }
    set.insert(PrincipalId{static_cast<std::uint32_t>(next + gap)});
    next += gap + 1;
  }
  return ok() ? set : PrincipalSet{};
}

}  // namespace parley
