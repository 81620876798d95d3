// SPDX-License-Identifier: Apache-2.0
//
// What members of single_paxos tell each other, and what each keeps on disk.
// Flat and canonical; every decoder is total and refuses what no correct member
// sends: ballots out of range, methods too large, bytes left over.
#pragma once

#include <optional>

#include "core/base/bytes.h"
#include "core/base/codec.h"
#include "core/base/ids.h"
#include "plugins/backend/single_paxos/ballot.h"

namespace parley::single_paxos {

inline constexpr std::size_t method_size_max = std::size_t{1} << 20;

/// A method with the ballot in which it was accepted.
struct Vote {
  Ballot ballot = 0;
  SharedBytes method{};
  friend bool operator==(const Vote&, const Vote&) = default;
};

/// Phase 1: "promise me not to accept below `ballot`".
struct Prepare {
  static constexpr StatementType type{1};
  Ballot ballot;
};

struct Promise {
  static constexpr StatementType type{2};
  Ballot ballot;
  std::optional<Vote> accepted;  ///< The issuer's latest vote.
};

/// Phase 2: "accept `method` in `ballot`"; without a method, "confirm that you
/// have promised nothing later", which commits nothing.
struct Accept {
  static constexpr StatementType type{3};
  Ballot ballot;
  std::optional<SharedBytes> method;
};

struct Accepted {
  static constexpr StatementType type{4};
  Ballot ballot;
};

/// `ballot` is refused: the issuer promised `promised`, which is later.
struct Refused {
  static constexpr StatementType type{5};
  Ballot ballot;
  Ballot promised;
};

struct Decided {
  static constexpr StatementType type{6};
  SharedBytes method;
};

SharedBytes encode(const Prepare& prepare);
SharedBytes encode(const Promise& promise);
SharedBytes encode(const Accept& accept);
SharedBytes encode(const Accepted& accepted);
SharedBytes encode(const Refused& refused);
SharedBytes encode(const Decided& decided);

/// Specialised for each message above.
template <class Message>
std::optional<Message> decode(ByteView record);
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
std::optional<Decided> decode(ByteView record);

/// What a member must not forget. Each log record and each snapshot is the whole
/// of it, so the latest one alone is what recovery needs.
struct Memory {
  Ballot promised = 0;  ///< Also covers the ballots this member used as a proposer.
  std::optional<Vote> accepted{};
  std::optional<SharedBytes> decided{};
  friend bool operator==(const Memory&, const Memory&) = default;
};

void encode(Writer& out, const Memory& memory);
SharedBytes encode(const Memory& memory);
template <>
std::optional<Memory> decode(ByteView record);

}  // namespace parley::single_paxos
