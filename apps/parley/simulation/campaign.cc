// SPDX-License-Identifier: Apache-2.0
#include "apps/parley/simulation/campaign.h"

#include <chrono>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

namespace parley {
namespace {

/// Hands out seeds and takes reports back in their order.
class Campaign {
 public:
  Campaign(const Simulator& simulator, const Plan& plan, const CampaignBounds& bounds,
           const CampaignProgress& progress)
      : simulator_(simulator), plan_(plan), bounds_(bounds), progress_(progress) {}

  CampaignReport run() {
    std::vector<std::thread> workers;
    for (unsigned i = 1; i < bounds_.jobs; ++i) workers.emplace_back([this] { work(); });
    work();
    for (std::thread& worker : workers) worker.join();
    return std::move(report_);
  }

 private:
  void work() {
    while (const std::optional<std::uint64_t> number = take()) {
      RunReport run = simulator_.run(plan_, bounds_.first_seed + *number);
      const std::scoped_lock lock{mutex_};
      finished_.emplace(*number, std::move(run));
      add_finished();
    }
  }

  std::optional<std::uint64_t> take() {
    const std::scoped_lock lock{mutex_};
    const bool late = bounds_.time_limit.count() != 0 &&
                      std::chrono::steady_clock::now() - began_ >= bounds_.time_limit;
    if (late || next_ == bounds_.seeds) return std::nullopt;
    if (report_.violations.size() >= bounds_.violations_max) return std::nullopt;
    return next_++;
  }

  void add_finished() {
    for (auto first = finished_.begin(); first != finished_.end() && first->first == report_.runs;
         first = finished_.erase(first)) {
      // What other threads began before the limit was reached is not counted.
      if (report_.violations.size() >= bounds_.violations_max) return;
      report_.add(std::move(first->second));
    }
    progress_(report_);
  }

  const Simulator& simulator_;
  const Plan& plan_;
  CampaignBounds bounds_;
  const CampaignProgress& progress_;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  std::mutex mutex_;
  std::uint64_t next_ = 0;
  std::map<std::uint64_t, RunReport> finished_;
  CampaignReport report_;
};

}  // namespace

CampaignReport run_campaign(const Simulator& simulator, const Plan& plan,
                            const CampaignBounds& bounds, const CampaignProgress& progress) {
  return Campaign{simulator, plan, bounds, progress}.run();
}

}  // namespace parley
