// SPDX-License-Identifier: Apache-2.0
//
// An effect as one line of text: equal effects, equal lines. For comparing what
// two machines did and for saying where they differ.
#pragma once

#include <string>

#include "core/api/effects.h"

namespace parley {

std::string describe(const Effect& effect);
std::string describe(const Effects& effects);

}  // namespace parley
