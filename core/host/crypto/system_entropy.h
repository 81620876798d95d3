// SPDX-License-Identifier: Apache-2.0
//
// Bytes for keys, from the operating system's generator. Not for protocols:
// a machine draws through its driver.
#pragma once

#include <cstddef>

#include "core/base/bytes.h"
#include "core/base/result.h"

namespace parley {

/// `size` fresh random bytes. The error says why the system gave none.
Result<Bytes> system_entropy(std::size_t size);

}  // namespace parley
