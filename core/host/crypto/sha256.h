// SPDX-License-Identifier: Apache-2.0
//
// The HashFunction that the host hands to pure code.
#pragma once

#include "core/api/hash.h"

namespace parley {

/// SHA-256. Matches HashFunction: pure, thread-safe.
Digest sha256(ByteView bytes);

}  // namespace parley
