// SPDX-License-Identifier: Apache-2.0
#include "apps/parley/simulation/simulate_report.h"

#include <fmt/core.h>

#include "core/lang/json_writer.h"

namespace parley {
namespace {

double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

std::uint64_t per_second(std::uint64_t count, Duration elapsed) {
  return elapsed.count() <= 0
             ? 0
             : static_cast<std::uint64_t>(static_cast<double>(count) / seconds(elapsed));
}

std::string replay_command(const SimulateOutcome& outcome, const RunReport& run) {
  return fmt::format("parley simulate {} --seed {}{}", outcome.file, run.seed, outcome.options);
}

std::string joined(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
  return list;
}

std::string joined(const std::vector<FaultClass>& faults) {
  std::vector<std::string> names;
  for (const FaultClass fault : faults) names.emplace_back(name_of(fault));
  return names.empty() ? "none" : joined(names);
}

void write_texts(JsonWriter& json, std::string_view key, const std::vector<std::string>& texts) {
  json.key(key).begin_array();
  for (const std::string& text : texts) json.text(text);
  json.end_array();
}

JsonWriter& count(JsonWriter& json, std::string_view key, std::uint64_t value) {
  return json.key(key).number(static_cast<std::int64_t>(value));
}

void write_violation(JsonWriter& json, const SimulateOutcome& outcome, const RunReport& run) {
  json.begin_object();
  count(json, "seed", run.seed);
  json.key("invariant").text(run.violation->invariant);
  json.key("message").text(run.violation->message);
  json.key("digest").text(fmt::format("{:016x}", run.digest));
  json.key("faults").begin_array();
  for (const FaultClass fault : run.faults) json.text(name_of(fault));
  json.end_array();
  json.key("command").text(replay_command(outcome, run));
  json.end_object();
}

}  // namespace

std::string text(const SimulateOutcome& outcome) {
  const CampaignReport& report = outcome.report;
  std::string out = fmt::format("{}: {} seeds from {}, {} fault classes{}\n", outcome.file,
                                report.runs, outcome.plan.first_seed, report.classes.size(),
                                outcome.plan.swarm ? " as a swarm" : "");
  for (const std::string& reason : outcome.left_out) out += fmt::format("  {}\n", reason);
  for (const auto& [fault, verdict] : report.classes) {
    out += fmt::format("  {:<20} {:>8} runs  {:>4} violations\n", name_of(fault), verdict.runs,
                       verdict.violations);
  }
  out += fmt::format("{} violations; {} of {} callers ended\n", report.violations.size(),
                     report.callers_done, report.callers);
  out +=
      fmt::format("{} machine steps in {:.2f} s: {} per second; {:.0f} s of virtual time\n",
                  report.machine_steps, seconds(outcome.elapsed),
                  per_second(report.machine_steps, outcome.elapsed), seconds(report.virtual_time));
  if (!outcome.never_reached.empty()) {
    out += fmt::format("notes never reached: {}\n", joined(outcome.never_reached));
  }
  if (!outcome.notes_missed.empty()) {
    out += fmt::format("notes expected and not reached: {}\n", joined(outcome.notes_missed));
  }
  out += fmt::format("digest {:016x}\n", report.digest);
  for (const RunReport& run : report.violations) {
    out += fmt::format("\nseed {}: {}: {}\n  faults: {}\n  again:  {}\n", run.seed,
                       run.violation->invariant, run.violation->message, joined(run.faults),
                       replay_command(outcome, run));
  }
  if (!outcome.shrunk.empty()) out += fmt::format("\nsmaller: {}\n", outcome.shrunk);
  return out;
}

std::string json_text(const SimulateOutcome& outcome) {
  const CampaignReport& report = outcome.report;
  JsonWriter json;
  json.begin_object();
  json.key("file").text(outcome.file);
  count(json, "first_seed", outcome.plan.first_seed);
  count(json, "seeds", outcome.plan.seeds);
  count(json, "runs", report.runs);
  json.key("digest").text(fmt::format("{:016x}", report.digest));
  count(json, "machine_steps", report.machine_steps);
  count(json, "node_steps", report.node_steps);
  count(json, "events", report.events);
  count(json, "machine_steps_per_second", per_second(report.machine_steps, outcome.elapsed));
  count(json, "elapsed_ms", static_cast<std::uint64_t>(outcome.elapsed.count() / 1'000'000));
  count(json, "virtual_time_ms",
        static_cast<std::uint64_t>(report.virtual_time.count() / 1'000'000));
  count(json, "callers", report.callers);
  count(json, "callers_done", report.callers_done);
  json.key("classes").begin_array();
  for (const auto& [fault, verdict] : report.classes) {
    json.begin_object().key("name").text(name_of(fault));
    count(json, "runs", verdict.runs);
    count(json, "violations", verdict.violations).end_object();
  }
  json.end_array();
  json.key("notes").begin_object();
  for (const auto& [name, times] : report.notes) count(json, name, times);
  json.end_object();
  write_texts(json, "notes_never_reached", outcome.never_reached);
  write_texts(json, "notes_missed", outcome.notes_missed);
  write_texts(json, "left_out", outcome.left_out);
  json.key("violations").begin_array();
  for (const RunReport& run : report.violations) write_violation(json, outcome, run);
  json.end_array();
  if (!outcome.shrunk.empty()) json.key("smaller").text(outcome.shrunk);
  json.end_object();
  return json.take();
}

}  // namespace parley
