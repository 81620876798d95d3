// SPDX-License-Identifier: Apache-2.0
//
// Reads back what was acknowledged.
#pragma once

#include <string>

#include "apps/demo/redis_client.h"

namespace parley::demo {

/// Effect: asks the node for every key of the journal and prints what it found.
/// 0: each has its value; 1: one is missing or has another value, or the node does
/// not answer; 74: the journal cannot be read.
int check(const std::string& journal_path, const Target& target);

}  // namespace parley::demo
