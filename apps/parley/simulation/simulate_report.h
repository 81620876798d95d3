// SPDX-License-Identifier: Apache-2.0
//
// The outcome of a simulation, for people and for programs.
#pragma once

#include <string>
#include <vector>

#include "apps/lab/simulate.h"

namespace parley {

struct SimulateOutcome {
  std::string file;
  std::string options;  ///< Of the command, as far as they change what a seed does.
  Plan plan;
  CampaignReport report;
  Duration elapsed{};
  std::vector<std::string> left_out{};
  std::vector<std::string> never_reached{};
  std::vector<std::string> notes_missed{};  ///< Expected by the plan, not reached.
  std::string shrunk{};                     ///< Command; empty: not asked for.
};

std::string text(const SimulateOutcome& outcome);
std::string json_text(const SimulateOutcome& outcome);

}  // namespace parley
