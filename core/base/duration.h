// SPDX-License-Identifier: Apache-2.0
//
// A span of time, in nanoseconds. A span only: pure code has no clock.
#pragma once

#include <chrono>

namespace parley {

using Duration = std::chrono::nanoseconds;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""us;
using std::chrono_literals::operator""ns;

}  // namespace parley
