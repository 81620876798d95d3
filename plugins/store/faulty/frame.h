// SPDX-License-Identifier: Apache-2.0
//
// The log file: a head, then one frame per append. A frame says how far the file
// was synced before it, so that a reader tells a torn end, which is cut, from
// damage to what was durable, which is an error.
//
//   head    "parley faulty 1\n", generation (8)
//   frame   "frm1", size of payload (4), synced (8), fingerprint (8), payload
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/api/store.h"

namespace parley::faulty {

inline constexpr std::string_view head_text = "parley faulty 1\n";
inline constexpr std::size_t head_size = head_text.size() + 8;

Bytes encode_head(std::uint64_t generation);
std::optional<std::uint64_t> decode_head(ByteView file);

Bytes encode_changes(std::span<const StoreChange> changes);
/// Total; every other form of the same changes is refused.
std::optional<std::vector<StoreChange>> decode_changes(ByteView payload);

/// `synced`: how much of the file is durable before this frame is written.
void write_frame(Bytes& out, std::uint64_t synced, ByteView payload);

struct Scan {
  std::vector<ByteView> payloads;  ///< Of the intact frames; borrowed from the file.
  std::uint64_t intact = 0;        ///< Where they end.
  /// Past `intact`: some later intact frame says that damage was durable.
  bool damaged = false;
};
/// Precondition: the file has an intact head.
Scan scan_frames(ByteView file);

}  // namespace parley::faulty
