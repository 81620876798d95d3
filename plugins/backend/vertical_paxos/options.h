// SPDX-License-Identifier: Apache-2.0
//
// The keys of the plugin.
#pragma once

#include "core/api/backend.h"
#include "plugins/backend/vertical_paxos/quorums.h"

namespace parley::vertical_paxos {

struct Options {
  WriteQuorum write_quorum = WriteQuorum::All;
  bool write_quorum_known = true;  ///< The key had one of its words.
  InstanceId instance{};           ///< That the master is asked about.
  Duration call_timeout{};
  Duration heartbeat{};
  Duration suspect_after{};
  std::uint64_t snapshot_after = 0;
  std::uint32_t members_min = 1;
  /// Heartbeats without an answer after which a leader suspects a member.
  std::uint32_t silent_heartbeats_max = 0;
};

inline Options options_of(const BackendSpec& spec) {
  const Config& config = spec.config;
  Options options;
  const std::optional<WriteQuorum> quorum = write_quorum_of(config.text("write_quorum"));
  options.write_quorum = quorum.value_or(WriteQuorum::All);
  options.write_quorum_known = quorum.has_value();
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

}  // namespace parley::vertical_paxos
