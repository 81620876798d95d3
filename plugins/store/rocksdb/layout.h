// SPDX-License-Identifier: Apache-2.0
//
// The database's keys and values. A key is instance, kind and number, big-endian,
// so that one instance's records lie together and in order. Every value carries a
// checksum over its key and content, so that a value never passes for another.
#pragma once

#include <optional>
#include <string>

#include "core/base/bytes.h"
#include "core/base/ids.h"

namespace parley::rocksdb {

/// Sorts before the keys of every instance; its value names the format.
inline const std::string format_key(1, '\0');
inline constexpr std::string_view format_value = "parley store 1";

enum class Part : std::uint8_t {
  Head = 1,    ///< One: what is gone from the log's front, and the snapshot's size.
  Chunk = 2,   ///< Of the snapshot, from 0.
  Record = 3,  ///< By log index.
};

std::string key_of(InstanceId instance, Part part, std::uint64_t number);
/// The number in a key that key_of made.
std::uint64_t number_of(std::string_view key);

std::string seal_value(std::string_view key, ByteView content);
/// The content; nullopt if it is not what was sealed under that key.
std::optional<ByteView> open_value(std::string_view key, ByteView value);

struct Head {
  std::uint64_t trimmed = 0;  ///< Index of the last record gone from the front.
  std::uint64_t snapshot_index = 0;
  std::uint64_t chunks_count = 0;
};

Bytes encode_head(const Head& head);
std::optional<Head> decode_head(ByteView content);

}  // namespace parley::rocksdb
