// SPDX-License-Identifier: Apache-2.0
#include "apps/parley/simulation/simulate_command.h"

#include <fmt/core.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <iterator>

#include "apps/parley/deployment/opened_deployment.h"
#include "apps/parley/exit_codes.h"
#include "apps/parley/simulation/campaign.h"
#include "apps/parley/simulation/plan_toml.h"
#include "apps/parley/simulation/simulate_report.h"
#include "apps/parley/simulation/trace_files.h"
#include "core/host/crypto/sha256.h"
#include "core/host/deployment/codes.h"

namespace parley {
namespace {

int fail(int code, std::string_view message) {
  fmt::print(stderr, "{}{}", message, message.ends_with('\n') ? "" : "\n");
  return code;
}

std::optional<std::string> read_file(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  if (!in) return std::nullopt;
  return std::string{std::istreambuf_iterator<char>{in}, {}};
}

/// The plan in the file, or the default one about the deployment in the file.
Result<Plan> plan_of(const std::string& file) {
  const std::optional<std::string> text = read_file(file);
  if (!text) return Error{ErrorCode::Configuration, file + ": cannot be read"};
  if (!is_plan(*text)) {
    Plan plan = default_plan();
    plan.deployment = file;
    return plan;
  }
  PlanReading reading = read_plan({file, *text});
  if (!reading.plan) return Error{ErrorCode::Configuration, reading.report()};
  return std::move(*reading.plan);
}

/// Effect: the plan has exactly the named faults, as it describes them where it does.
Status choose_faults(Plan& plan, std::string_view list) {
  std::vector<FaultPlan> chosen;
  while (!list.empty() && list != "none") {
    const std::string_view name = list.substr(0, list.find(','));
    list.remove_prefix(std::min(list.size(), name.size() + 1));
    const std::optional<FaultClass> fault = fault_named(name);
    if (!fault) {
      std::string names;
      for (const std::string_view known : fault_names) names += ' ' + std::string{known};
      return Error{ErrorCode::Configuration, "--faults: expected names out of" + names +
                                                 ", found '" + std::string{name} + "'"};
    }
    const std::size_t before = chosen.size();
    for (const FaultPlan& planned : plan.faults) {
      if (planned.fault == *fault) chosen.push_back(planned);
    }
    if (chosen.size() == before) chosen.push_back({.fault = *fault});
  }
  plan.faults = std::move(chosen);
  plan.swarm = false;
  return {};
}

Status apply(const SimulateRequest& request, Plan& plan) {
  plan.seeds = request.seed ? 1 : request.seeds.value_or(plan.seeds);
  plan.first_seed = request.seed ? *request.seed : request.first.value_or(plan.first_seed);
  plan.hurt_ticks = request.ticks.value_or(plan.hurt_ticks);
  for (WorkloadPlan& workload : plan.workloads) {
    workload.clients = request.clients.value_or(workload.clients);
  }
  if (!request.trace.empty() && !request.seed) {
    return Error{ErrorCode::Configuration, "--trace: expected --seed with it: one run, one trace"};
  }
  return request.faults ? choose_faults(plan, *request.faults) : Status{};
}

/// Writes to the terminal how far the campaign is, at most ten times a second.
class ProgressLine {
 public:
  explicit ProgressLine(std::uint64_t seeds) : seeds_(seeds), shown_(isatty(STDERR_FILENO) == 1) {}
  ~ProgressLine() {
    if (printed_) fmt::print(stderr, "\r\033[K");
  }
  void operator()(const CampaignReport& report) {
    const auto now = std::chrono::steady_clock::now();
    if (!shown_ || now < next_) return;
    next_ = now + std::chrono::milliseconds{100};
    printed_ = true;
    fmt::print(stderr, "\r\033[K{} of {} seeds, {} violations", report.runs, seeds_,
               report.violations.size());
  }

