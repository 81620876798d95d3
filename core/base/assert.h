// SPDX-License-Identifier: Apache-2.0
//
// The one way to stop on our own broken state. Stays on in release builds: a
// node that has lost its invariants must not go on talking to others.
// Never for anything a peer, a file or a user can cause.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace parley {

[[noreturn]] inline void assertion_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, expression);
  std::abort();
}

}  // namespace parley

#define PARLEY_ASSERT(expression)                       \
  (static_cast<bool>(expression) ? static_cast<void>(0) \
                                 : ::parley::assertion_failed(#expression, __FILE__, __LINE__))
