// SPDX-License-Identifier: Apache-2.0
//
// What the nodes of vertical_paxos tell each other, always in an epoch. Flat and
// canonical; every decoder is total and refuses what no correct node sends: times
// that fall along the log, entries too large, bytes left over.
#pragma once

#include <optional>
#include <vector>

#include "core/api/configuration.h"
#include "plugins/backend/vertical_paxos/log.h"

namespace parley::vertical_paxos {

inline constexpr std::size_t method_size_max = std::size_t{1} << 20;
/// Entries of one message, unless a single one is larger.
inline constexpr std::size_t message_bytes_max = std::size_t{256} << 10;
inline constexpr std::size_t entries_per_message_max = 65'536;
inline constexpr std::size_t chunk_bytes_max = std::size_t{1} << 20;
/// A larger part of the log and state is not carried to another node.
inline constexpr std::uint64_t portion_bytes_max = std::uint64_t{1} << 40;

/// The epochs from the last completed one on, oldest first, as the master decided
/// them. Never empty, without gaps; epoch 1 is the deployment's.
struct History {
  std::vector<Membership> epochs{};
  const Membership& latest() const { return epochs.back(); }
  Time completed() const { return epochs.front().epoch.value; }
  friend bool operator==(const History& a, const History& b);
};

/// The issuer's history. To a node of an earlier epoch: "obey this one"; the new
/// leader's: "promise it to me, and say where your log ends".
struct Epochs {
  static constexpr StatementType type{1};
  History history{};
};

/// "I obey no epoch before this one, and my log ends at `last`."
struct Promise {
  static constexpr StatementType type{2};
  Time epoch = 0;
  Position last{};
};

/// "Your log, where it agrees with mine at `previous`, goes on with `entries`."
/// Without entries a heartbeat.
struct Accept {
  static constexpr StatementType type{3};
  Time epoch = 0;
  std::uint64_t round = 0;  ///< Of heartbeats, from 1.
  Index previous = 0;
  Time previous_time = 0;
  Index commit = 0;
  std::vector<Entry> entries{};
};

/// Answers Accept. `matched`: the logs agree up to `index`. Otherwise they agree up
/// to `index` at least, not at what was sent.
struct Accepted {
  static constexpr StatementType type{4};
  Time epoch = 0;
  std::uint64_t round = 0;
  bool matched = false;
  Index index = 0;
};

/// "I am here, and in this epoch."
struct Hello {
  static constexpr StatementType type{5};
  Time epoch = 0;
};

/// Which part of a log and state: what comes after `after`, up to `last`. 0 and 0:
/// none yet.
struct PortionName {
  Index after = 0;
  Index last = 0;
  friend bool operator==(const PortionName&, const PortionName&) = default;
};

/// "Give me what comes after `commit`; of this portion, what comes at `offset`."
struct Fetch {
  static constexpr StatementType type{6};
  Time epoch = 0;
  Index commit = 0;
  PortionName portion{};
  std::uint64_t offset = 0;
};

struct Chunk {
  static constexpr StatementType type{7};
  Time epoch = 0;
  PortionName portion{};
  std::uint64_t size = 0;  ///< Of the whole portion.
  std::uint64_t offset = 0;
  SharedBytes bytes{};
};

SharedBytes encode(const Epochs& message);
SharedBytes encode(const Promise& message);
SharedBytes encode(const Accept& message);
SharedBytes encode(const Accepted& message);
SharedBytes encode(const Hello& message);
SharedBytes encode(const Fetch& message);
SharedBytes encode(const Chunk& message);

/// Specialised for each message above.
template <class Message>
std::optional<Message> decode(ByteView record);
template <>
std::optional<Epochs> decode(ByteView record);
template <>
std::optional<Promise> decode(ByteView record);
template <>
std::optional<Accept> decode(ByteView record);
template <>
std::optional<Accepted> decode(ByteView record);
template <>
std::optional<Hello> decode(ByteView record);
template <>
std::optional<Fetch> decode(ByteView record);
template <>
std::optional<Chunk> decode(ByteView record);

// Parts of messages and of records.

void write_entries(Writer& out, const std::vector<Entry>& entries);
/// Fails the reader where times fall, exceed `newest`, or precede `oldest`.
std::vector<Entry> read_entries(Reader& in, Time oldest, Time newest);
void write_position(Writer& out, const Position& position);
Position read_position(Reader& in);
Bytes encode_history(const History& history);
std::optional<History> decode_history(ByteView bytes);
/// Whether it can be one: consecutive epochs, each with members.
bool is_sound(const History& history);

}  // namespace parley::vertical_paxos
