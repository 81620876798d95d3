// SPDX-License-Identifier: Apache-2.0
//
// The wire form of a statement. The body is encoded once and shared by all
// destinations; only the evidence may differ between them.
//
//   frame    = body evidence
//   body     = version:u8 mechanism:u8 instance:u16 type:u16 flags:u8 issuer:varint
//              publication:varint verifiers auditors record:bytes
//   evidence = bytes
//
// What is sealed is the body behind a prefix that binds it to one deployment and
// key epoch, so that evidence cannot be replayed elsewhere.
#pragma once

#include <cstdint>

#include "core/api/statement.h"
#include "core/base/bytes.h"
#include "core/base/result.h"

namespace parley {

inline constexpr std::uint8_t frame_version = 1;

/// Reserved statement type: its record is the varint id of a publication of the
/// receiver that the issuer has delivered, and the fingerprint of its record.
inline constexpr StatementType type_acknowledgement{0xFFFF};

struct Frame {
  SharedBytes body;
  SharedBytes evidence;
};

/// A decoded frame; views point into the received bytes.
struct FrameView {
  std::uint8_t mechanism = 0;  ///< Index into the deployment's mechanisms.
  InstanceId instance{};
  StatementType type{};
  bool acknowledge = false;  ///< The issuer wants an acknowledgement.
  PrincipalId issuer{};
  std::uint64_t publication = 0;
  PrincipalSet verifiers{};
  PrincipalSet auditors{};
  ByteView record{};
  ByteView body{};
  ByteView evidence{};
};

/// What frame_header says beside the statement itself.
struct FrameHeader {
  std::uint8_t mechanism = 0;
  bool acknowledge = false;
  std::uint64_t publication = 0;
};

SharedBytes encode_body(const Statement& statement, const FrameHeader& header);

/// Total: any bytes may come. The error says what was expected and found.
/// Principals at or above `principals_count` are refused.
Result<FrameView> decode_frame(ByteView bytes, std::uint32_t principals_count);

/// Appends the frame as one byte string, as decode_frame reads it.
void append_frame(Bytes& out, const Frame& frame);
std::size_t frame_size(const Frame& frame);

/// The bytes that evidence is made of: domain, deployment, key epoch, body.
class SealDomain {
 public:
  SealDomain(std::string_view deployment, std::uint64_t key_epoch);
  /// Effect: `out` becomes the sealed message for `body`.
  void message(ByteView body, Bytes& out) const;

 private:
  Bytes prefix_;
};

}  // namespace parley
