// SPDX-License-Identifier: Apache-2.0
//
// Replay: a new node takes in what a recorded one took in, with the same answers
// to its draws, and must put out the same. The first step that does not is what
// has changed: the code, the deployment, the keys, or the machine's purity.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/kernel/node.h"
#include "core/kernel/tables.h"
#include "core/kernel/trace.h"

namespace parley {

/// A step that did not come out as recorded.
struct ReplayDifference {
  std::uint64_t step = 0;  ///< From 1.
  Duration at{};
  std::string input;                    ///< In words.
  std::string what;                     ///< What differs.
  std::vector<std::string> recorded{};  ///< Notes of the recorded step.
  std::vector<std::string> replayed{};  ///< What the replayed step put out.
};

struct ReplayReport {
  std::uint64_t steps = 0;  ///< That came out as recorded.
  bool torn = false;        ///< The trace's last event is incomplete.
  std::optional<ReplayDifference> difference{};
};

/// Replays one life of one node. The error: the trace is damaged, or not one of
/// this deployment. `tables` and `keys` are those of the recorded run.
Result<ReplayReport> replay(const Tables& tables, const Keys& keys, TraceReader reader);

/// An input, output and note in the words of the deployment, for people.
std::string describe_input(const Tables& tables, const NodeInput& input);
std::vector<std::string> describe_output(const Tables& tables, const NodeOutput& output);
std::string describe_note(const TraceEvent::Named& note);

}  // namespace parley
