// SPDX-License-Identifier: Apache-2.0
//
// What `parley` exits with. Published in README.md; after sysexits where one fits.
#pragma once

#include "core/base/result.h"

namespace parley::exit_code {

inline constexpr int ok = 0;
inline constexpr int check_failed = 1;  ///< A counterexample, a failed validation.
inline constexpr int usage = 2;
inline constexpr int undecided = 3;  ///< Time or bounds ran out.
inline constexpr int bad_source = 65;
inline constexpr int unavailable = 69;
inline constexpr int io = 74;
inline constexpr int configuration = 78;

constexpr int of(ErrorCode code) {
  switch (code) {
    case ErrorCode::BadSource:
      return bad_source;
    case ErrorCode::Unavailable:
      return unavailable;
    case ErrorCode::Io:
      return io;
    case ErrorCode::Configuration:
      return configuration;
  }
  return configuration;
}

}  // namespace parley::exit_code
