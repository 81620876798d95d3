// SPDX-License-Identifier: Apache-2.0
//
// A 256-bit digest as a value, and a fast 64-bit fingerprint for trace digests
// and tables. The fingerprint is no defence against an adversary.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>

#include "core/base/bytes.h"

namespace parley {

struct Digest {
  std::array<std::uint8_t, 32> bytes{};
  friend auto operator<=>(const Digest&, const Digest&) = default;
};

std::string to_hex(ByteView bytes);

/// Order-dependent accumulation of 64-bit words; equal on every platform and
/// compiler, which is what "equal seeds give equal digests" rests on.
class Fingerprint {
 public:
  void add(std::uint64_t word) {
    state_ ^= word;
    state_ *= 0x9E3779B97F4A7C15;
    state_ ^= state_ >> 32;
  }
  void add(ByteView bytes);
  std::uint64_t value() const { return state_; }

 private:
  std::uint64_t state_ = 0x6A09E667F3BCC908;
};

inline std::uint64_t fingerprint(ByteView bytes) {
  Fingerprint sum;
  sum.add(bytes);
  return sum.value();
}

}  // namespace parley
