// SPDX-License-Identifier: Apache-2.0
//
// The keys of chain and primary_backup, and what makes them differ.
#pragma once

#include "core/api/backend.h"
#include "core/api/plugin.h"
#include "plugins/backend/chain/notes.h"

namespace parley::chain {

/// How entries reach the members.
enum class Shape : std::uint8_t {
  Chain,  ///< From each member to the next in order; what the last has is committed.
  Star    ///< From the first to each other; what all have is committed.
};

struct Options {
  Shape shape = Shape::Chain;
  const Notes* notes = &chain_notes;
  InstanceId instance{};  ///< That the master is asked about.
  Duration call_timeout{};
  Duration heartbeat{};
  Duration suspect_after{};
  std::uint64_t snapshot_after = 0;
  std::uint32_t members_min = 1;
  /// Heartbeats without an answer after which a head suspects a member.
  std::uint32_t silent_heartbeats_max = 0;
};

inline Options options_of(const BackendSpec& spec, Shape shape) {
  const Config& config = spec.config;
  Options options;
  options.shape = shape;
  options.notes = shape == Shape::Chain ? &chain_notes : &primary_backup_notes;
  options.instance = spec.instance;
  options.call_timeout = config.duration("call_timeout");
  options.heartbeat = config.duration("heartbeat");
  options.suspect_after = config.duration("suspect_after");
  options.snapshot_after = static_cast<std::uint64_t>(config.integer("snapshot_after"));
  options.members_min = static_cast<std::uint32_t>(config.integer("members_min"));
  const std::int64_t beats = options.suspect_after / options.heartbeat;
  options.silent_heartbeats_max = static_cast<std::uint32_t>(beats < 2 ? 2 : beats);
  return options;
}

inline constexpr std::int64_t hour = 3'600'000'000'000;

inline constexpr parley_field fields[] = {
    {"call_timeout", PARLEY_FIELD_DURATION, 0, "500ms", 1'000'000, hour,
     "Least time after which a call that cannot be served fails; the most is two and a half times "
     "as long."},
    {"heartbeat", PARLEY_FIELD_DURATION, 0, "50ms", 1'000'000, hour,
     "How often the head tells the others that it is there, and lost messages are sent again."},
    {"suspect_after", PARLEY_FIELD_DURATION, 0, "300ms", 1'000'000, hour,
     "Least silence after which a member is suspected and the next epoch proposed without it."},
    {"snapshot_after", PARLEY_FIELD_SIZE, 0, "4MiB", 1, std::int64_t{1} << 40,
     "Bytes of log after which a snapshot replaces it, or as many as the last snapshot has."},
    {"members_min", PARLEY_FIELD_INT, 0, "1", 1, 65'536,
     "No epoch of fewer members is proposed: rather nothing is committed."},
};

}  // namespace parley::chain
