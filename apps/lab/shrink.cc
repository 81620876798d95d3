// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "apps/lab/simulate.h"

namespace parley {
namespace {

/// Tries plans and keeps the smallest that still fails in the same way.
class Shrinker {
 public:
  Shrinker(const Simulator& simulator, Plan plan, std::uint64_t seed, std::string invariant,
           std::uint32_t runs_max)
      : simulator_(simulator),
        smallest_(std::move(plan)),
        seed_(seed),
        invariant_(std::move(invariant)),
        runs_left_(runs_max) {}

  Plan shrink() {
    bool smaller = true;
    while (smaller && runs_left_ > 0) {
      smaller = drop_faults();
      smaller = drop_callers() || smaller;
      smaller = shorten() || smaller;
    }
    return std::move(smallest_);
  }

 private:
  bool keep_if_failing(Plan candidate) {
    if (runs_left_ == 0) return false;
    --runs_left_;
    const RunReport report = simulator_.run(candidate, seed_);
    if (!report.violation || report.violation->invariant != invariant_) return false;
    smallest_ = std::move(candidate);
    return true;
  }

  bool drop_faults() {
    bool dropped = false;
    for (std::size_t i = smallest_.faults.size(); i-- > 0;) {
      Plan candidate = smallest_;
      candidate.faults.erase(candidate.faults.begin() + static_cast<std::ptrdiff_t>(i));
      dropped = keep_if_failing(std::move(candidate)) || dropped;
    }
    return dropped;
  }

  bool drop_callers() {
    bool dropped = false;
    for (std::size_t i = 0; i < smallest_.workloads.size(); ++i) {
      for (std::uint32_t clients = 1; clients < smallest_.workloads[i].clients; ++clients) {
        Plan candidate = smallest_;
        candidate.workloads[i].clients = clients;
        if (!keep_if_failing(std::move(candidate))) continue;
        dropped = true;
        break;
      }
    }
    return dropped;
  }

  bool shorten() {
    bool shortened = false;
    for (bool again = true; again && smallest_.hurt_ticks > 1;) {
      Plan candidate = smallest_;
      candidate.hurt_ticks /= 2;
      again = keep_if_failing(std::move(candidate));
      shortened = shortened || again;
    }
    return shortened;
  }

  const Simulator& simulator_;
  Plan smallest_;
  std::uint64_t seed_;
  std::string invariant_;
  std::uint32_t runs_left_;
};

}  // namespace

Plan shrink(const Simulator& simulator, const Plan& plan, std::uint64_t seed,
            const Violation& violation, std::uint32_t runs_max) {
  return Shrinker{simulator, drawn(plan, seed), seed, violation.invariant, runs_max}.shrink();
}

}  // namespace parley
