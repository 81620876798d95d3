// SPDX-License-Identifier: Apache-2.0
//
// Entries made durable a second by every store, beside a bare write and
// fdatasync of as many bytes on the same file system.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <unistd.h>

#include <filesystem>

#include "apps/lab/conformance/default_config.h"
#include "tests/bench/core_setting.h"

namespace parley::bench {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t record_size = 128;

/// An empty folder on the build's file system, gone when done.
class Folder {
 public:
  explicit Folder(const std::string& name) : path_(fs::path(PARLEY_BUILD_DIR) / "bench-data") {
    path_ /= name + "-" + std::to_string(getpid());
    fs::remove_all(path_);
    fs::create_directories(path_);
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

void bare(benchmark::State& state) {
  const Folder folder("bare");
  const int file = open((folder.path() / "log").c_str(), O_CREAT | O_WRONLY | O_APPEND, 0600);
  const Bytes batch(record_size * static_cast<std::size_t>(state.range(0)), 0x5A);
  for (auto _ : state) {
    const bool written =
        write(file, batch.data(), batch.size()) == static_cast<ssize_t>(batch.size());
    if (!written || fdatasync(file) != 0) {
      state.SkipWithError("the disk refuses");
      break;
    }
  }
  close(file);
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void append_and_sync(benchmark::State& state, const Plugin* plugin) {
  const Folder folder(plugin->descriptor->name);
  const auto& factory = *static_cast<const StoreFactory*>(plugin->factory.get());
  auto opened = factory.open(folder.path(), default_config(*plugin->descriptor));
  if (!opened) {
    state.SkipWithError(opened.error().message.c_str());
    return;
  }
  const std::unique_ptr<Store> store = std::move(opened).value();
  static_cast<void>(store->recover(InstanceId{1}));
  const SharedBytes record{Bytes(record_size, 0x5A)};
  const std::vector<StoreChange> batch(static_cast<std::size_t>(state.range(0)),
                                       {InstanceId{1}, Persist{Append{record}}});
  for (auto _ : state) {
    if (!store->append(batch) || !store->sync()) {
      state.SkipWithError("the store refuses");
      break;
    }
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

}  // namespace

void register_stores(std::vector<Ratio>& ratios) {
  for (const std::int64_t batch : {1, 16, 256}) {
    // Bounded by count, so that a fast disk does not fill up.
    benchmark::RegisterBenchmark("write+fdatasync", bare)
        ->Arg(batch)
        ->Iterations(500)
        ->UseRealTime();
  }
  for (const Plugin* plugin : catalogue().of_kind(PARLEY_KIND_STORE)) {
    const std::string name = plugin->descriptor->name;
    for (const std::int64_t batch : {1, 16, 256}) {
      benchmark::RegisterBenchmark(("store/" + name).c_str(), append_and_sync, plugin)
          ->Arg(batch)
          ->Iterations(500)
          ->UseRealTime();
      if (!static_cast<const StoreFactory*>(plugin->factory.get())->durable()) continue;
      const std::string suffix = "/" + std::to_string(batch) + "/iterations:500/real_time";
      ratios.push_back({name + " / bare write+fdatasync, batches of " + std::to_string(batch),
                        "store/" + name + suffix, "write+fdatasync" + suffix});
    }
  }
}

}  // namespace parley::bench
