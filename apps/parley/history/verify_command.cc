// SPDX-License-Identifier: Apache-2.0
#include "apps/parley/history/verify_command.h"

#include <fmt/core.h>

#include <chrono>
#include <fstream>
#include <optional>
#include <set>

#include "apps/lab/history/check.h"
#include "apps/parley/exit_codes.h"
#include "apps/parley/history/verify_report.h"
#include "core/lang/suggestion.h"

namespace parley {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t piece_size = std::size_t{1} << 20;

int fail(int code, const std::string& message) {
  fmt::print(stderr, "parley: {}\n", message);
  return code;
}

std::optional<history::History> read(const std::string& file, Diagnostics& faults) {
  std::ifstream in{file, std::ios::binary};
  history::Reader reader{faults};
  std::string piece(piece_size, '\0');
  while (in) {
    in.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    reader.feed(std::string_view{piece}.substr(0, static_cast<std::size_t>(in.gcount())));
  }
  if (!in.eof()) return std::nullopt;  // Not opened, a directory, or broken on the way.
  return reader.finish();
}

/// The lines that faults point at, at their places in an otherwise empty text:
/// the file may be far larger than what is wrong with it.
SourceText lines_with_faults(const std::string& file, const std::vector<Diagnostic>& faults) {
  std::set<std::uint32_t> wanted;
  for (const Diagnostic& fault : faults) {
    wanted.insert(fault.primary.span.begin.line);
    for (const SourceLabel& label : fault.related) wanted.insert(label.span.begin.line);
  }
  SourceText source{file, {}};
  std::ifstream in{file, std::ios::binary};
  std::string line;
  for (std::uint32_t number = 1; !wanted.empty() && number <= *wanted.rbegin(); ++number) {
    if (!std::getline(in, line)) break;
    if (wanted.count(number) > 0) source.text += line.substr(0, history::line_size_max);
    source.text += '\n';
  }
  return source;
}

int refuse(const VerifyRequest& request, const Diagnostics& faults) {
  const std::vector<Diagnostic> sorted = faults.sorted();
  const SourceText source = lines_with_faults(request.file, sorted);
  if (request.json) {
    fmt::print("{}", diagnostics_json(sorted, {&source, 1}));
  } else {
    fmt::print(stderr, "{}", render_diagnostics(sorted, {&source, 1}));
  }
  return exit_code::bad_source;
}

history::Budget budget_of(const VerifyRequest& request) {
  history::Budget budget;
  budget.configurations_max = request.states_max;
  budget.memory_max = request.memory_max;
  if (request.time_limit > 0) {
    const auto end = Clock::now() + std::chrono::seconds{request.time_limit};
    budget.go_on = [end] { return Clock::now() < end; };
  }
  return budget;
}

bool write_file(const std::string& file, const std::string& content) {
  std::ofstream out{file, std::ios::binary};
  out << content;
  out.flush();
  return out.good();
}

int code_of(history::Verdict verdict) {
  switch (verdict) {
    case history::Verdict::Linearizable:
      return exit_code::ok;
    case history::Verdict::Violated:
      return exit_code::check_failed;
    case history::Verdict::Undecided:
      return exit_code::undecided;
  }
  return exit_code::undecided;
}

}  // namespace

int verify_history(const VerifyRequest& request) {
  const std::optional<history::Model> model = history::model_named(request.model);
  if (!model) {
    const std::vector<std::string> names = history::model_names();
    const std::string found = request.model.empty() ? "none" : "'" + request.model + "'";
    const std::string meant = did_you_mean(request.model, names);
    return fail(exit_code::usage,
                fmt::format("verify history: --model: expected {}, found {}{}", listed(names),
                            found, meant.empty() ? "" : "; " + meant));
  }
  const auto start = Clock::now();
  Diagnostics faults;
  const std::optional<history::History> history = read(request.file, faults);
  if (!history) return fail(exit_code::io, request.file + ": cannot be read");
  history::Problem problem = history::understand(*history, *model, faults);
  if (faults.has_errors()) return refuse(request, faults);
  VerifyReport report{request.file, *history, problem, {}};
  report.judgement = history::check(problem, budget_of(request));
  report.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  if (!request.html.empty() && !write_file(request.html, as_html(report))) {
    return fail(exit_code::io, request.html + ": cannot be written");
  }
  fmt::print("{}", request.json ? as_json(report) : as_text(report));
  return code_of(report.judgement.verdict);
}

}  // namespace parley
