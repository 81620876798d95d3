// SPDX-License-Identifier: Apache-2.0
#include "plugins/store/memory/memory.h"

#include <deque>
#include <map>

#include "core/base/assert.h"

namespace parley::memory {
namespace {

/// Records (first, first + size), after a snapshot of everything before.
struct Log {
  LogIndex snapshot_index{};
  std::vector<SharedBytes> snapshot_chunks;
  std::uint64_t trimmed = 0;  ///< Index of the last record that is gone from the front.
  std::deque<SharedBytes> records;

  std::uint64_t last() const { return trimmed + records.size(); }

  void trim(std::uint64_t through) {
    while (trimmed < through && !records.empty()) {
      records.pop_front();
      ++trimmed;
    }
    // What is beyond the log stands for all of it, had or not.
    if (records.empty() && trimmed < through) trimmed = through;
  }

  void apply(const Append& append) { records.push_back(append.record); }
  void apply(const TruncateSuffix& truncate) {
    while (!records.empty() && last() >= truncate.index.value) records.pop_back();
  }
  void apply(const TrimPrefix& prefix) { trim(prefix.index.value); }
  void apply(const Snapshot& snapshot) {
    snapshot_index = snapshot.index;
    snapshot_chunks = snapshot.chunks;
    trim(snapshot.index.value);
  }
};

Recovered copy_of(const Log& log) {
  Recovered recovered;
  recovered.snapshot_index = log.snapshot_index;
  for (const SharedBytes& chunk : log.snapshot_chunks) {
    recovered.snapshot_chunks.push_back(to_bytes(chunk));
  }
  std::uint64_t index = log.trimmed;
  for (const SharedBytes& record : log.records) {
    recovered.records.push_back({LogIndex{++index}, to_bytes(record)});
  }
  return recovered;
}

class Memory final : public Store {
 public:
  Result<Recovered> recover(InstanceId instance) override { return copy_of(logs_[instance]); }

  Status append(std::span<const StoreChange> changes) override {
    for (const StoreChange& change : changes) {
      const auto log = logs_.find(change.instance);
      PARLEY_ASSERT(log != logs_.end());  // Recovered before written to.
      std::visit([&](const auto& persist) { log->second.apply(persist); }, change.persist.change);
    }
    return {};
  }

  Status sync() override { return {}; }

 private:
  std::map<InstanceId, Log> logs_;
};

}  // namespace

Result<std::unique_ptr<Store>> Factory::open(const std::filesystem::path& /*directory*/,
                                             const Config& /*config*/) const {
  return std::unique_ptr<Store>{std::make_unique<Memory>()};
}

}  // namespace parley::memory
