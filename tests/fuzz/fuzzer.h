// SPDX-License-Identifier: Apache-2.0
//
// The fuzzers, as one table. An entry function takes any bytes, crashes on none,
// and says whether they were accepted, refused, or broke a property. The same
// entry runs under libFuzzer (PARLEY_FUZZ) and, in every ordinary build, under a
// deterministic mutation of its seeds.
#pragma once

#include <span>
#include <vector>

#include "core/base/bytes.h"

namespace parley::fuzz {

inline constexpr int accepted = 0;
inline constexpr int refused = -1;  ///< Anything above 0 numbers a broken property.

struct Fuzzer {
  const char* name;
  int (*run)(ByteView bytes);
  /// Accepted examples to start from.
  std::vector<Bytes> (*seeds)();
  std::uint64_t mutants;  ///< How many an ordinary test tries.
};

/// All but the canary; every one of them must hold.
std::span<const Fuzzer> fuzzers();

/// Has a planted bug. If it is not found, the harness finds nothing.
const Fuzzer& canary();

/// The fuzzer of that name, canary included; null when there is none.
const Fuzzer* find(std::string_view name);

int fuzz_frame(ByteView bytes);
std::vector<Bytes> frame_seeds();

int fuzz_trace(ByteView bytes);
std::vector<Bytes> trace_seeds();

int fuzz_input(ByteView bytes);
std::vector<Bytes> input_seeds();

int fuzz_elf_note(ByteView bytes);
std::vector<Bytes> elf_note_seeds();

int fuzz_deployment(ByteView bytes);
std::vector<Bytes> deployment_seeds();

int fuzz_resp(ByteView bytes);
std::vector<Bytes> resp_seeds();

int fuzz_resp_session(ByteView bytes);
std::vector<Bytes> resp_session_seeds();

int fuzz_canary(ByteView bytes);
std::vector<Bytes> canary_seeds();

}  // namespace parley::fuzz
