// SPDX-License-Identifier: Apache-2.0
#include "core/kernel/frame.h"

#include "tests/fuzz/fuzzer.h"

namespace parley::fuzz {
namespace {

constexpr std::uint32_t principals_count = 100;

Statement statement_of(const FrameView& frame) {
  return {.instance = frame.instance,
          .type = frame.type,
          .issuer = frame.issuer,
          .verifiers = frame.verifiers,
          .auditors = frame.auditors,
          .record = SharedBytes(frame.record)};
}

Bytes encoded(const Statement& statement, const FrameHeader& header, ByteView evidence) {
  Bytes out;
  append_frame(out, {encode_body(statement, header), SharedBytes(evidence)});
  return out;
}

}  // namespace

int fuzz_frame(ByteView bytes) {
  const Result<FrameView> frame = decode_frame(bytes, principals_count);
  if (!frame) return frame.error().message.empty() ? 1 : refused;
  if (frame->issuer.value >= principals_count) return 2;
  // One frame has one encoding: what was accepted is what would be sent.
  const Bytes again = encoded(statement_of(*frame),
                              {.mechanism = frame->mechanism,
                               .acknowledge = frame->acknowledge,
                               .publication = frame->publication},
                              frame->evidence);
  return equal(again, bytes) ? accepted : 3;
}

std::vector<Bytes> frame_seeds() {
  const Statement small{.instance = InstanceId{1},
                        .type = StatementType{2},
                        .issuer = PrincipalId{0},
                        .verifiers = {PrincipalId{1}},
                        .auditors = {},
                        .record = SharedBytes(view_of("promise"))};
  const Statement wide{
      .instance = InstanceId{4095},
      .type = type_acknowledgement,
      .issuer = PrincipalId{99},
      .verifiers = {PrincipalId{0}, PrincipalId{1}, PrincipalId{63}, PrincipalId{64}},
      .auditors = {PrincipalId{98}},
      .record = SharedBytes(Bytes(300, 0xAA))};
  return {encoded(small, {}, {}),
          encoded(small, {.mechanism = 1, .acknowledge = true, .publication = 7}, Bytes(32, 0x55)),
          encoded(wide, {.mechanism = 254, .acknowledge = true, .publication = ~0ULL},
                  Bytes(64, 0x11))};
}

}  // namespace parley::fuzz
