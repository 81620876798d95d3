// SPDX-License-Identifier: Apache-2.0
#include "core/kernel/frame.h"

#include <string>

#include "core/base/codec.h"
#include "core/base/limits.h"

namespace parley {
namespace {

constexpr std::uint8_t flag_acknowledge = 1;

Error malformed(std::string what) {
  return {ErrorCode::BadSource, "frame: " + std::move(what)};
}

}  // namespace

SharedBytes encode_body(const Statement& statement, const FrameHeader& header) {
  // One scratch buffer a thread would be a global; records are small, so the
  // size is computed close enough and the vector grows at most once.
  Bytes out;
  out.reserve(48 + statement.record.size());
  Writer writer{out};
  writer.u8(frame_version);
  writer.u8(header.mechanism);
  writer.u16(statement.instance.value);
  writer.u16(statement.type.value);
  writer.u8(header.acknowledge ? flag_acknowledge : 0);
  writer.varint(statement.issuer.value);
  writer.varint(header.publication);
  writer.principals(statement.verifiers);
  writer.principals(statement.auditors);
  writer.bytes(statement.record);
  return SharedBytes{out};
}

Result<FrameView> decode_frame(ByteView bytes, std::uint32_t principals_count) {
  if (bytes.size() > limits::frame_size_max) {
    return malformed("expected at most " + std::to_string(limits::frame_size_max) +
                     " bytes, found " + std::to_string(bytes.size()));
  }
  Reader reader{bytes};
  FrameView frame;
  const std::uint8_t version = reader.u8();
  if (reader.ok() && version != frame_version) {
    return malformed("expected version " + std::to_string(frame_version) + ", found " +
                     std::to_string(version));
  }
  frame.mechanism = reader.u8();
  frame.instance = InstanceId{reader.u16()};
  frame.type = StatementType{reader.u16()};
  const std::uint8_t flags = reader.u8();
  const std::uint64_t issuer = reader.varint();
  frame.publication = reader.varint();
  frame.verifiers = reader.principals(principals_count);
  frame.auditors = reader.principals(principals_count);
  frame.record = reader.bytes();
  const std::size_t body_size = bytes.size() - reader.remaining();
  frame.evidence = reader.bytes();
  if (!reader.finished()) return malformed("truncated, or longer than its fields");
  if (flags > flag_acknowledge) return malformed("unknown flags " + std::to_string(flags));
  if (issuer >= principals_count) {
    return malformed("issuer " + std::to_string(issuer) + " is no principal of this deployment");
  }
  if (frame.evidence.size() > limits::evidence_size_max) return malformed("evidence is too long");
  frame.acknowledge = flags == flag_acknowledge;
  frame.issuer = PrincipalId{static_cast<std::uint32_t>(issuer)};
  frame.body = bytes.first(body_size);
  return frame;
}

void append_frame(Bytes& out, const Frame& frame) {
  Writer writer{out};
  writer.raw(frame.body);
  writer.bytes(frame.evidence);
}

std::size_t frame_size(const Frame& frame) {
  std::size_t prefix = 1;
  for (std::size_t size = frame.evidence.size(); size >= 0x80; size >>= 7) ++prefix;
  return frame.body.size() + prefix + frame.evidence.size();
}

SealDomain::SealDomain(std::string_view deployment, std::uint64_t key_epoch) {
  Writer writer{prefix_};
  writer.text("parley/v1");
  writer.text(deployment);
  writer.varint(key_epoch);
}

void SealDomain::message(ByteView body, Bytes& out) const {
  out.clear();
  out.reserve(prefix_.size() + body.size());
  out.insert(out.end(), prefix_.begin(), prefix_.end());
  out.insert(out.end(), body.begin(), body.end());
}

}  // namespace parley
