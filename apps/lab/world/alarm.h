// SPDX-License-Identifier: Apache-2.0
//
// What an alarm of a world is about, packed into the token that the world keeps.
#pragma once

#include <cstdint>

namespace parley {

struct Alarm {
  enum class Owner : std::uint8_t { Run, Injector, Callers };

  Owner owner = Owner::Run;
  std::uint8_t what = 0;
  std::uint16_t entry = 0;
  std::uint32_t detail = 0;

  std::uint64_t token() const {
    return (std::uint64_t{static_cast<std::uint8_t>(owner)} << 56) | (std::uint64_t{what} << 48) |
           (std::uint64_t{entry} << 32) | detail;
  }
  static Alarm of(std::uint64_t token) {
    return {static_cast<Owner>(token >> 56), static_cast<std::uint8_t>(token >> 48),
            static_cast<std::uint16_t>(token >> 32), static_cast<std::uint32_t>(token)};
  }
};

}  // namespace parley
