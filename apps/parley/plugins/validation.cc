// SPDX-License-Identifier: Apache-2.0
#include "apps/parley/plugins/validation.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <sstream>

#include "apps/lab/conformance/conformance.h"
#include "apps/parley/exit_codes.h"
#include "apps/parley/plugins/child.h"
#include "core/base/digest.h"
#include "core/host/crypto/system_entropy.h"
#include "core/host/plugins/loader.h"

namespace parley {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* rule_static = "the file is a plugin that this Parley may load";
constexpr const char* rule_load = "the plugin loads and agrees with its note";
constexpr const char* rule_ends = "the plugin's process ends by itself";

Json json_of(const Finding& finding) {
  return {{"rule", finding.rule}, {"passed", finding.passed}, {"detail", finding.detail}};
}

/// What the child reports last. A plugin that ends the process early, with
/// whatever exit status, does not come to it.
Json last_line(const std::string& nonce, std::size_t findings_count) {
  return {{"ended", nonce}, {"findings", findings_count}};
}

struct ChildFindings {
  Findings findings{};
  bool complete = false;  ///< Up to the last line, with the rules that every suite has.
};

/// A dying child may leave half a line.
ChildFindings read_findings(const std::string& output, const std::string& nonce) {
  ChildFindings read;
  std::istringstream lines{output};
  for (std::string line; !read.complete && std::getline(lines, line);) {
    const Json object = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!object.is_object()) continue;
    read.complete = object == last_line(nonce, read.findings.size());
    if (!object.contains("rule")) continue;
    read.findings.push_back(
        {object.value("rule", ""), object.value("passed", false), object.value("detail", "")});
  }
  const auto is_load = [](const Finding& finding) { return finding.rule == rule_load; };
  read.complete = read.complete && std::any_of(read.findings.begin(), read.findings.end(), is_load);
  return read;
}

/// Why the child did not end as it should; empty if it did.
std::string how_it_ended(const ChildReport& child, bool complete) {
  if (!child.failure.empty()) return child.failure;
  if (child.exit_status != exit_code::ok) {
    return "exit status " + std::to_string(child.exit_status);
  }
  return complete ? "" : "ended before its suite did";
}

Findings validate_file(const PluginFile& file, std::chrono::seconds time_limit) {
  Findings findings;
  const std::string reason = file.usable() ? "" : PluginRefusal{file.path, *file.refusal}.reason();
  if (!expect(findings, rule_static, file.usable(), reason)) return findings;
  const Result<Bytes> nonce = system_entropy(16);
  if (!nonce) {
    expect(findings, rule_ends, false, nonce.error().message);
    return findings;
  }

  const std::string word = to_hex(*nonce);
  const ChildReport child =
      run_self({"plugins", "validate", "--child", word, file.path.string()}, time_limit);
  ChildFindings read = read_findings(child.output, word);
  std::move(read.findings.begin(), read.findings.end(), std::back_inserter(findings));
  const std::string how = how_it_ended(child, read.complete);
  expect(findings, rule_ends, how.empty(), how);
  return findings;
}

bool all_passed(const Findings& findings) {
  for (const Finding& finding : findings) {
    if (!finding.passed) return false;
  }
  return true;
}

/// A detail may span lines; TAP's diagnostics are lines that start with '#'.
void print_detail(const std::string& detail) {
  std::istringstream lines{detail};
  for (std::string line; std::getline(lines, line);) fmt::print("#   {}\n", line);
}

void print_tap(const PluginFile& file, const Findings& findings, std::size_t& number) {
  fmt::print("# {}\n", file.path.string());
  for (const Finding& finding : findings) {
    fmt::print("{} {} - {}\n", finding.passed ? "ok" : "not ok", ++number, finding.rule);
    if (!finding.passed) print_detail(finding.detail);
  }
  std::fflush(stdout);
}

Json json_of(const PluginFile& file, const Findings& findings) {
  Json list = Json::array();
  for (const Finding& finding : findings) list.push_back(json_of(finding));
  Json object{{"file", file.path.string()}, {"valid", all_passed(findings)}};
  if (file.facts) {
    object["kind"] = kind_words(file.facts->kind);
    object["name"] = file.facts->name;
  }
  object["findings"] = list;
  return object;
}

}  // namespace

int validate_plugins(const ValidationOptions& options) {
  bool valid = true;
  std::size_t number = 0;
  Json reports = Json::array();
  if (!options.json) fmt::print("TAP version 13\n");
  for (const std::filesystem::path& path : options.files) {
    const PluginFile file = scan_plugin(path);
    const Findings findings = validate_file(file, options.time_limit);
    valid = valid && all_passed(findings);
    if (options.json) {
      reports.push_back(json_of(file, findings));
    } else {
      print_tap(file, findings, number);
    }
  }
  if (options.json) {
    fmt::print("{}\n", Json{{"valid", valid}, {"files", reports}}.dump(2));
  } else {
    fmt::print("1..{}\n", number);
  }
  return valid ? exit_code::ok : exit_code::check_failed;
}

int validate_in_child(const std::filesystem::path& path, const std::string& nonce) {
  // Not in the parent's process group, hence not reached by the terminal's SIGINT.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  // The report keeps the pipe; whatever the plugin prints goes to stderr.
  std::FILE* report = ::fdopen(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3), "w");
  ::dup2(STDERR_FILENO, STDOUT_FILENO);
  if (report == nullptr) return exit_code::io;
  std::size_t findings_count = 0;
  const auto write_line = [&](const Json& object) {
    // A plugin's own words may be no UTF-8.
    const auto lenient = Json::error_handler_t::replace;
    fmt::print(report, "{}\n", object.dump(-1, ' ', false, lenient));
    std::fflush(report);
  };
  const auto say = [&](const Finding& finding) {
    write_line(json_of(finding));
    ++findings_count;
  };

  const PluginFile file = scan_plugin(path);
  if (!file.usable()) return exit_code::configuration;
  const auto loaded = load_plugin(file);
  if (const auto* refusal = std::get_if<PluginRefusal>(&loaded)) {
    say({rule_load, false, refusal->reason()});
  } else {
    say({rule_load, true, {}});
    for (const Finding& finding : run_conformance(std::get<Plugin>(loaded))) say(finding);
  }
  write_line(last_line(nonce, findings_count));
  return exit_code::ok;
}

}  // namespace parley
