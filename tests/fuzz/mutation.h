// SPDX-License-Identifier: Apache-2.0
//
// Fuzzing without instrumentation: a seeded generator bends well-formed examples
// a little at a time. Slower to learn than libFuzzer, but the same on every
// machine, so it can stand among the ordinary tests.
#pragma once

#include <cstdint>
#include <optional>

#include "core/base/prng.h"
#include "tests/fuzz/fuzzer.h"

namespace parley::fuzz {

/// One small change: a bit, a byte, a border value, a piece cut, copied, moved
/// or taken from `other`.
void mutate(Bytes& bytes, ByteView other, Prng& prng);

struct Broken {
  int property;  ///< What the entry function returned.
  std::uint64_t iteration;
  Bytes input;
};

/// Runs the mutants; stops at the first broken property. Equal arguments, equal
/// runs.
std::optional<Broken> run_mutated(const Fuzzer& fuzzer, std::uint64_t seed);

}  // namespace parley::fuzz
