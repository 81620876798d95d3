// SPDX-License-Identifier: Apache-2.0
//
// Keys for every node and mechanism of a simulated deployment, from a seed. Not
// secret, and the same for every run: signing is deterministic, so that traces
// reproduce.
#pragma once

#include <memory>
#include <vector>

#include "core/kernel/node.h"
#include "core/kernel/tables.h"

namespace parley {

/// What all simulations make their keys from.
inline constexpr std::uint64_t simulated_keys_seed = 0x6B657973;

class SimulatedKeys {
 public:
  explicit SimulatedKeys(const Tables& tables, std::uint64_t seed = simulated_keys_seed);
  ~SimulatedKeys();

  const Keys& of(PrincipalId node) const;

 private:
  class Ring;
  class NodeKeys;
  std::vector<std::unique_ptr<NodeKeys>> nodes_;
};

}  // namespace parley
