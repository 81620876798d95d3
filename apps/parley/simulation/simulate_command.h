// SPDX-License-Identifier: Apache-2.0
//
// What `parley simulate` does, apart from its command line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace parley {

struct SimulateRequest {
  std::string file;                      ///< A deployment or a plan.
  std::vector<std::string> directories;  ///< Of plugins; empty: as the deployment says.
  std::optional<std::uint64_t> seeds;
  std::optional<std::uint64_t> first;
  std::optional<std::uint64_t> seed;     ///< This one only.
  std::optional<std::string> faults;     ///< These and no others, no swarm; "none".
  std::optional<std::uint32_t> clients;  ///< Of each workload.
  std::optional<std::uint32_t> ticks;    ///< Of the time of faults.
  std::string trace;                     ///< Prefix of trace files; needs `seed`.
  std::uint64_t time_limit = 0;          ///< Seconds; 0: none.
  unsigned jobs = 1;
  bool ideal = false;
  bool invariants = true;
  bool refinement = true;
  bool digest = true;
  bool shrink = false;
  bool json = false;
};

/// Returns the exit code.
int simulate(const SimulateRequest& request);

}  // namespace parley
