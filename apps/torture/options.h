// SPDX-License-Identifier: Apache-2.0
//
// The command line of parley_torture.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace parley::torture {

enum class FaultClass : std::uint8_t {
  Kill,       ///< kill -9 of some nodes, and a restart.
  CrashAll,   ///< kill -9 of all nodes at once.
  Pause,      ///< SIGSTOP, then SIGCONT.
  Partition,  ///< Packets between some nodes are dropped, or a link is down.
  Disk,       ///< A disk that is full or fails: exit 74, and a restart.
  SlowDisk,   ///< Syncs take long.
  ClockJump,  ///< The wall clock of a node jumps.
};
inline constexpr std::size_t fault_classes_count = 7;

std::string name_of(FaultClass one);

struct Options {
  std::uint64_t seconds = 60;
  std::uint64_t seed = 1;
  std::size_t nodes = 3;
  std::size_t clients = 8;
  std::string backend = "multi_paxos";
  std::string store = "rocksdb";
  std::vector<FaultClass> faults;  ///< In the order of the enumeration.
  std::string programs;            ///< The folder of `parley`; plugins are at ../plugins.
  bool keep = false;               ///< The data, whatever the outcome.
  bool help = false;

  bool has(FaultClass one) const;
  /// The command that repeats the campaign.
  std::string as_command() const;
};

/// `own_folder`: where this program is.
Result<Options> parse_options(const std::vector<std::string>& arguments,
                              const std::string& own_folder);
std::string usage();

}  // namespace parley::torture
