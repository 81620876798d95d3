// SPDX-License-Identifier: Apache-2.0
//
// The deterministic generator of simulations and tests: equal seeds, equal
// sequences, on every compiler. Not for keys. splitmix64 (Steele, Lea, Flood,
// "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014).
#pragma once

#include <cstdint>

#include "core/base/assert.h"

namespace parley {

class Prng {
 public:
  explicit Prng(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t mixed = state_ += 0x9E3779B97F4A7C15;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
    return mixed ^ (mixed >> 31);
  }

  /// Uniform in [0, bound). Precondition: bound > 0.
  std::uint64_t below(std::uint64_t bound) {
    __extension__ using Product = unsigned __int128;
    PARLEY_ASSERT(bound > 0);
    // Lemire's multiply-shift; the bias is below bound / 2^64.
    return static_cast<std::uint64_t>((static_cast<Product>(next()) * bound) >> 64);
  }

  /// Uniform in [low, high]. Precondition: low <= high.
  std::int64_t between(std::int64_t low, std::int64_t high) {
    PARLEY_ASSERT(low <= high);
    const auto span = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low) + 1;
    return span == 0 ? static_cast<std::int64_t>(next())
                     : low + static_cast<std::int64_t>(below(span));
  }

  /// True `numerator` times in a million.
  bool chance(std::uint32_t per_million) { return below(1'000'000) < per_million; }

  /// An independent generator, for a part that must not disturb the others.
  Prng fork() { return Prng{next()}; }

 private:
  std::uint64_t state_;
};

}  // namespace parley
