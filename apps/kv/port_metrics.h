// SPDX-License-Identifier: Apache-2.0
//
// What a Redis port counts.
#pragma once

#include <array>
#include <vector>

#include "apps/kv/session_host.h"
#include "core/host/runtime/histogram.h"
#include "core/host/runtime/metrics.h"

namespace parley::resp {

class PortMetrics {
 public:
  explicit PortMetrics(const DataCommands& commands);

  void count_command(bool own, std::size_t index) {
    ++(own ? own_commands_ : data_commands_).at(index);
    ++commands_total_;
  }
  void count_error(ErrorKind kind) { ++errors_.at(static_cast<std::size_t>(kind)); }
  void count_client() { ++clients_total_; }
  void observe(std::chrono::nanoseconds took) { call_seconds_.observe(took); }

  std::uint64_t commands_total() const { return commands_total_; }
  std::uint64_t clients_total() const { return clients_total_; }
  std::uint64_t errors(ErrorKind kind) const { return errors_.at(static_cast<std::size_t>(kind)); }

  void add_to(MetricsText& out, std::size_t connections) const;

 private:
  const DataCommands& commands_;
  std::vector<std::uint64_t> own_commands_;
  std::vector<std::uint64_t> data_commands_;  ///< The last is for unknown ones.
  std::array<std::uint64_t, std::size(error_kind_words)> errors_{};
  std::uint64_t commands_total_ = 0;
  std::uint64_t clients_total_ = 0;
  DurationHistogram call_seconds_{std::chrono::microseconds{62}};
};

}  // namespace parley::resp