 private:
  std::uint64_t seeds_;
  bool shown_;
  bool printed_ = false;
  std::chrono::steady_clock::time_point next_{};
};

/// A single run with its trace, as a campaign of one.
Result<CampaignReport> run_traced(const Simulator& simulator, const Plan& plan,
                                  const std::string& path) {
  TraceFiles files{simulator.tables()};
  CampaignReport report;
  report.add(simulator.run(plan, plan.first_seed, &files));
  Result<std::vector<std::filesystem::path>> written = files.write(path);
  if (!written) return written.error();
  for (const std::filesystem::path& file : *written) fmt::print(stderr, "{}\n", file.string());
  return report;
}

Result<CampaignReport> run_all(const SimulateRequest& request, const Simulator& simulator,
                               const Plan& plan) {
  if (!request.trace.empty()) return run_traced(simulator, plan, request.trace);
  ProgressLine line{plan.seeds};
  return run_campaign(simulator, plan,
                      {.first_seed = plan.first_seed,
                       .seeds = plan.seeds,
                       .jobs = std::max(1u, request.jobs),
                       .time_limit = std::chrono::seconds{request.time_limit}},
                      [&](const CampaignReport& report) { line(report); });
}

/// Options that make a plan out of the file's: what the replaying command needs.
std::string options_of(const SimulateRequest& request) {
  std::string options;
  if (request.faults) options += " --faults " + *request.faults;
  if (request.clients) options += " --clients " + std::to_string(*request.clients);
  if (request.ticks) options += " --ticks " + std::to_string(*request.ticks);
  if (request.ideal) options += " --ideal";
  if (!request.invariants) options += " --no-invariants";
  if (!request.refinement) options += " --no-refinement";
  for (const std::string& directory : request.directories) options += " --directory " + directory;
  return options;
}

/// The command with a smaller plan that shows the same violation.
std::string shrunk_command(const SimulateRequest& request, const Simulator& simulator,
                           const Plan& plan, const RunReport& run) {
  const Plan smaller = shrink(simulator, plan, run.seed, *run.violation);
  SimulateRequest again = request;
  std::string faults;
  for (const FaultPlan& fault : smaller.faults) {
    const std::string name{name_of(fault.fault)};
    faults += (faults.empty() ? "" : ",") + name;
  }
  again.faults = faults.empty() ? "none" : faults;
  if (smaller.workloads.size() == 1) again.clients = smaller.workloads.front().clients;
  again.ticks = smaller.hurt_ticks;
  return "parley simulate " + request.file + " --seed " + std::to_string(run.seed) +
         options_of(again);
}

int exit_code_of(const SimulateOutcome& outcome) {
  if (!outcome.report.violations.empty() || !outcome.notes_missed.empty()) {
    return exit_code::check_failed;
  }
  return outcome.report.runs < outcome.plan.seeds ? exit_code::undecided : exit_code::ok;
}

}  // namespace

int simulate(const SimulateRequest& request) {
  Result<Plan> plan = plan_of(request.file);
  if (!plan) return fail(exit_code::of(plan.error().code), plan.error().message);
  if (Status applied = apply(request, *plan); !applied) {
    return fail(exit_code::usage, applied.error().message);
  }
  const auto opening = open_deployment(
      plan->deployment, {.directories = {request.directories.begin(), request.directories.end()},
                         .exploration = true});
  if (const int* exit = std::get_if<int>(&opening)) return *exit;
  const OpenedDeployment& opened = std::get<OpenedDeployment>(opening);

  const Result<std::shared_ptr<const Simulator>> made =
      Simulator::make(opened.deployment, *opened.catalogue, &sha256,
                      {.ideal = request.ideal,
                       .invariants = request.invariants,
                       .refinement = request.refinement,
                       .digest = request.digest});
  if (!made) return fail(exit_code::of(made.error().code), made.error().message);
  const Simulator& simulator = **made;
  if (Status fits = simulator.check(*plan); !fits) {
    return fail(exit_code::configuration, fits.error().message);
  }

  const auto began = std::chrono::steady_clock::now();
  Result<CampaignReport> report = run_all(request, simulator, *plan);
  if (!report) return fail(exit_code::of(report.error().code), report.error().message);
  SimulateOutcome outcome{.file = request.file,
                          .options = options_of(request),
                          .plan = *plan,
                          .report = std::move(*report),
                          .elapsed = std::chrono::steady_clock::now() - began};
  outcome.left_out = simulator.left_out(*plan);
  outcome.never_reached = outcome.report.never_reached(simulator.declared_notes());
  outcome.notes_missed = outcome.report.never_reached(plan->notes_expected);
  if (request.shrink && !outcome.report.violations.empty()) {
    outcome.shrunk = shrunk_command(request, simulator, *plan, outcome.report.violations.front());
  }
  fmt::print("{}", request.json ? json_text(outcome) : text(outcome));
  return exit_code_of(outcome);
}

}  // namespace parley
