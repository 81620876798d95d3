// SPDX-License-Identifier: Apache-2.0
#include "apps/parley/exploration/explore_report.h"

#include <fmt/core.h>

#include "core/lang/json_writer.h"

namespace parley {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::string story_as_text(const Counterexample& story) {
  std::string text =
      fmt::format("violated: {}\n  {}\n", story.violation.invariant, story.violation.message);
  const auto tell = [&](std::string_view number, const Counterexample::Step& step) {
    text += fmt::format("{:>4}  {} {}\n", number, step.principal, step.event);
    for (const std::string& effect : step.effects) text += fmt::format("        {}\n", effect);
  };
  text += fmt::format("a shortest way there, of {} steps:\n", story.steps.size());
  for (const Counterexample::Step& start : story.starts) tell("0", start);
  for (std::size_t i = 0; i < story.steps.size(); ++i) tell(std::to_string(i + 1), story.steps[i]);
  return text;
}

void write_steps(JsonWriter& out, const std::vector<Counterexample::Step>& steps) {
  out.begin_array();
  for (const Counterexample::Step& step : steps) {
    out.begin_object();
    out.key("principal").text(step.principal);
    out.key("event").text(step.event);
    out.key("effects").begin_array();
    for (const std::string& effect : step.effects) out.text(effect);
    out.end_array();
    out.end_object();
  }
  out.end_array();
}

void write_story(JsonWriter& out, const Counterexample& story) {
  out.begin_object();
  out.key("invariant").text(story.violation.invariant);
  out.key("message").text(story.violation.message);
  out.key("starts");
  write_steps(out, story.starts);
  out.key("steps");
  write_steps(out, story.steps);
  out.end_object();
}

const char* verdict(const Exploration& found) {
  if (found.counterexample) return "counterexample";
  return found.exhausted() ? "exhausted" : "undecided";
}

}  // namespace

double ExploreReport::states_per_second() const {
  return seconds > 0 ? static_cast<double>(found.states) / seconds : 0;
}

std::string as_text(const ExploreReport& report) {
  const Exploration& found = report.found;
  std::string text = fmt::format("explored {} ({}) with {} client{}\n", report.instance,
                                 report.backend, report.clients, report.clients == 1 ? "" : "s");
  text += fmt::format("  {} distinct states, {} transitions, depth {}\n", found.states,
                      found.transitions, found.depth);
  if (report.symmetric) {
    text += fmt::format("  standing for {} states without symmetry\n", found.states_unreduced);
  }
  text += fmt::format("  {} local states, {} different messages, {} states not looked at\n",
                      found.local_states, found.messages, found.frontier);
  text += fmt::format("  {:.2f} s, {:.0f} states per second, {} MiB\n", report.seconds,
                      report.states_per_second(), found.memory_bytes >> 20);
  if (found.counterexample) return text + story_as_text(*found.counterexample);
  if (found.exhausted()) return text + "no violation: every behaviour was looked at\n";
  return text + fmt::format("undecided: bounds were hit ({}); no violation so far\n",
                            joined(found.bounds_hit));
}

std::string as_json(const ExploreReport& report) {
  const Exploration& found = report.found;
  const auto number = [](auto value) { return static_cast<std::int64_t>(value); };
  JsonWriter out;
  out.begin_object();
  out.key("result").text(verdict(found));
  out.key("instance").text(report.instance);
  out.key("backend").text(report.backend);
  out.key("clients").number(number(report.clients));
  out.key("states").number(number(found.states));
  out.key("states_without_symmetry").number(number(found.states_unreduced));
  out.key("initial_states").number(number(found.initial_states));
  out.key("transitions").number(number(found.transitions));
  out.key("depth").number(number(found.depth));
  out.key("frontier").number(number(found.frontier));
  out.key("local_states").number(number(found.local_states));
  out.key("messages").number(number(found.messages));
  out.key("memory_bytes").number(number(found.memory_bytes));
  out.key("microseconds").number(number(report.seconds * 1e6));
  out.key("states_per_second").number(number(report.states_per_second()));
  out.key("bounds_hit").begin_array();
  for (const std::string& bound : found.bounds_hit) out.text(bound);
  out.end_array();
  out.key("counterexample");
  if (found.counterexample) {
    write_story(out, *found.counterexample);
  } else {
    out.null();
  }
  out.end_object();
  return out.take();
}

std::string story_as_json(const Counterexample& counterexample) {
  JsonWriter out;
  write_story(out, counterexample);
  return out.take();
}

}  // namespace parley
