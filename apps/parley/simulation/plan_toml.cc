// SPDX-License-Identifier: Apache-2.0
#include "apps/parley/simulation/plan_toml.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <span>

#include "core/host/deployment/codes.h"
#include "core/host/deployment/toml_tree.h"
#include "core/host/deployment/units.h"
#include "core/lang/suggestion.h"

namespace parley {
namespace {

constexpr std::int64_t ticks_max = 100'000'000;

/// One table of the plan: every key it may have is asked for once, then finish
/// reports those that were not.
class Section {
 public:
  Section(Diagnostics& diagnostics, const TomlValue& table, std::string title)
      : diagnostics_(diagnostics), table_(table), title_(std::move(title)) {}

  const TomlEntry* entry(std::string_view key, TomlValue::Kind kind) {
    known_.emplace_back(key);
    const TomlEntry* found = table_.find(key);
    if (found == nullptr) return nullptr;
    if (found->value.kind == kind) return found;
    report(*found, kind);
    return nullptr;
  }

  bool has(std::string_view key) const { return table_.find(key) != nullptr; }

  bool text(std::string_view key, std::string& out) {
    const TomlEntry* found = entry(key, TomlValue::Kind::String);
    if (found != nullptr) out = found->value.text;
    return found != nullptr;
  }
  void boolean(std::string_view key, bool& out) {
    if (const TomlEntry* found = entry(key, TomlValue::Kind::Boolean)) out = found->value.boolean;
  }

  template <class Number>
  void number(std::string_view key, Number& out, std::int64_t min, std::int64_t max) {
    const TomlEntry* found = entry(key, TomlValue::Kind::Integer);
    if (found == nullptr) return;
    if (in_range(key, found->value, min, max)) out = static_cast<Number>(found->value.integer);
  }

  void texts(std::string_view key, std::vector<std::string>& out) {
    const TomlEntry* found = entry(key, TomlValue::Kind::Array);
    if (found == nullptr) return;
    out.clear();
    for (const TomlValue& item : found->value.items) {
      if (item.kind == TomlValue::Kind::String) {
        out.push_back(item.text);
      } else {
        report_type(key, "strings", item);
      }
    }
  }

  /// [from, to] in ticks.
  void range(std::string_view key, TickRange& out) {
    const TomlEntry* found = entry(key, TomlValue::Kind::Array);
    if (found == nullptr) return;
    const std::vector<TomlValue>& items = found->value.items;
    const auto integer = [](const TomlValue& item) {
      return item.kind == TomlValue::Kind::Integer;
    };
    if (items.size() != 2 || !std::all_of(items.begin(), items.end(), integer)) {
      diagnostics_.error(codes::wrong_type, found->value.span,
                         std::string{key} + ": expected [from, to] in ticks");
      return;
    }
    if (!in_range(key, items[0], 0, ticks_max) || !in_range(key, items[1], 0, ticks_max)) return;
    if (items[0].integer > items[1].integer) {
      diagnostics_.error(codes::out_of_range, found->value.span,
                         std::string{key} + ": expected from <= to, found " +
                             std::to_string(items[0].integer) + " > " +
                             std::to_string(items[1].integer));
      return;
    }
    out = {static_cast<std::uint32_t>(items[0].integer),
           static_cast<std::uint32_t>(items[1].integer)};
  }

  /// A share in [0, 1], as parts of a million.
  void probability(std::string_view key, std::uint32_t& out) {
    known_.emplace_back(key);
    const TomlEntry* found = table_.find(key);
    if (found == nullptr) return;
    const TomlValue& value = found->value;
    if (value.kind != TomlValue::Kind::Float && value.kind != TomlValue::Kind::Integer) {
      return report(*found, TomlValue::Kind::Float);
    }
    const double share = value.kind == TomlValue::Kind::Float
                             ? std::strtod(value.text.c_str(), nullptr)
                             : static_cast<double>(value.integer);
    if (!(share >= 0 && share <= 1)) {
      diagnostics_.error(codes::out_of_range, value.span,
                         std::string{key} + ": expected a share from 0.0 to 1.0");
      return;
    }
    out = static_cast<std::uint32_t>(std::lround(share * 1e6));
  }

  void duration(std::string_view key, Duration& out) {
    const TomlEntry* found = entry(key, TomlValue::Kind::String);
    if (found == nullptr) return;
    const std::optional<Duration> parsed = parse_duration(found->value.text);
    if (!parsed || *parsed <= Duration::zero() || *parsed > duration_max) {
      diagnostics_.error(codes::bad_unit, found->value.span,
                         std::string{key} + ": expected a duration such as \"1ms\", found '" +
                             found->value.text + '\'');
      return;
    }
    out = *parsed;
  }

  /// Calls `visit(section)` for each [[key]].
  template <class Visitor>
  void tables(std::string_view key, Visitor&& visit) {
    const TomlEntry* found = entry(key, TomlValue::Kind::Array);
    if (found == nullptr) return;
    for (const TomlValue& item : found->value.items) {
      if (item.kind != TomlValue::Kind::Table) {
        report_type(key, "tables", item);
        continue;
      }
      Section section{diagnostics_, item, "[[" + std::string{key} + "]]"};
      visit(section);
      section.finish();
    }
  }

  template <class Visitor>
  void table(const TomlValue& value, std::string title, Visitor&& visit) {
    Section section{diagnostics_, value, std::move(title)};
    visit(section);
    section.finish();
  }

