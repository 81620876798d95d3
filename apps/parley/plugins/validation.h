// SPDX-License-Identifier: Apache-2.0
//
// `parley plugins validate`: static checks first, then the plugin is loaded and
// put through its kind's conformance suite in a child process, so that a plugin
// that crashes or hangs is a finding and not the end of this process.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace parley {

struct ValidationOptions {
  std::vector<std::filesystem::path> files;
  bool json = false;  ///< JSON instead of TAP.
  std::chrono::seconds time_limit{120};
};

/// Returns the exit code: 0 when every rule of every file holds, otherwise 1.
int validate_plugins(const ValidationOptions& options);

/// The child's part: loads one file, writes one JSON line per finding to what
/// was its standard output, and a last one with `nonce`, without which the report
/// does not count. What the plugin itself prints goes to stderr.
int validate_in_child(const std::filesystem::path& file, const std::string& nonce);

}  // namespace parley
