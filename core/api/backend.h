// SPDX-License-Identifier: Apache-2.0
//
// A consensus backend: a Machine that serves one object instance. It takes pull,
// invoke and push as Submits on the ports of object.h, answers each with one
// Reply that carries an Outcome, and emits a Decide for every committed method
// at its position, counted from 1 without gaps (in each partition, where the
// backend keeps partitions apart).
#pragma once

#include <cstdint>
#include <memory>

#include "core/api/config.h"
#include "core/api/hash.h"
#include "core/api/machine.h"
#include "core/api/object.h"

namespace parley {

struct BackendSpec {
  /// The object's initial state; the backend folds methods into clones of it.
  /// Outlives the machine.
  const Object& initial;
  const Config& config;
  /// How far the clocks of any two members may drift apart, in parts per million;
  /// for leases.
  std::uint32_t clock_drift_max_ppm = 0;
  HashFunction hash = nullptr;
  InstanceId instance{};  ///< Which of the deployment's instances it is.
};

class BackendFactory {
 public:
  virtual ~BackendFactory() = default;
  /// How many methods one pull may invoke before the push; 0 is unbounded.
  virtual std::uint32_t invokes_per_pull_max() const = 0;
  virtual std::unique_ptr<Machine> create(const BackendSpec& spec) const = 0;
};

}  // namespace parley