  /// A required key that must be one of `choices`.
  std::optional<std::string> choice(std::string_view key,
                                    std::span<const std::string_view> choices) {
    const TomlEntry* found = entry(key, TomlValue::Kind::String);
    if (found == nullptr) {
      if (table_.find(key) == nullptr) {
        diagnostics_.error(codes::missing_key, table_.span,
                           title_ + ": expected the key '" + std::string{key} + '\'');
      }
      return std::nullopt;
    }
    if (std::find(choices.begin(), choices.end(), found->value.text) != choices.end()) {
      return found->value.text;
    }
    diagnostics_
        .error(codes::bad_choice, found->value.span,
               std::string{key} + ": expected " +
                   listed(std::vector<std::string>{choices.begin(), choices.end()}) + ", found '" +
                   found->value.text + '\'')
        .suggest(did_you_mean(found->value.text,
                              std::vector<std::string>{choices.begin(), choices.end()}));
    return std::nullopt;
  }

  void finish() {
    for (const TomlEntry& entry : table_.entries) {
      if (std::find(known_.begin(), known_.end(), entry.key) != known_.end()) continue;
      diagnostics_
          .error(codes::unknown_key, entry.key_span, title_ + ": unknown key '" + entry.key + '\'')
          .suggest(did_you_mean(entry.key, known_));
    }
  }

 private:
  static constexpr Duration duration_max = std::chrono::hours{1};

  bool in_range(std::string_view key, const TomlValue& value, std::int64_t min, std::int64_t max) {
    if (value.integer >= min && value.integer <= max) return true;
    diagnostics_.error(codes::out_of_range, value.span,
                       std::string{key} + ": expected " + std::to_string(min) + " to " +
                           std::to_string(max) + ", found " + std::to_string(value.integer));
    return false;
  }
  void report(const TomlEntry& found, TomlValue::Kind expected) {
    report_type(found.key, described(expected), found.value);
  }
  void report_type(std::string_view key, std::string_view expected, const TomlValue& found) {
    diagnostics_.error(codes::wrong_type, found.span,
                       std::string{key} + ": expected " + std::string{expected} + ", found " +
                           described(found.kind));
  }

  Diagnostics& diagnostics_;
  const TomlValue& table_;
  std::string title_;
  std::vector<std::string> known_;
};

void read_workload(Section& section, Plan& plan) {
  constexpr std::string_view names[] = {"submit"};
  WorkloadPlan workload;
  section.choice("name", names);
  section.text("object", workload.object);
  section.texts("methods", workload.methods);
  section.number("clients", workload.clients, 1, 100'000);
  section.range("ticks", workload.ticks);
  plan.workloads.push_back(std::move(workload));
}

void read_fault(Section& section, Plan& plan) {
  FaultPlan fault;
  const std::optional<std::string> name = section.choice("name", fault_names);
  section.range("ticks", fault.ticks);
  section.range("lasts_ticks", fault.lasts_ticks);
  section.number("every_ticks", fault.every_ticks, 1, ticks_max);
  section.probability("probability", fault.per_million);
  section.boolean("torn_writes", fault.torn_writes);
  section.boolean("one_way", fault.one_way);
  if (!name) return;
  fault.fault = *fault_named(*name);
  plan.faults.push_back(fault);
}

void read_expect(Section& section, Plan& plan) {
  constexpr std::string_view agreements[] = {"always", "unchecked"};
  if (section.has("agreement")) {
    plan.expect_agreement = section.choice("agreement", agreements) != "unchecked";
  }
  section.boolean("progress", plan.expect_progress);
  section.number("progress_after_heal_ticks", plan.progress_ticks, 1, ticks_max);
  section.texts("note_reached", plan.notes_expected);
}

void read_root(Section& root, Plan& plan, const std::filesystem::path& folder) {
  std::string deployment;
  if (root.text("deployment", deployment)) {
    plan.deployment = (folder / deployment).lexically_normal().string();
  }
  root.number("first_seed", plan.first_seed, 0, INT64_MAX);
  root.number("seeds", plan.seeds, 1, INT64_MAX);
  root.duration("tick", plan.tick);
  root.number("hurt_ticks", plan.hurt_ticks, 1, ticks_max);
  root.boolean("swarm", plan.swarm);
  root.tables("workload", [&](Section& section) { read_workload(section, plan); });
  root.tables("fault", [&](Section& section) { read_fault(section, plan); });
  if (const TomlEntry* expect = root.entry("expect", TomlValue::Kind::Table)) {
    root.table(expect->value, "[expect]", [&](Section& section) { read_expect(section, plan); });
  }
  root.finish();
  if (plan.workloads.empty()) plan.workloads.emplace_back();
}

}  // namespace

bool is_plan(std::string_view text) {
  Diagnostics diagnostics;
  const std::optional<TomlValue> tree = parse_toml(text, diagnostics);
  if (!tree) return false;
  const TomlEntry* deployment = tree->find("deployment");
  return deployment != nullptr && deployment->value.kind == TomlValue::Kind::String;
}

PlanReading read_plan(SourceText source) {
  PlanReading reading;
  Diagnostics diagnostics;
  const std::filesystem::path folder = std::filesystem::path{source.name}.parent_path();
  if (const std::optional<TomlValue> tree = parse_toml(source.text, diagnostics)) {
    Plan plan;
    Section root{diagnostics, *tree, "the plan"};
    read_root(root, plan, folder);
    if (!diagnostics.has_errors()) reading.plan = std::move(plan);
  }
  reading.diagnostics = diagnostics.sorted();
  reading.sources.push_back(std::move(source));
  return reading;
}

}  // namespace parley
