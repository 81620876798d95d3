// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/fuzzer.h"

#include <array>

namespace parley::fuzz {
namespace {

constexpr std::array table = {
    Fuzzer{"frame", fuzz_frame, frame_seeds, 500'000},
    Fuzzer{"trace", fuzz_trace, trace_seeds, 500'000},
    Fuzzer{"input", fuzz_input, input_seeds, 500'000},
    Fuzzer{"elf_note", fuzz_elf_note, elf_note_seeds, 500'000},
    Fuzzer{"resp", fuzz_resp, resp_seeds, 300'000},
    Fuzzer{"resp_session", fuzz_resp_session, resp_session_seeds, 20'000},
    Fuzzer{"deployment", fuzz_deployment, deployment_seeds, 50'000},
};
constexpr Fuzzer planted{"canary", fuzz_canary, canary_seeds, 500'000};

}  // namespace

std::span<const Fuzzer> fuzzers() {
  return table;
}

const Fuzzer& canary() {
  return planted;
}

const Fuzzer* find(std::string_view name) {
  for (const Fuzzer& fuzzer : table) {
    if (name == fuzzer.name) return &fuzzer;
  }
  return name == planted.name ? &planted : nullptr;
}

}  // namespace parley::fuzz
