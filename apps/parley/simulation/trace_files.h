// SPDX-License-Identifier: Apache-2.0
//
// The traces of one simulated run: a file for each life of each node, as `parley
// replay` reads them. A restart begins a new life.
#pragma once

#include <filesystem>
#include <vector>

#include "apps/lab/simulate.h"

namespace parley {

class TraceFiles final : public StepListener {
 public:
  /// `tables` outlives it.
  explicit TraceFiles(const Tables& tables);

  void on_step(PrincipalId node, Duration at, const NodeInput& input,
               const std::vector<std::uint64_t>& chosen, const NodeOutput& output) override;

  struct Life {
    PrincipalId node;
    std::uint32_t number;  ///< From 1.
    Duration began;
    Bytes trace;
  };
  /// In the order of their boots.
  const std::vector<Life>& lives() const { return lives_; }

  /// Effect: writes `<path>.<principal>.<number>` for each life.
  Result<std::vector<std::filesystem::path>> write(const std::filesystem::path& path) const;

 private:
  const Tables& tables_;
  std::vector<Life> lives_;
  std::vector<std::size_t> latest_;  ///< Each node's life under way.
  std::vector<std::uint32_t> boots_;
};

}  // namespace parley
