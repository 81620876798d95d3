// SPDX-License-Identifier: Apache-2.0
//
// The contract of a Machine, for any machine of any plugin: three of them on a
// network that loses, repeats, reorders and forges, with crashes and restarts,
// each beside a twin that gets the same inputs, and beside its own earlier states
// wherever their bytes are equal. Checks what core/api/machine.h and effects.h
// promise; knows nothing of what the machine is for, but tries the calls of an
// object, which some serve.
#pragma once

#include <functional>
#include <memory>
#include <set>

#include "apps/lab/conformance/conformance.h"
#include "core/api/machine.h"

namespace parley {

using MakeMachine = std::function<std::unique_ptr<Machine>()>;

/// Runs the rehearsal and adds one finding per rule of the contract. Statements
/// of types outside `types` break a rule, unless `types` is empty.
void rehearse(const MakeMachine& make, const parley_plugin& plugin,
              const std::set<StatementType>& types, Findings& findings);

}  // namespace parley
