// SPDX-License-Identifier: Apache-2.0
//
// The trace: what each node took in and a digest of what it put out, as framed
// binary events. Enough to replay a node exactly and to check it against its
// specification. Values and codec only; the host writes files.
//
//   file  = magic:"PARLEYTR" version:u8 principal:varint deployment:text { event }
//   event = length:u32 checksum:u64 payload     (checksum: of length and payload)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/duration.h"
#include "core/base/result.h"
#include "core/kernel/node.h"

namespace parley {

/// What a node's step looked like from outside.
struct TraceEvent {
  Duration at{};                        ///< Since the node's boot; steady or virtual.
  Bytes input{};                        ///< encode_input of the NodeInput.
  std::vector<std::uint64_t> chosen{};  ///< Answers to Draws, in order.
  std::uint64_t output_digest = 0;      ///< digest_of(NodeOutput).
  struct Named {
    InstanceId instance;
    std::string name;  ///< The note's name: the action.
    std::vector<std::uint64_t> values;
  };
  std::vector<Named> notes{};
};

struct TraceHeader {
  PrincipalId principal{};
  std::string deployment;
};

Bytes encode_input(const NodeInput& input);

/// A decoded NodeInput together with the bytes its views point into.
struct OwnedInput {
  std::vector<Bytes> storage;
  NodeInput input;
};
/// nullopt: malformed.
std::optional<OwnedInput> decode_input(ByteView bytes, std::uint32_t principals_count);

std::uint64_t digest_of(const NodeOutput& output);

void append_header(Bytes& out, const TraceHeader& header);
void append_event(Bytes& out, const TraceEvent& event);

/// Reads a trace from memory, event by event. Total: any bytes may come.
class TraceReader {
 public:
  /// `bytes` outlives the reader.
  static Result<TraceReader> open(ByteView bytes);
  const TraceHeader& header() const { return header_; }
  /// The next event; nullopt at the end. A torn last event is an end with
  /// torn() set; damage before it is an error that names the offset.
  Result<std::optional<TraceEvent>> next();
  bool torn() const { return torn_; }

 private:
  ByteView rest_;
  std::size_t offset_ = 0;
  TraceHeader header_;
  bool torn_ = false;
};

}  // namespace parley
