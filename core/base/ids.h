// SPDX-License-Identifier: Apache-2.0
//
// Distinct integer types, so that two numbers of like shape cannot be mixed up.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace parley {

template <class Tag, class Representation>
struct Id {
  Representation value{};

  constexpr Id() = default;
  constexpr explicit Id(Representation number) : value(number) {}
  friend constexpr auto operator<=>(Id, Id) = default;
};

/// A principal, interned: its position in the deployment's [principals] table.
using PrincipalId = Id<struct PrincipalTag, std::uint32_t>;
/// A named machine instance of a deployment (object, program, oracle, ...).
using InstanceId = Id<struct InstanceTag, std::uint16_t>;
/// A statement's record type within one instance.
using StatementType = Id<struct StatementTypeTag, std::uint16_t>;
/// A machine's own name for one of its timers.
using TimerId = Id<struct TimerTag, std::uint32_t>;
/// A machine's own name for one of its publications.
using PublicationId = Id<struct PublicationTag, std::uint64_t>;
/// Pairs a Submit with its Reply; chosen by whoever submits.
using RequestId = Id<struct RequestTag, std::uint64_t>;
/// Where a Submit enters a machine, or a Local effect leaves it.
using PortId = Id<struct PortTag, std::uint16_t>;
/// Position in an instance's log, from 1; 0 is before the first record.
using LogIndex = Id<struct LogIndexTag, std::uint64_t>;
/// Number of a configuration of members; grows.
using Epoch = Id<struct EpochTag, std::uint64_t>;

}  // namespace parley

template <class Tag, class Representation>
struct std::hash<parley::Id<Tag, Representation>> {
  std::size_t operator()(parley::Id<Tag, Representation> id) const noexcept {
    return std::hash<Representation>{}(id.value);
  }
};
