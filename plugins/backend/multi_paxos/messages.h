// SPDX-License-Identifier: Apache-2.0
//
// What members of multi_paxos tell each other. Flat and canonical; every decoder
// is total and refuses what no correct member sends: ballots out of range or
// falling along the log, entries too large, bytes left over.
#pragma once

#include <optional>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/codec.h"
#include "core/base/ids.h"
#include "plugins/backend/multi_paxos/log.h"

namespace parley::multi_paxos {

inline constexpr std::size_t method_size_max = std::size_t{1} << 20;
/// Entries of one message, unless a single one is larger.
inline constexpr std::size_t message_bytes_max = std::size_t{1} << 20;
inline constexpr std::size_t entries_per_message_max = 65'536;
inline constexpr std::size_t chunk_bytes_max = std::size_t{256} << 10;
/// A state larger than this is not carried to a follower.
inline constexpr std::uint64_t image_bytes_max = std::uint64_t{1} << 40;
inline constexpr std::size_t resigned_max = 16;

/// "Vote for me in `ballot`: my log ends at `last`." A trial asks who would.
struct AskVote {
  static constexpr StatementType type{1};
  Ballot ballot = 0;
  bool trial = false;
  Position last{};
  std::vector<Ballot> resigned{};  ///< Their leaders gave up lease and office. Ascending.
};

struct Vote {
  static constexpr StatementType type{2};
  Ballot ballot = 0;
  bool trial = false;
};

/// `ballot` is refused: the issuer promised a later one; or it owes the leader of
/// `held` its silence; or neither, and its log is the better one.
struct Refused {
  static constexpr StatementType type{3};
  Ballot ballot = 0;
  bool trial = false;
  Ballot promised = 0;
  Ballot held = 0;
};

/// "Your log, where it agrees with mine at `previous`, goes on with `entries`."
/// Without entries a heartbeat.
struct AcceptEntries {
  static constexpr StatementType type{4};
  Ballot ballot = 0;
  std::uint64_t round = 0;  ///< Of heartbeats, from 1.
  Index previous = 0;
  Ballot previous_time = 0;
  Index commit = 0;
  std::vector<Entry> entries{};
};

/// Answers AcceptEntries. `matched`: the logs agree up to `index`. Otherwise they
/// may agree up to `index`, not beyond.
struct Accepted {
  static constexpr StatementType type{5};
  Ballot ballot = 0;
  std::uint64_t round = 0;
  bool matched = false;
  Index index = 0;
};

/// Everything up to `index` is committed.
struct Committed {
  static constexpr StatementType type{6};
  Ballot ballot = 0;
  Index index = 0;
};

/// "Are you done with `ballot`?" `wanted`: a caller of the issuer waits for it.
struct AskResign {
  static constexpr StatementType type{7};
  Ballot ballot = 0;
  bool wanted = false;
};

/// The owner of `ballot` does not lead in it, and never will; or goes on leading.
struct ResignAnswer {
  static constexpr StatementType type{8};
  Ballot ballot = 0;
  bool resigned = false;
};

/// A part of the image of the state after `index`.
struct ImageChunk {
  static constexpr StatementType type{9};
  Ballot ballot = 0;
  std::uint64_t round = 0;
  Index index = 0;
  Ballot time = 0;
  std::uint64_t size = 0;  ///< Of the whole image.
  std::uint64_t offset = 0;
  SharedBytes bytes{};
};

/// All before `offset` is here; at the end of the image, it is installed.
struct ChunkReceived {
  static constexpr StatementType type{10};
  Ballot ballot = 0;
  std::uint64_t round = 0;
  Index index = 0;
  std::uint64_t offset = 0;
};

SharedBytes encode(const AskVote& message);
SharedBytes encode(const Vote& message);
SharedBytes encode(const Refused& message);
SharedBytes encode(const AcceptEntries& message);
SharedBytes encode(const Accepted& message);
SharedBytes encode(const Committed& message);
SharedBytes encode(const AskResign& message);
SharedBytes encode(const ResignAnswer& message);
SharedBytes encode(const ImageChunk& message);
SharedBytes encode(const ChunkReceived& message);

/// Specialised for each message above.
template <class Message>
std::optional<Message> decode(ByteView record);
template <>
std::optional<AskVote> decode(ByteView record);
template <>
std::optional<Vote> decode(ByteView record);
template <>
std::optional<Refused> decode(ByteView record);
template <>
std::optional<AcceptEntries> decode(ByteView record);
template <>
std::optional<Accepted> decode(ByteView record);
template <>
std::optional<Committed> decode(ByteView record);
template <>
std::optional<AskResign> decode(ByteView record);
template <>
std::optional<ResignAnswer> decode(ByteView record);
template <>
std::optional<ImageChunk> decode(ByteView record);
template <>
std::optional<ChunkReceived> decode(ByteView record);

// Parts of messages and of records.

void write_entries(Writer& out, const std::vector<Entry>& entries);
/// Fails the reader where ballots fall, exceed `newest`, or precede `oldest`.
std::vector<Entry> read_entries(Reader& in, Ballot oldest, Ballot newest);
void write_position(Writer& out, const Position& position);
Position read_position(Reader& in);

}  // namespace parley::multi_paxos
