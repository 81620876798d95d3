// SPDX-License-Identifier: Apache-2.0
//
// How many members of an epoch commit in it, and how many a later leader must have
// asked: read and write quorums of one epoch always intersect.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/api/membership.h"

namespace parley::vertical_paxos {

enum class WriteQuorum : std::uint8_t { All, Majority, One };

constexpr std::optional<WriteQuorum> write_quorum_of(std::string_view word) {
  if (word == "all") return WriteQuorum::All;
  if (word == "majority") return WriteQuorum::Majority;
  if (word == "one") return WriteQuorum::One;
  return std::nullopt;
}

constexpr std::size_t write_size(WriteQuorum quorum, std::size_t members) {
  if (quorum == WriteQuorum::All) return members;
  return quorum == WriteQuorum::One ? 1 : majority(members);
}

/// The least that meets every write quorum.
constexpr std::size_t read_size(WriteQuorum quorum, std::size_t members) {
  return members - write_size(quorum, members) + 1;
}

}  // namespace parley::vertical_paxos
