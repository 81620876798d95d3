// SPDX-License-Identifier: Apache-2.0
#include "apps/parley/history/verify_report.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "core/lang/json_writer.h"

namespace parley {
namespace {

using history::Counterexample;
using history::DeadEnd;
using history::Operation;
using history::Verdict;

std::string counted(std::size_t count, const std::string& noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string as_word(const history::Value& value) {
  if (value.scalar() != nullptr) {
    if (const auto* text = std::get_if<std::string>(value.scalar())) {
      const bool plain = !text->empty() && std::all_of(text->begin(), text->end(), [](char c) {
        return c > ' ' && c < 127 && c != '"';
      });
      if (plain) return *text;
    }
  }
  return as_json(value);
}

std::string place_of(const Counterexample& found) {
  constexpr std::size_t shown_max = 8;
  std::string names;
  for (std::size_t i = 0; i < std::min(found.keys.size(), shown_max); ++i) {
    if (std::holds_alternative<history::Null>(found.keys[i])) return "";
    names += (i == 0 ? "" : ", ") + as_json(found.keys[i]);
  }
  if (found.keys.size() > shown_max) names += ", ...";
  return (found.keys.size() == 1 ? " of key " : " of keys ") + names;
}

std::string moment(const std::optional<std::int64_t>& time) {
  return time ? fmt::format("{:.9f}", static_cast<double>(*time) * 1e-9) : "";
}

std::string as_row(const VerifyReport& report, std::size_t number) {
  const Operation& operation = report.history.operations[number];
  const auto end = operation.answer ? operation.answer->time : operation.given_up;
  const std::string until = operation.answer ? moment(end) : "-";
  return fmt::format("{:>8}  {:>7}  {:>16}  {:>16}  {} -> {}\n", operation.invoke.line,
                     operation.invoke.process, moment(operation.invoke.time), until,
                     words_of(operation), answer_of(operation));
}

/// The last of many: those nearest to what went wrong.
std::string rows_of(const VerifyReport& report, const std::vector<std::size_t>& operations,
                    std::size_t blocked) {
  std::string text = fmt::format("{:>8}  {:>7}  {:>16}  {:>16}  {}\n", "line", "process",
                                 "from (s)", "to (s)", "operation");
  std::size_t first = 0;
  if (operations.size() > operations_shown_max) {
    first = operations.size() - operations_shown_max;
    text += fmt::format("{:>8}  the first {} are left out; --json and --html have them\n", "...",
                        first);
  }
  for (std::size_t i = first; i < operations.size(); ++i) {
    std::string row = as_row(report, operations[i]);
    if (operations[i] == blocked) row.insert(row.size() - 1, "   <-- nothing explains this");
    text += row;
  }
  return text;
}

std::string as_text(const VerifyReport& report, const DeadEnd& end) {
  std::string text =
      fmt::format("longest linearizable prefix: {}", counted(end.order.size(), "operation"));
  if (!end.order.empty()) text += ", in this order:";
  text += '\n';
  const std::size_t first =
      end.order.size() > operations_shown_max ? end.order.size() - operations_shown_max : 0;
  if (first > 0) text += "    ...\n";
  for (std::size_t i = first; i < end.order.size(); ++i) {
    const Operation& operation = report.history.operations[end.order[i]];
    text += fmt::format("    {} -> {}  (line {})\n", words_of(operation), answer_of(operation),
                        operation.invoke.line);
  }
  text += fmt::format("  then {}, and nothing fits next:\n", end.state);
  for (const DeadEnd::Next& next : end.next) {
    const Operation& operation = report.history.operations[next.step];
    text += fmt::format("    {} -> {}  (line {}) needs {}\n", words_of(operation),
                        answer_of(operation), operation.invoke.line, next.need);
  }
  return text;
}

std::string as_text(const VerifyReport& report, const Counterexample& found) {
  const Operation& blocked = report.history.operations[found.blocked];
  std::string text = fmt::format(
      "violated: no order of the operations{} explains what was answered\n"
      "  by line {}: {} -> {}, of process {}\n",
      place_of(found), blocked.answer->line, words_of(blocked), answer_of(blocked),
      blocked.invoke.process);
  text += fmt::format("{} not linearizable, {} of the {} until then:\n",
                      found.minimal_is_final ? "a minimal history that is"
                                             : "a smaller history (the search for a minimal one "
                                               "ended early) that is",
                      found.minimal.size(), found.prefix.size());
  text += rows_of(report, found.minimal, found.minimal_blocked);
  for (const DeadEnd& end : found.dead_ends) text += as_text(report, end);
  return text;
}

std::int64_t integer(auto value) {
  return static_cast<std::int64_t>(value);
}

void write_operation(JsonWriter& out, const VerifyReport& report, std::size_t number) {
  const Operation& operation = report.history.operations[number];
  const auto moment_of = [&](std::string_view name, const std::optional<std::int64_t>& time) {
    out.key(name);
    time ? out.number(*time) : out.null();
  };
  out.begin_object();
  out.key("line").number(operation.invoke.line);
  out.key("process").number(operation.invoke.process);
  out.key("operation").text(words_of(operation));
  out.key("answer").text(answer_of(operation));
  out.key("answered").boolean(operation.answer.has_value());
  moment_of("from_ns", operation.invoke.time);
  moment_of("to_ns", operation.answer ? operation.answer->time : std::nullopt);
  out.end_object();
}

void write_operations(JsonWriter& out, const VerifyReport& report,
                      const std::vector<std::size_t>& operations) {
  out.begin_array();
  for (const std::size_t number : operations) write_operation(out, report, number);
  out.end_array();
}

void write_counterexample(JsonWriter& out, const VerifyReport& report,
                          const Counterexample& found) {
  out.begin_object();
  out.key("keys").begin_array();
  for (const history::Scalar& key : found.keys) out.text(as_word(key));
  out.end_array();
  out.key("blocked");
  write_operation(out, report, found.blocked);
  out.key("prefix_operations").number(integer(found.prefix.size()));
  out.key("minimal_is_final").boolean(found.minimal_is_final);
  out.key("minimal_blocked");
  write_operation(out, report, found.minimal_blocked);
  out.key("minimal");
  write_operations(out, report, found.minimal);
  out.key("dead_ends").begin_array();
  for (const DeadEnd& end : found.dead_ends) {
    out.begin_object();
    out.key("order");
    write_operations(out, report, end.order);
    out.key("state").text(end.state);
    out.key("next").begin_array();
    for (const DeadEnd::Next& next : end.next) {
      out.begin_object();
      out.key("operation");
      write_operation(out, report, next.step);
      out.key("needs").text(next.need);
      out.end_object();
    }
    out.end_array();
    out.end_object();
  }
  out.end_array();
  out.end_object();
}

struct Counts {
  std::size_t processes = 0;
  std::size_t unknown = 0;
};

Counts counts_of(const history::History& history) {
  std::set<std::int64_t> processes;
  Counts counts;
  for (const Operation& operation : history.operations) {
    processes.insert(operation.invoke.process);
    counts.unknown += operation.answer ? 0 : 1;
  }
  counts.processes = processes.size();
  return counts;
}

}  // namespace

std::string words_of(const Operation& operation) {
  std::string words = operation.invoke.f;
  if (operation.invoke.key) words += ' ' + as_word(*operation.invoke.key);
  if (operation.invoke.value && !operation.invoke.value->is_null()) {
    words += ' ' + as_word(*operation.invoke.value);
  }
  return words;
}

std::string answer_of(const Operation& operation) {
  if (!operation.answer) return "unknown";
  const auto& value = operation.answer->value;
  const std::string& f = operation.invoke.f;
  const bool null_is_an_answer = f == "get" || f == "read" || f == "dequeue";
  if (!value || (value->is_null() && !null_is_an_answer)) return "ok";
  return value == operation.invoke.value ? "ok" : as_word(*value);
}

std::string_view result_of(const VerifyReport& report) {
  switch (report.judgement.verdict) {
    case Verdict::Linearizable:
      return "linearizable";
    case Verdict::Violated:
      return "violated";
    case Verdict::Undecided:
      return "undecided";
  }
  return "";
}

std::string as_text(const VerifyReport& report) {
  const history::Judgement& judgement = report.judgement;
  const Counts counts = counts_of(report.history);
  std::string text = fmt::format(
      "{}: {} by {}, {} with unknown outcome, {} failed and left out\n", report.file,
      counted(report.history.operations.size(), "operation"),
      counts.processes == 1 ? "1 process" : fmt::format("{} processes", counts.processes),
      counts.unknown, report.history.failed);
  text += fmt::format("  model {}, {} judged one by one, {}, {:.2f} s\n",
                      name_of(report.problem.model), counted(judgement.partitions, "partition"),
                      counted(judgement.configurations, "configuration"), report.seconds);
  if (judgement.partitions_violated > 1) {
    text += fmt::format("  {} partitions are violated; the earliest is shown\n",
                        judgement.partitions_violated);
  }
  if (judgement.counterexample) return text + as_text(report, *judgement.counterexample);
  if (judgement.verdict == Verdict::Undecided) {
    return text + fmt::format("undecided: {} ran out in {} of {} partitions; no violation so far\n",
                              judgement.stopped_by, judgement.partitions_undecided,
                              judgement.partitions);
  }
  return text + "linearizable: an order was found for every partition\n";
}

std::string as_json(const VerifyReport& report) {
  const history::Judgement& judgement = report.judgement;
  const Counts counts = counts_of(report.history);
  JsonWriter out;
  out.begin_object();
  out.key("result").text(result_of(report));
  out.key("file").text(report.file);
  out.key("model").text(name_of(report.problem.model));
  out.key("operations").number(integer(report.history.operations.size()));
  out.key("processes").number(integer(counts.processes));
  out.key("unknown").number(integer(counts.unknown));
  out.key("failed").number(integer(report.history.failed));
  out.key("partitions").number(integer(judgement.partitions));
  out.key("partitions_violated").number(integer(judgement.partitions_violated));
  out.key("partitions_undecided").number(integer(judgement.partitions_undecided));
  out.key("configurations").number(integer(judgement.configurations));
  out.key("microseconds").number(integer(report.seconds * 1e6));
  out.key("stopped_by");
  judgement.stopped_by.empty() ? out.null() : out.text(judgement.stopped_by);
  out.key("counterexample");
  if (judgement.counterexample) {
    write_counterexample(out, report, *judgement.counterexample);
  } else {
    out.null();
  }
  out.end_object();
  return out.take();
}

}  // namespace parley
