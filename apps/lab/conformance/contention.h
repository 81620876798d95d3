// SPDX-License-Identifier: Apache-2.0
//
// Proposers of one backend that get in each other's way, over and over, with a
// crash after every step in turn: what a member forgets, or answers too early,
// matters only while nothing is decided, and only to somebody else.
#pragma once

#include <functional>
#include <memory>

#include "apps/lab/conformance/conformance.h"
#include "core/api/machine.h"

namespace parley {

/// Effect: adds one finding per rule. `make` makes machines that serve a Cell.
void check_contention(const std::function<std::unique_ptr<Machine>()>& make, Findings& findings);

}  // namespace parley
