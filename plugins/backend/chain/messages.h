// SPDX-License-Identifier: Apache-2.0
//
// What the nodes of a chain tell each other, always in an epoch. Flat and
// canonical; every decoder is total and refuses what no correct node sends: times
// that fall along the log, entries too large, bytes left over.
#pragma once

#include <optional>
#include <vector>

#include "core/base/codec.h"
#include "core/base/ids.h"
#include "plugins/backend/chain/log.h"

namespace parley::chain {

inline constexpr std::size_t method_size_max = std::size_t{1} << 20;
/// Entries of one message, unless a single one is larger.
inline constexpr std::size_t message_bytes_max = std::size_t{256} << 10;
inline constexpr std::size_t entries_per_message_max = 65'536;
inline constexpr std::size_t chunk_bytes_max = std::size_t{256} << 10;
/// A state larger than this is not carried to a follower.
inline constexpr std::uint64_t image_bytes_max = std::uint64_t{1} << 40;

/// "Your log, where it agrees with mine at `previous`, goes on with `entries`."
struct Entries {
  static constexpr StatementType type{1};
  Time epoch = 0;
  Index previous = 0;
  Time previous_time = 0;
  Index commit = 0;
  std::vector<Entry> entries{};
};

/// Answers Entries. `matched`: the logs agree up to `index`, and up to `stable` all
/// whom the issuer feeds have it too. Otherwise they agree up to `index` at least,
/// not at what was sent.
struct Received {
  static constexpr StatementType type{2};
  Time epoch = 0;
  bool matched = false;
  Index index = 0;
  Index stable = 0;
};

/// The head's, to everybody: it is there.
struct Heartbeat {
  static constexpr StatementType type{3};
  Time epoch = 0;
  std::uint64_t round = 0;  ///< From 1.
  Index commit = 0;
};

/// "When I heard of the round, the epoch was still mine."
struct HeartbeatAnswer {
  static constexpr StatementType type{4};
  Time epoch = 0;
  std::uint64_t round = 0;
};

/// "I am here, and in this epoch": to its head, and to whoever speaks in an older one.
struct Hello {
  static constexpr StatementType type{5};
  Time epoch = 0;
};

/// A part of the image of the state after `index`.
struct ImageChunk {
  static constexpr StatementType type{6};
  Time epoch = 0;
  Index index = 0;
  Time time = 0;
  std::uint64_t size = 0;  ///< Of the whole image.
  std::uint64_t offset = 0;
  SharedBytes bytes{};
};

/// All before `offset` is here; at the end of the image, it is installed.
struct ChunkReceived {
  static constexpr StatementType type{7};
  Time epoch = 0;
  Index index = 0;
  std::uint64_t offset = 0;
};

SharedBytes encode(const Entries& message);
SharedBytes encode(const Received& message);
SharedBytes encode(const Heartbeat& message);
SharedBytes encode(const HeartbeatAnswer& message);
SharedBytes encode(const Hello& message);
SharedBytes encode(const ImageChunk& message);
SharedBytes encode(const ChunkReceived& message);

/// Specialised for each message above.
template <class Message>
std::optional<Message> decode(ByteView record);
template <>
std::optional<Entries> decode(ByteView record);
template <>
std::optional<Received> decode(ByteView record);
template <>
std::optional<Heartbeat> decode(ByteView record);
template <>
std::optional<HeartbeatAnswer> decode(ByteView record);
template <>
std::optional<Hello> decode(ByteView record);
template <>
std::optional<ImageChunk> decode(ByteView record);
template <>
std::optional<ChunkReceived> decode(ByteView record);

// Parts of messages and of records.

void write_entries(Writer& out, const std::vector<Entry>& entries);
/// Fails the reader where times fall, exceed `newest`, or precede `oldest`.
std::vector<Entry> read_entries(Reader& in, Time oldest, Time newest);
void write_position(Writer& out, const Position& position);
Position read_position(Reader& in);

}  // namespace parley::chain
