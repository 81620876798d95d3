// SPDX-License-Identifier: Apache-2.0
#include "apps/lab/plan.h"

#include <algorithm>

namespace parley {

std::optional<FaultClass> fault_named(std::string_view name) {
  const auto found = std::find(fault_names.begin(), fault_names.end(), name);
  if (found == fault_names.end()) return std::nullopt;
  return static_cast<FaultClass>(found - fault_names.begin());
}

Plan default_plan() {
  Plan plan;
  for (std::size_t i = 0; i < fault_names.size(); ++i) {
    const auto fault = static_cast<FaultClass>(i);
    if (fault != FaultClass::DriftBeyondBound) plan.faults.push_back({.fault = fault});
  }
  plan.workloads.emplace_back();
  return plan;
}

}  // namespace parley
