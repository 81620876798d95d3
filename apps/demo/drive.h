// SPDX-License-Identifier: Apache-2.0
//
// The load: connections that write keys nobody wrote before and read back keys
// that somebody's write was acknowledged for, one command at a time, each to a
// node of its own as long as that node is there.
#pragma once

#include <string>
#include <vector>

#include "apps/demo/redis_client.h"

namespace parley::demo {

/// Effect: loads the nodes and prints a line each half second. Takes from stdin
/// `phase NAME`, which begins a phase of the summary, and `stop`; without it stops
/// after a minute. Then prints the summary and writes the journal. 0: all went well;
/// 1: a read was stale, or a write never acknowledged; 74: no journal was written.
int drive(const std::string& journal_path, std::size_t connections,
          const std::vector<Target>& targets);

}  // namespace parley::demo
