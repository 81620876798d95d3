// SPDX-License-Identifier: Apache-2.0
#include "apps/lab/world/disk.h"

#include "core/base/assert.h"
#include "core/base/overloaded.h"

namespace parley {

void Disk::append(std::vector<StoreChange> changes) {
  unsynced_.push_back(std::move(changes));
}

void Disk::sync(std::uint64_t batches) {
  PARLEY_ASSERT(batches <= appended());
  for (; synced_ < batches; ++synced_) {
    for (const StoreChange& change : unsynced_.front()) {
      durable_[change.instance].apply(change.persist);
    }
    unsynced_.pop_front();
  }
}

void Disk::crash(Prng& prng, bool torn) {
  if (torn && !unsynced_.empty()) sync(synced_ + prng.below(unsynced_.size() + 1));
  unsynced_.clear();
}

std::map<InstanceId, Recovered> Disk::recover() const {
  std::map<InstanceId, Recovered> all;
  for (const auto& [instance, image] : durable_) {
    Recovered& recovered = all[instance];
    recovered.snapshot_index = LogIndex{image.snapshot_index};
    for (const SharedBytes& chunk : image.snapshot) {
      recovered.snapshot_chunks.push_back(to_bytes(chunk.view()));
    }
    for (std::size_t i = 0; i < image.records.size(); ++i) {
      const std::uint64_t index = image.first + i;
      if (index <= image.snapshot_index) continue;
      recovered.records.push_back({LogIndex{index}, to_bytes(image.records[i].view())});
    }
  }
  return all;
}

void Disk::Image::apply(const Persist& persist) {
  std::visit(overloaded{
                 [&](const Append& append) { records.push_back(append.record); },
                 [&](const TruncateSuffix& truncate) {
                   while (!records.empty() && first + records.size() > truncate.index.value) {
                     records.pop_back();
                   }
                 },
                 [&](const TrimPrefix& trim) { trim_to(trim.index.value); },
                 [&](const Snapshot& taken) {
                   snapshot_index = taken.index.value;
                   snapshot = taken.chunks;
                   // A snapshot from beyond the log stands for all of it.
                   if (first + records.size() <= snapshot_index) trim_to(snapshot_index);
                 },
             },
             persist.change);
}

void Disk::Image::trim_to(std::uint64_t index) {
  while (!records.empty() && first <= index) {
    records.pop_front();
    ++first;
  }
  if (records.empty() && first <= index) first = index + 1;
}

}  // namespace parley
