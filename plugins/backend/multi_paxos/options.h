// SPDX-License-Identifier: Apache-2.0
//
// The keys of multi_paxos and what follows from them.
#pragma once

#include <cstdint>

#include "core/api/backend.h"

namespace parley::multi_paxos {

struct Options {
  Duration call_timeout{};
  Duration heartbeat{};
  Duration election_timeout{};
  Duration lease{};       ///< The leader's Hold. 0: no leases.
  Duration lease_wait{};  ///< The followers' Wait: no clock stretches a Hold beyond it.
  std::uint64_t snapshot_after = 0;
  bool pull_moves_leader = true;
  /// Heartbeats without a quorum's answer after which a leader steps down.
  std::uint32_t silent_heartbeats_max = 0;
};

/// Wait >= Hold * (1 + drift), rounded up. The product cannot overflow: a lease is
/// at most an hour.
constexpr Duration wait_for(Duration hold, std::uint32_t drift_max_ppm) {
  constexpr std::int64_t million = 1'000'000;
  const std::int64_t millionths = hold.count() / million + 1;
  return hold + Duration{millionths * drift_max_ppm + 1};
}

inline Options options_of(const BackendSpec& spec) {
  const Config& config = spec.config;
  Options options;
  options.call_timeout = config.duration("call_timeout");
  options.heartbeat = config.duration("heartbeat");
  options.election_timeout = config.duration("election_timeout");
  options.lease = config.duration("lease");
  if (options.lease > Duration{0}) {
    options.lease_wait = wait_for(options.lease, spec.clock_drift_max_ppm);
  }
  options.snapshot_after = static_cast<std::uint64_t>(config.integer("snapshot_after"));
  options.pull_moves_leader = config.boolean("pull_moves_leader");
  const std::int64_t beats = options.election_timeout / options.heartbeat;
  options.silent_heartbeats_max = static_cast<std::uint32_t>(beats < 2 ? 2 : beats) + 1;
  return options;
}

}  // namespace parley::multi_paxos
