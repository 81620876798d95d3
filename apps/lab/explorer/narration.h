// SPDX-License-Identifier: Apache-2.0
//
// Tells what an event did, in plain words, for counterexamples.
#pragma once

#include "apps/lab/explorer/explorer.h"
#include "apps/lab/explorer/successors.h"
#include "apps/lab/explorer/transitions.h"

namespace parley {

/// Effects of an event, one line each.
std::vector<std::string> narrate_effects(const System& system, const Performed& done);

/// A whole step. Performs it once more.
Counterexample::Step narrate_step(const System& system, const Transitions& transitions,
                                  const Step& step);

}  // namespace parley
