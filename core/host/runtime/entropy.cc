// SPDX-License-Identifier: Apache-2.0
#include "core/host/runtime/entropy.h"

#include <sys/random.h>

#include "core/base/assert.h"

namespace parley {

std::uint64_t random_number() {
  std::uint64_t number = 0;
  // Requests of up to 256 bytes are answered whole once the pool is initialised.
  PARLEY_ASSERT(::getrandom(&number, sizeof(number), 0) == sizeof(number));
  return number;
}

}  // namespace parley
