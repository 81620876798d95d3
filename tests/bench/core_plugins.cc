// SPDX-License-Identifier: Apache-2.0
//
// What a plugin costs before it does anything: judging its file, and mapping it,
// beside a bare dlopen of the same file.
#include <benchmark/benchmark.h>
#include <dlfcn.h>
#include <unistd.h>

#include <filesystem>

#include "core/host/plugins/loader.h"
#include "tests/bench/core_setting.h"

namespace parley::bench {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t loads_count = 50;  ///< Libraries stay mapped, so not many.

/// A new path each time: a path that was opened before is mapped already.
class FreshCopies {
 public:
  explicit FreshCopies(fs::path original) : original_(std::move(original)) {
    std::string pattern = (fs::temp_directory_path() / "parley-bench-XXXXXX").string();
    if (mkdtemp(pattern.data()) != nullptr) folder_ = pattern;
  }
  ~FreshCopies() { fs::remove_all(folder_); }
  FreshCopies(const FreshCopies&) = delete;

  fs::path next() {
    const fs::path copy = folder_ / (std::to_string(++count_) + ".so");
    fs::copy_file(original_, copy);
    return copy;
  }

 private:
  fs::path original_;
  fs::path folder_;
  int count_ = 0;
};

fs::path some_plugin() {
  const PluginScan scan = scan_plugins(plugin_directories({}));
  for (const PluginFile& file : scan.files) {
    if (file.usable() && file.facts->name == "hmac_sha256") return file.path;
  }
  return scan.files.empty() ? fs::path{} : scan.files.front().path;
}

void scan(benchmark::State& state, const fs::path& plugin) {
  for (auto _ : state) {
    auto file = scan_plugin(plugin);
    benchmark::DoNotOptimize(file);
  }
  state.SetItemsProcessed(state.iterations());
}

void load(benchmark::State& state, const fs::path& plugin) {
  FreshCopies copies(plugin);
  for (auto _ : state) {
    state.PauseTiming();
    const fs::path copy = copies.next();
    state.ResumeTiming();
    auto loaded = load_plugin(scan_plugin(copy));
    if (!std::holds_alternative<Plugin>(loaded)) {
      state.SkipWithError(std::get<PluginRefusal>(loaded).message().c_str());
      break;
    }
  }
  state.SetItemsProcessed(state.iterations());
}

void bare(benchmark::State& state, const fs::path& plugin) {
  FreshCopies copies(plugin);
  for (auto _ : state) {
    state.PauseTiming();
    const fs::path copy = copies.next();
    state.ResumeTiming();
    if (dlopen(copy.c_str(), RTLD_NOW | RTLD_LOCAL) == nullptr) {
      state.SkipWithError(dlerror());
      break;
    }
  }
  state.SetItemsProcessed(state.iterations());
}

}  // namespace

void register_plugins(std::vector<Ratio>& ratios) {
  const fs::path plugin = some_plugin();
  if (plugin.empty()) return;
  benchmark::RegisterBenchmark("plugin/scan", scan, plugin);
  benchmark::RegisterBenchmark("plugin/load", load, plugin)->Iterations(loads_count);
  benchmark::RegisterBenchmark("plugin/dlopen", bare, plugin)->Iterations(loads_count);
  const std::string suffix = "/iterations:" + std::to_string(loads_count);
  ratios.push_back({"plugin load / bare dlopen", "plugin/load" + suffix, "plugin/dlopen" + suffix});
}

}  // namespace parley::bench
