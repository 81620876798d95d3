// SPDX-License-Identifier: Apache-2.0
#include "core/base/codec.h"
#include "tests/fuzz/fuzzer.h"

namespace parley::fuzz {
namespace {

/// A decoder that trusts a length: what every other fuzzer exists to rule out.
bool reads_past_the_end(ByteView bytes) {
  Reader reader(bytes);
  if (reader.u16() != 0x4150) return false;  // "PA"
  const std::uint8_t claimed = reader.u8();
  return reader.ok() && claimed > reader.remaining();
}

}  // namespace

int fuzz_canary(ByteView bytes) {
  return reads_past_the_end(bytes) ? 1 : accepted;
}

std::vector<Bytes> canary_seeds() {
  Bytes record;
  Writer writer(record);
  writer.u16(0x4150);
  writer.u8(4);
  writer.raw(view_of("bird"));
  return {record};
}

}  // namespace parley::fuzz
