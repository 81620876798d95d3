// SPDX-License-Identifier: Apache-2.0
//
// A simulation as a value: what is asked of the deployment, what is done to it,
// and what is expected in spite of that. Times are in ticks of virtual time. A
// run has two phases: for `hurt_ticks` the faults are let loose, then all is
// healed and every caller must come to an end.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/duration.h"

namespace parley {

enum class FaultClass : std::uint8_t {
  Partition,
  CrashRestart,
  Pause,
  Loss,
  Duplicate,
  Reorder,
  Delay,
  Corrupt,
  SlowDisk,
  ClockDrift,
  DriftBeyondBound,
};

/// In the order of FaultClass.
inline constexpr std::array<std::string_view, 11> fault_names = {
    "partition", "crash_restart", "pause",     "loss",        "duplicate",          "reorder",
    "delay",     "corrupt",       "slow_disk", "clock_drift", "drift_beyond_bound",
};

constexpr std::string_view name_of(FaultClass fault) {
  return fault_names[static_cast<std::size_t>(fault)];
}
std::optional<FaultClass> fault_named(std::string_view name);

struct TickRange {
  std::uint32_t from = 0;
  std::uint32_t to = 0;
  friend bool operator==(const TickRange&, const TickRange&) = default;
};

/// One fault. Of loss, duplicate, reorder and corrupt it is a share of all
/// frames, of the others it comes in episodes.
struct FaultPlan {
  FaultClass fault = FaultClass::Partition;
  TickRange ticks{};                   ///< When it may happen; to = 0: until all is healed.
  std::uint32_t per_million = 50'000;  ///< The greatest share; each run draws its own.
  std::uint32_t every_ticks = 200;     ///< Mean time between two episodes.
  TickRange lasts_ticks{10, 300};
  bool torn_writes = true;  ///< crash_restart: part of the unsynced tail may survive.
  bool one_way = true;      ///< partition: some cut one direction only.
};

/// Callers that pull, invoke and push one method each, at random members and
/// random times, over and over until they succeed.
struct WorkloadPlan {
  std::string object;  ///< Empty: every object of the deployment.
  /// In the object type's own words; "{n}" is the caller's number. Empty: bytes
  /// that no two callers share.
  std::vector<std::string> methods;
  std::uint32_t clients = 5;
  TickRange ticks{};  ///< When callers come; to = 0: until all is healed.
};

struct Plan {
  std::string deployment;  ///< Path of the TOML file it is about.
  std::uint64_t first_seed = 1;
  std::uint64_t seeds = 100;
  Duration tick = 1ms;
  std::uint32_t hurt_ticks = 1'500;
  /// How long after the healing the last caller may take.
  std::uint32_t progress_ticks = 60'000;
  /// Each run switches whole classes of `faults` on or off at random.
  bool swarm = true;
  std::vector<FaultPlan> faults;
  std::vector<WorkloadPlan> workloads;
  bool expect_agreement = true;
  bool expect_progress = true;
  std::vector<std::string> notes_expected;  ///< Reached by some seed of the campaign.
};

/// For a deployment that comes without one: all classes that a correct protocol
/// must withstand, as a swarm. Drift beyond the bound is left out: a lease may
/// break under it.
Plan default_plan();

}  // namespace parley
