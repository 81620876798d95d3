// SPDX-License-Identifier: Apache-2.0
//
// Several callers of one member, whose calls come in any order: each extends and
// commits what it pulled itself, and no answer is about a method of another.
#pragma once

#include <functional>
#include <memory>

#include "apps/lab/conformance/conformance.h"
#include "core/api/machine.h"

namespace parley {

/// Effect: adds one finding per rule. `make` makes machines that serve a Cell;
/// `invokes_max` is their factory's invokes_per_pull_max.
void check_branches(const std::function<std::unique_ptr<Machine>()>& make,
                    std::uint32_t invokes_max, Findings& findings);

}  // namespace parley
