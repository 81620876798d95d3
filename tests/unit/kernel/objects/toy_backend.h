// SPDX-License-Identifier: Apache-2.0
//
// What the toy backends have in common: each takes random steps, keeps messages in
// flight that may be delayed, repeated and lost, and tells its events to a checker.
// A toy makes at most one known mistake.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "core/base/prng.h"
#include "core/kernel/objects/refinement.h"
#include "tests/unit/kernel/objects/refinement_events.h"

namespace parley::testing {

enum class Mistake {
  None,
  AdoptsLesserLog,
  VotesForOlderTime,
  AcceptsBelowPromise,
  MinorityElects,
  ClaimsAfterOneAccept,
  ClaimsInheritedEntry,
  OneElectsTwoCommit,
  ForgetsPromise,
  ForgetsLog,
  ReusesTime,
  NoBarrier,
  ShufflesSurvivors,
  NoEpochCheck,
  AdoptsMinimum,
};

/// A log as the places of its entries.
using Log = std::vector<Position>;

inline Position last_of(const Log& log) {
  return log.empty() ? Position{} : log.back();
}

class Toy {
 public:
  Toy(std::uint64_t seed, Mistake mistake, RefinementSetting setting)
      : prng_(seed), mistake_(mistake), checker_(std::move(setting)) {}
  virtual ~Toy() = default;

  virtual void step() = 0;

  const std::optional<Violation>& violation() const { return violation_; }
  std::uint64_t commits() const { return commits_; }
  const Refinement& checker() const { return checker_; }

 protected:
  bool makes(Mistake mistake) const { return mistake_ == mistake; }
  std::uint32_t below(std::size_t bound) { return static_cast<std::uint32_t>(prng_.below(bound)); }
  void tell(const RefinementEvent& event) {
    if (event.kind == Kind::CommitClaim) ++commits_;
    if (!violation_) violation_ = checker_.on_event(event);
  }

  /// Effect: takes a random message out of flight; some stay there, some are lost.
  template <class Message>
  std::optional<Message> receive(std::vector<Message>& flight) {
    if (flight.empty()) return std::nullopt;
    const std::size_t index = below(flight.size());
    const Message message = flight[index];
    if (below(10) > 0) {
      std::swap(flight[index], flight.back());
      flight.pop_back();
    }
    if (below(20) == 0) return std::nullopt;
    return message;
  }

  Prng prng_;

 private:
  Mistake mistake_;
  Refinement checker_;
  std::optional<Violation> violation_;
  std::uint64_t commits_ = 0;
};

}  // namespace parley::testing
