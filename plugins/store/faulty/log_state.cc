// SPDX-License-Identifier: Apache-2.0
#include "plugins/store/faulty/log_state.h"

#include "core/base/overloaded.h"

namespace parley::faulty {

void LogState::apply(const Persist& persist) {
  std::visit(overloaded{
                 [&](const Append& append) { records_.push_back(append.record); },
                 [&](const TruncateSuffix& truncate) {
                   while (!records_.empty() && last() >= truncate.index.value) records_.pop_back();
                 },
                 [&](const TrimPrefix& prefix) { trim(prefix.index.value); },
                 [&](const Snapshot& snapshot) {
                   snapshot_index_ = snapshot.index;
                   chunks_ = snapshot.chunks;
                   trim(snapshot.index.value);
                 },
             },
             persist.change);
}

void LogState::trim(std::uint64_t through) {
  while (trimmed_ < through && !records_.empty()) {
    records_.pop_front();
    ++trimmed_;
  }
  // What is beyond the log stands for all of it, had or not.
  trimmed_ = std::max(trimmed_, through);
}

Recovered LogState::recovered() const {
  Recovered recovered;
  recovered.snapshot_index = snapshot_index_;
  for (const SharedBytes& chunk : chunks_) recovered.snapshot_chunks.push_back(to_bytes(chunk));
  std::uint64_t index = trimmed_;
  for (const SharedBytes& record : records_) {
    recovered.records.push_back({LogIndex{++index}, to_bytes(record)});
  }
  return recovered;
}

std::vector<StoreChange> LogState::as_changes(InstanceId instance) const {
  std::vector<StoreChange> changes;
  changes.push_back({instance, {Snapshot{snapshot_index_, chunks_}}});
  changes.push_back({instance, {TrimPrefix{LogIndex{trimmed_}}}});
  for (const SharedBytes& record : records_) changes.push_back({instance, {Append{record}}});
  return changes;
}

}  // namespace parley::faulty
