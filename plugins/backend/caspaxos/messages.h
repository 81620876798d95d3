// SPDX-License-Identifier: Apache-2.0
//
// What members of caspaxos tell each other, each about one register. Flat and
// canonical; every decoder is total and refuses what no correct member sends:
// ballots out of range, partitions, values and methods too large, bytes left over.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/codec.h"
#include "core/base/ids.h"
#include "plugins/backend/caspaxos/ballot.h"

namespace parley::caspaxos {

inline constexpr std::size_t partition_size_max = std::size_t{128} << 10;
inline constexpr std::size_t method_size_max = std::size_t{1} << 20;
inline constexpr std::size_t state_size_max = std::size_t{4} << 20;
/// As many methods may depend on each other before one is known to be committed.
inline constexpr std::size_t tail_count_max = 64;
inline constexpr std::size_t value_size_max = std::size_t{12} << 20;

/// Object::partition, as bytes; the key of a register.
using Partition = std::string;

/// What a register holds: the object's part, and how it came to be, as far as it
/// takes to decide every method: those after the last that was known committed.
struct Value {
  std::uint64_t count = 0;          ///< Methods that led here: the position of the last one.
  SharedBytes state{};              ///< Object::snapshot.
  std::vector<SharedBytes> tail{};  ///< The last methods; the first is count - size + 1.
};

/// A value, encoded, with the ballot in which it was accepted.
struct Vote {
  Ballot ballot = 0;
  SharedBytes value{};
  friend bool operator==(const Vote&, const Vote&) = default;
};

/// Phase 1: "promise me not to accept below `ballot`".
struct Prepare {
  static constexpr StatementType type{1};
  Partition partition;
  Ballot ballot;
};

struct Promise {
  static constexpr StatementType type{2};
  Partition partition;
  Ballot ballot;
  std::optional<Vote> accepted;  ///< The issuer's latest vote.
  bool decided = false;          ///< The issuer knows that it is committed.
};

/// Phase 2: "accept `value` in `ballot`, and promise me `next`".
struct Accept {
  static constexpr StatementType type{3};
  Partition partition;
  Ballot ballot;
  Ballot next = 0;       ///< 0: no promise is asked for.
  Ballot committed = 0;  ///< What was accepted in it is committed. 0: says nothing.
  SharedBytes value{};
};

/// Also a promise of the Accept's `next`.
struct Accepted {
  static constexpr StatementType type{4};
  Partition partition;
  Ballot ballot;
};

/// `ballot` is refused: the issuer promised `promised`, which is later.
struct Refused {
  static constexpr StatementType type{5};
  Partition partition;
  Ballot ballot;
  Ballot promised;
};

/// To members: what was accepted in `ballot` is committed.
struct Committed {
  static constexpr StatementType type{6};
  Partition partition;
  Ballot ballot;
};

/// To learners, who accepted nothing: this is committed.
struct Learn {
  static constexpr StatementType type{7};
  Partition partition;
  Vote vote;
};

/// For a push that changes nothing: "confirm that you have promised nothing later
/// than `ballot`". A ballot may be confirmed many times, so each time has a number.
struct Confirm {
  static constexpr StatementType type{8};
  Partition partition;
  Ballot ballot;
  std::uint64_t round;
};

struct Confirmed {
  static constexpr StatementType type{9};
  Partition partition;
  Ballot ballot;
  std::uint64_t round;
};

SharedBytes encode(const Value& value);
SharedBytes encode(const Prepare& prepare);
SharedBytes encode(const Promise& promise);
SharedBytes encode(const Accept& accept);
SharedBytes encode(const Accepted& accepted);
SharedBytes encode(const Refused& refused);
SharedBytes encode(const Committed& committed);
SharedBytes encode(const Learn& learn);
SharedBytes encode(const Confirm& confirm);
SharedBytes encode(const Confirmed& confirmed);

/// Specialised for each message above. A vote's value is known to decode.
template <class Message>
std::optional<Message> decode(ByteView record);
template <>
std::optional<Value> decode(ByteView bytes);
template <>
std::optional<Prepare> decode(ByteView record);
template <>
std::optional<Promise> decode(ByteView record);
template <>
std::optional<Accept> decode(ByteView record);
template <>
std::optional<Accepted> decode(ByteView record);
template <>
std::optional<Refused> decode(ByteView record);
template <>
std::optional<Committed> decode(ByteView record);
template <>
std::optional<Learn> decode(ByteView record);
template <>
std::optional<Confirm> decode(ByteView record);
template <>
std::optional<Confirmed> decode(ByteView record);

// Parts, for the log's records as well.
Ballot read_ballot(Reader& in);
Partition read_partition(Reader& in);
void write_vote(Writer& out, const std::optional<Vote>& vote);
/// Ballot 0 stands for "no vote".
std::optional<Vote> read_vote(Reader& in);

}  // namespace parley::caspaxos
