// SPDX-License-Identifier: Apache-2.0
//
// What `parley explore` does once its command line is read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace parley {

struct ExploreRequest {
  std::string file;
  std::vector<std::string> directories;  ///< Of plugins; empty: as the deployment says.
  std::string instance;                  ///< Empty: the deployment's first object.
  std::vector<std::string> clients;      ///< Names; empty: the first members.
  std::vector<std::string> methods;      ///< One per client; empty: put a, put b, ...
  std::uint32_t attempts = 1;
  std::uint32_t crashes = 0;
  bool duplicates = false;
  bool timers = true;
  bool refinement = false;
  std::vector<std::string> symmetric;  ///< Groups or principals.
  std::optional<std::uint64_t> depth_max;
  std::optional<std::uint64_t> states_max;
  std::uint64_t memory_max = std::uint64_t{8} << 30;
  std::uint64_t time_limit = 0;  ///< Seconds; 0: none.
  std::string trace;             ///< Where a counterexample goes as JSON; empty: nowhere.
  bool json = false;
};

/// Returns the exit code.
int explore_deployment(const ExploreRequest& request);

}  // namespace parley
