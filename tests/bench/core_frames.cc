// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include "core/base/digest.h"
#include "core/kernel/frame.h"
#include "tests/bench/core_setting.h"

namespace parley::bench {
namespace {

Statement statement_of(std::size_t record_size) {
  return {.instance = InstanceId{1},
          .type = StatementType{3},
          .issuer = PrincipalId{0},
          .verifiers = {PrincipalId{1}, PrincipalId{2}},
          .auditors = {},
          .record = SharedBytes(Bytes(record_size, 0x5A))};
}

void set_speed(benchmark::State& state, std::size_t size) {
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(size));
}

void encode(benchmark::State& state) {
  const Statement statement = statement_of(static_cast<std::size_t>(state.range(0)));
  Bytes out;
  for (auto _ : state) {
    out.clear();
    append_frame(out, {encode_body(statement, {.publication = 300}), {}});
    benchmark::DoNotOptimize(out.data());
  }
  set_speed(state, out.size());
}

void decode(benchmark::State& state) {
  const Statement statement = statement_of(static_cast<std::size_t>(state.range(0)));
  Bytes bytes;
  append_frame(bytes, {encode_body(statement, {.publication = 300}), SharedBytes(Bytes(32, 1))});
  for (auto _ : state) {
    auto frame = decode_frame(bytes, 3);
    benchmark::DoNotOptimize(frame);
  }
  set_speed(state, bytes.size());
}

void digest(benchmark::State& state) {
  const Bytes bytes(static_cast<std::size_t>(state.range(0)), 0x5A);
  for (auto _ : state) benchmark::DoNotOptimize(fingerprint(bytes));
  set_speed(state, bytes.size());
}

}  // namespace

void register_frames() {
  for (const std::int64_t size : {64, 1024, 65'536}) {
    benchmark::RegisterBenchmark("frame/encode", encode)->Arg(size);
    benchmark::RegisterBenchmark("frame/decode", decode)->Arg(size);
    benchmark::RegisterBenchmark("fingerprint", digest)->Arg(size);
  }
}

}  // namespace parley::bench
