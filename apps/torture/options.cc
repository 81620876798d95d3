// SPDX-License-Identifier: Apache-2.0
#include "apps/torture/options.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

#include "core/lang/suggestion.h"

namespace parley::torture {
namespace {

struct Named {
  const char* name;
  FaultClass fault;
};
constexpr Named fault_names[fault_classes_count] = {
    {"kill", FaultClass::Kill},       {"crash_all", FaultClass::CrashAll},
    {"pause", FaultClass::Pause},     {"partition", FaultClass::Partition},
    {"disk", FaultClass::Disk},       {"slow_disk", FaultClass::SlowDisk},
    {"clock", FaultClass::ClockJump},
};

std::vector<std::string> names_of_faults() {
  std::vector<std::string> names;
  for (const Named& one : fault_names) names.emplace_back(one.name);
  return names;
}

Error wrong(const std::string& option, const std::string& expected, const std::string& found) {
  return {ErrorCode::Configuration, option + ": expected " + expected + ", found '" + found + "'"};
}

Status read_number(const std::string& option, const std::string& text, std::uint64_t low,
                   std::uint64_t high, std::uint64_t& out) {
  std::uint64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc{} || end != text.data() + text.size() || number < low || number > high) {
    return wrong(option, fmt::format("{}..{}", low, high), text);
  }
  out = number;
  return {};
}

Status read_faults(const std::string& text, Options& options) {
  options.faults.clear();
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    const std::string name = text.substr(at, end - at);
    at = end + 1;
    const auto* found = std::find_if(std::begin(fault_names), std::end(fault_names),
                                     [&](const Named& one) { return one.name == name; });
    if (found == std::end(fault_names)) {
      return wrong("--faults", "some of " + listed(names_of_faults()) + " with commas between",
                   name);
    }
    if (!options.has(found->fault)) options.faults.push_back(found->fault);
  }
  std::sort(options.faults.begin(), options.faults.end());
  return {};
}

Status read_option(const std::string& option, const std::string& value, Options& options) {
  std::uint64_t number = 0;
  if (option == "--seconds") return read_number(option, value, 1, 86'400, options.seconds);
  if (option == "--seed") return read_number(option, value, 0, UINT64_MAX, options.seed);
  if (option == "--nodes") {
    Status read = read_number(option, value, 3, 9, number);
    options.nodes = number;
    return read;
  }
  if (option == "--clients") {
    Status read = read_number(option, value, 1, 256, number);
    options.clients = number;
    return read;
  }
  if (option == "--faults") return read_faults(value, options);
  if (option == "--backend") options.backend = value;
  if (option == "--store") options.store = value;
  if (option == "--programs") options.programs = value;
  return {};
}

}  // namespace

std::string name_of(FaultClass one) {
  return fault_names[static_cast<std::size_t>(one)].name;
}

bool Options::has(FaultClass one) const {
  return std::find(faults.begin(), faults.end(), one) != faults.end();
}

std::string Options::as_command() const {
  std::string list;
  for (const FaultClass one : faults) list += (list.empty() ? "" : ",") + name_of(one);
  return fmt::format(
      "{}/parley_torture --seed {} --seconds {} --nodes {} --clients {} --backend {} --store {} "
      "--faults {}",
      programs, seed, seconds, nodes, clients, backend, store, list);
}

Result<Options> parse_options(const std::vector<std::string>& arguments,
                              const std::string& own_folder) {
  static const std::vector<std::string> known = {"--seconds", "--seed",    "--nodes", "--clients",
                                                 "--faults",  "--backend", "--store", "--programs"};
  Options options;
  options.programs = own_folder;
  for (const Named& one : fault_names) options.faults.push_back(one.fault);
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& option = arguments[i];
    if (option == "--help" || option == "-h") {
      options.help = true;
      return options;
    }
    if (option == "--keep") {
      options.keep = true;
      continue;
    }
    if (std::find(known.begin(), known.end(), option) == known.end()) {
      const std::string meant = did_you_mean(option, known);
      return wrong("parley_torture", "an option of --help",
                   option + (meant.empty() ? "" : "'; " + meant + " '"));
    }
    if (i + 1 == arguments.size()) return wrong(option, "a value", "none");
    if (Status read = read_option(option, arguments[++i], options); !read) return read.error();
  }
  return options;
}

std::string usage() {
  return "Usage: parley_torture [--seconds N] [--seed N] [--nodes N] [--clients N]\n"
         "                      [--backend NAME] [--store rocksdb|faulty] [--faults LIST]\n"
         "                      [--programs FOLDER] [--keep]\n"
         "\n"
         "Runs a replicated key-value store as real processes, hurts them while clients\n"
         "write and read, and judges what the clients were told.\n"
         "Faults: kill crash_all pause partition disk slow_disk clock (all of them).\n"
         "Exit status: 0 all was well, 1 something was not, 2 usage, 3 undecided.\n";
}

}  // namespace parley::torture
