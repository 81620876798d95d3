// SPDX-License-Identifier: Apache-2.0
//
// Runs a plan against a deployment, seed by seed, and judges every run: the
// invariants, no forged frame, and, once all is healed, an end for every caller.
// Gets catalogue and deployment as values; runs share only what none changes, so
// that several threads may run seeds of one simulator.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/lab/plan.h"
#include "apps/lab/world/keys.h"
#include "core/base/result.h"
#include "core/kernel/invariants.h"
#include "core/kernel/node.h"
#include "core/kernel/tables.h"

namespace parley {

struct SimulateOptions {
  bool ideal = false;  ///< Seal and check with `ideal` whatever the deployment says.
  bool invariants = true;
  bool refinement = true;  ///< Of backends that note it; one of the invariants.
  bool digest = true;
};

/// Hears every step of a run, for traces. `at` counts from the start of the run.
class StepListener {
 public:
  virtual ~StepListener() = default;
  virtual void on_step(PrincipalId node, Duration at, const NodeInput& input,
                       const std::vector<std::uint64_t>& chosen, const NodeOutput& output) = 0;
};

struct RunReport {
  std::uint64_t seed = 0;
  std::vector<FaultClass> faults;  ///< Switched on in this run.
  std::optional<Violation> violation;
  std::uint64_t digest = 0;
  std::uint64_t events = 0;
  std::uint64_t node_steps = 0;
  std::uint64_t machine_steps = 0;
  std::uint64_t callers = 0;
  std::uint64_t callers_done = 0;
  Duration virtual_time{};
  std::map<std::string, std::uint64_t, std::less<>> notes;
};

class Simulator {
 public:
  /// Resolves every name that deployment and plan use. `catalogue` outlives it.
  static Result<std::shared_ptr<const Simulator>> make(const Deployment& deployment,
                                                       const Catalogue& catalogue,
                                                       HashFunction hash,
                                                       const SimulateOptions& options);

  /// Whether the plan fits the deployment.
  Status check(const Plan& plan) const;

  /// One run. Precondition: check(plan) was fine. Any thread.
  RunReport run(const Plan& plan, std::uint64_t seed, StepListener* listener = nullptr) const;

  const Tables& tables() const { return *tables_; }
  /// Names of all notes that the deployment's plugins and the kernel declare.
  const std::vector<std::string>& declared_notes() const { return declared_notes_; }
  /// Faults of the plan that this deployment cannot suffer, and why.
  std::vector<std::string> left_out(const Plan& plan) const;

 private:
  friend class Run;
  /// Whether any node can meet that fault at all.
  bool suffers(FaultClass fault) const {
    return fault != FaultClass::CrashRestart || !crashable_.empty();
  }
  Simulator(std::shared_ptr<const Tables> tables, const SimulateOptions& options);

  std::shared_ptr<const Tables> tables_;
  SimulateOptions options_;
  SimulatedKeys keys_;
  std::vector<std::string> declared_notes_;
  PrincipalSet crashable_;
  std::uint32_t drift_bound_ppm_ = 0;
  bool evidence_detects_damage_ = false;
};

/// The plan of one run, without anything left to chance: of a swarm, which faults
/// are on and how long they last; any other plan as it is.
Plan drawn(const Plan& plan, std::uint64_t seed);

/// A smaller plan under which the seed still breaks the same invariant: fewer
/// faults, fewer callers, less time. `runs_max` bounds the work.
Plan shrink(const Simulator& simulator, const Plan& plan, std::uint64_t seed,
            const Violation& violation, std::uint32_t runs_max = 200);

/// Many runs, added in the order of their seeds.
struct CampaignReport {
  std::uint64_t runs = 0;
  std::uint64_t digest = 0;  ///< Order-dependent over the runs'.
  std::uint64_t events = 0;
  std::uint64_t node_steps = 0;
  std::uint64_t machine_steps = 0;
  std::uint64_t callers = 0;
  std::uint64_t callers_done = 0;
  Duration virtual_time{};
  struct ClassVerdict {
    std::uint64_t runs = 0;
    std::uint64_t violations = 0;
  };
  std::map<FaultClass, ClassVerdict> classes;
  std::map<std::string, std::uint64_t, std::less<>> notes;
  std::vector<RunReport> violations;  ///< Without their notes.

  void add(RunReport run);
  /// Those of `declared` that no run reached.
  std::vector<std::string> never_reached(const std::vector<std::string>& declared) const;
};

}  // namespace parley
