// SPDX-License-Identifier: Apache-2.0
//
// The key-value store over its Redis port, beside etcd and a standalone Redis, in
// one run on one machine; docs/benchmarks.md says what is measured and how.
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/bench/kv/machine.h"
#include "tests/bench/kv/setting.h"

namespace parley::bench {
namespace {

using nlohmann::json;

constexpr int exit_usage = 2;

constexpr const char* usage =
    "usage: bench_kv [--quick] [--only PART[,PART...]] [--systems NAME[,NAME...]]\n"
    "                [--store NAME] [--seconds S] [--rounds N] [--keys N]\n"
    "                [--build FOLDER] [--out FOLDER] [--data FOLDER]\n"
    "parts:   throughput memory recovery failover catch_up\n"
    "systems: etcd redis multi_paxos chain primary_backup vertical_paxos caspaxos\n";

struct Part {
  const char* name;
  json (*measure)(const Setting&);
};
constexpr Part parts[] = {{"throughput", measure_throughput},
                          {"memory", measure_memory},
                          {"recovery", measure_recovery},
                          {"failover", measure_failover},
                          {"catch_up", measure_catch_up}};

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> words;
  std::istringstream in{text};
  for (std::string word; std::getline(in, word, ',');) words.push_back(word);
  return words;
}

bool known_part(const std::string& name) {
  return std::any_of(std::begin(parts), std::end(parts),
                     [&](const Part& part) { return part.name == name; });
}

bool known_system(const std::string& name) {
  static const std::set<std::string> names = {
      "etcd", "redis", "multi_paxos", "chain", "primary_backup", "vertical_paxos", "caspaxos"};
  return names.contains(name);
}

/// False: the option is unknown or its value makes no sense.
bool take_option(const std::string& name, const std::string& value, Setting& setting) {
  const std::vector<std::string> words = split(value);
  if (name == "--only") {
    setting.only = {words.begin(), words.end()};
    return std::all_of(words.begin(), words.end(), known_part);
  }
  if (name == "--systems") {
    setting.systems = {words.begin(), words.end()};
    return std::all_of(words.begin(), words.end(), known_system);
  }
  if (name == "--store") return !(setting.store = value).empty();
  if (name == "--build") return !(setting.build = value).empty();
  if (name == "--out") return !(setting.out = value).empty();
  if (name == "--data") return !(setting.data = value).empty();
  const double number = std::atof(value.c_str());
  if (name == "--seconds") setting.duration = Seconds{number};
  if (name == "--rounds") setting.rounds = static_cast<int>(number);
  if (name == "--keys") setting.keys = static_cast<std::uint64_t>(number);
  return number > 0 && (name == "--seconds" || name == "--rounds" || name == "--keys");
}

/// The program's own answer to words it does not understand.
std::optional<std::string> read_arguments(const std::vector<std::string>& words, Setting& setting) {
  // First, so that what else is said overrides it.
  if (std::find(words.begin(), words.end(), "--quick") != words.end()) {
    setting.quick = true;
    setting.rounds = 1;
    setting.warm_up = Seconds{0.2};
    setting.duration = Seconds{0.5};
    setting.keys = 50'000;
  }
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--quick") continue;
    if (i + 1 == words.size()) return words[i];
    if (!take_option(words[i], words[i + 1], setting)) return words[i] + ' ' + words[i + 1];
    ++i;
  }
  return std::nullopt;
}

void print_machine(const json& machine, const Setting& setting) {
  fmt::print("parley key-value benchmarks\n");
  for (const auto& [name, value] : machine.items()) fmt::print("  {:<22} {}\n", name, value.dump());
  fmt::print("  {:<22} {} s after {} s of warm-up, {} rounds\n", "each point",
             setting.duration.count(), setting.warm_up.count(), setting.rounds);
  fmt::print("  {:<22} 16-byte keys, {}-byte values; fsync on everywhere\n\n", "data", value_size);
}

json options_of(const Setting& setting) {
  return {{"quick", setting.quick},
          {"store", setting.store},
          {"build", setting.build.string()},
          {"seconds", setting.duration.count()},
          {"warm_up_seconds", setting.warm_up.count()},
          {"rounds", setting.rounds},
          {"keys", setting.keys},
          {"value_bytes", value_size}};
}

bool write_file(const std::filesystem::path& path, const std::string& text) {
  std::ofstream out{path, std::ios::binary};
  out << text;
  out.close();
  if (out) fmt::print("wrote {}\n", path.string());
  if (!out) fmt::print(stderr, "bench_kv: {}: cannot be written\n", path.string());
  return static_cast<bool>(out);
}

int run(Setting setting) {
  if (setting.build.empty()) setting.build = PARLEY_BUILD_DIR;
  if (setting.out.empty()) setting.out = PARLEY_BUILD_DIR "/bench";
  if (setting.data.empty()) setting.data = PARLEY_BUILD_DIR;
  setting.data /= "bench_kv." + std::to_string(::getpid());
  std::filesystem::create_directories(setting.out);
  std::filesystem::create_directories(setting.data);
  clean_up_on_signals(setting.data);

  json result{
      {"schema", 1}, {"machine", machine_facts(setting.data)}, {"options", options_of(setting)}};
  print_machine(result.at("machine"), setting);
  for (const Part& part : parts) {
    if (!setting.wants(part.name)) continue;
    result[part.name] = part.measure(setting);
    std::fflush(stdout);
  }
  std::filesystem::remove_all(setting.data);

  bool written = write_file(setting.out / "kv.json", result.dump(2) + '\n');
  if (result.contains("throughput")) {
    const std::string picture = plot_throughput(result.at("throughput"), result.at("machine"));
    written = write_file(setting.out / "kv.svg", picture) && written;
  }
  return written ? 0 : 1;
}

}  // namespace

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

}  // namespace parley::bench

int main(int argc, char** argv) {
  namespace bench = parley::bench;
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  bench::Setting setting;
  if (const auto wrong = bench::read_arguments({argv + 1, argv + argc}, setting)) {
    fmt::print(stderr, "bench_kv: cannot make sense of '{}'\n{}", *wrong, bench::usage);
    return bench::exit_usage;
  }
  return bench::run(std::move(setting));
}
