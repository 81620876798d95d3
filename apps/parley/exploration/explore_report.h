// SPDX-License-Identifier: Apache-2.0
//
// What an exploration found, as text for a person and as JSON.
#pragma once

#include <string>

#include "apps/lab/explorer/explorer.h"

namespace parley {

struct ExploreReport {
  std::string instance;
  std::string backend;
  std::size_t clients = 0;
  bool symmetric = false;
  Exploration found;
  double seconds = 0;

  double states_per_second() const;
};

std::string as_text(const ExploreReport& report);
std::string as_json(const ExploreReport& report);
/// Only the counterexample. Precondition: there is one.
std::string story_as_json(const Counterexample& counterexample);

}  // namespace parley
