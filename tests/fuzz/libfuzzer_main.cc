// SPDX-License-Identifier: Apache-2.0
//
// One libFuzzer program per fuzzer: PARLEY_FUZZER names it.
#include "core/base/assert.h"
#include "tests/fuzz/fuzzer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const parley::fuzz::Fuzzer* const fuzzer = parley::fuzz::find(PARLEY_FUZZER);
  PARLEY_ASSERT(fuzzer != nullptr);
  PARLEY_ASSERT(fuzzer->run({data, size}) <= 0);
  return 0;
}
