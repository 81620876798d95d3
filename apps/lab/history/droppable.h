// SPDX-License-Identifier: Apache-2.0
//
// Which steps may be left out of a history without making a linearizable one
// look violated. What is left after leaving out only such steps is then itself a
// proof about the whole history.
#pragma once

#include <vector>

#include "apps/lab/history/model.h"

namespace parley::history {

/// Groups of positions in `steps`; each group may go, and so may any number of
/// them together. Reads may always go. A write may go when no step that stays saw
/// its value or depends on what was there before; the enqueue and the dequeue of a
/// value go together, and so do an owner's acquire and release.
std::vector<std::vector<std::size_t>> droppable(Model model, const ValueTable& values,
                                                const std::vector<Step>& steps);

}  // namespace parley::history
