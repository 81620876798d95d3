// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace parley {

/// 64 bits of the system's entropy.
std::uint64_t random_number();

}  // namespace parley
