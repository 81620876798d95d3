// SPDX-License-Identifier: Apache-2.0
//
// Many seeds of one plan, over several threads; the report is the same for any
// number of them.
#pragma once

#include <cstdint>
#include <functional>

#include "apps/lab/simulate.h"

namespace parley {

struct CampaignBounds {
  std::uint64_t first_seed = 1;
  std::uint64_t seeds = 1;
  unsigned jobs = 1;
  std::chrono::seconds time_limit{0};  ///< 0: none.
  /// Enough is known: no new seed is begun.
  std::uint64_t violations_max = 10;
};

/// Called in the order of seeds, from one thread at a time.
using CampaignProgress = std::function<void(const CampaignReport&)>;

CampaignReport run_campaign(const Simulator& simulator, const Plan& plan,
                            const CampaignBounds& bounds, const CampaignProgress& progress);

}  // namespace parley
