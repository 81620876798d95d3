// SPDX-License-Identifier: Apache-2.0
//
// SHA-256 as a stateless function, handed to pure code at construction, so that
// protocols need no cryptographic library of their own.
#pragma once

#include "core/base/bytes.h"
#include "core/base/digest.h"

namespace parley {

/// Pure and thread-safe: equal bytes, equal digests, on every host.
using HashFunction = Digest (*)(ByteView bytes);

}  // namespace parley
