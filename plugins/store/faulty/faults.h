// SPDX-License-Identifier: Apache-2.0
//
// Which faults a faulty store has: from its configuration, or from the file
// `faults` in its directory, which a test may change while the store runs and
// which then stands for all of them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

#include "core/api/config.h"
#include "core/base/duration.h"
#include "core/base/result.h"

namespace parley::faulty {

struct Faults {
  std::uint64_t disk_size = 0;       ///< Bytes that the log may have; 0: any number.
  std::uint64_t short_write_at = 0;  ///< The append, from 1, of which half is written.
  std::uint64_t sync_fails_at = 0;   ///< The sync, from 1, that fails.
  Duration sync_delay{};             ///< How long a sync takes at least.
  bool torn_tail = false;            ///< What was not synced is torn when the store opens.
  friend bool operator==(const Faults&, const Faults&) = default;
};

inline constexpr std::string_view faults_file = "faults";

Faults faults_of(const Config& config);

/// Lines `key = value`, with '#' before a remark: the keys of the configuration,
/// sizes in bytes, the delay in milliseconds. What is left out is no fault. An
/// error has line, expectation and finding.
Result<Faults> parse_faults(std::string_view text);

/// Looks whether the file has changed, and reads it if it has.
class FaultsFile {
 public:
  explicit FaultsFile(std::filesystem::path file) : file_(std::move(file)) {}

  struct Reading {
    bool changed = false;          ///< Since the last call.
    std::optional<Faults> faults;  ///< Of a changed file; none: it is gone.
  };
  Result<Reading> read();

 private:
  /// Size, time and inode number: a file that was renamed to here differs.
  struct Version {
    std::uint64_t inode = 0;
    std::int64_t size = 0;
    std::int64_t seconds = 0;
    std::int64_t nanoseconds = 0;
    friend bool operator==(const Version&, const Version&) = default;
  };

  std::filesystem::path file_;
  Version seen_{};
};

}  // namespace parley::faulty
