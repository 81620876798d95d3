// SPDX-License-Identifier: Apache-2.0
//
// What `parley verify history` does once its command line is read.
#pragma once

#include <cstdint>
#include <string>

namespace parley {

struct VerifyRequest {
  std::string file;
  std::string model;
  std::uint64_t states_max = 20'000'000;  ///< Of one partition.
  std::uint64_t memory_max = std::uint64_t{4} << 30;
  std::uint64_t time_limit = 0;  ///< Seconds; 0: none.
  std::string html;              ///< Where the timeline goes; empty: nowhere.
  bool json = false;
};

/// Returns the exit code.
int verify_history(const VerifyRequest& request);

}  // namespace parley
