// SPDX-License-Identifier: Apache-2.0
//
// Runs this executable again as a child whose output is read under a time limit.
// The child and its process group are gone when the report is there.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace parley {

struct ChildReport {
  std::string output;
  /// Empty when it exited by itself: "died of SIGABRT", "ran for more than 120 s".
  std::string failure{};
  int exit_status = 0;
};

ChildReport run_self(const std::vector<std::string>& arguments, std::chrono::seconds time_limit);

}  // namespace parley
