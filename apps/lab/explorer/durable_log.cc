// SPDX-License-Identifier: Apache-2.0
#include "apps/lab/explorer/durable_log.h"

#include <algorithm>

#include "core/base/overloaded.h"

namespace parley {

void DurableLog::apply(const Persist& persist) {
  std::visit(overloaded{
                 [&](const Append& append) { records_.push_back(append.record); },
                 [&](const TruncateSuffix& truncate) {
                   const std::uint64_t index = std::max(truncate.index.value, first_);
                   if (index - first_ < records_.size()) records_.resize(index - first_);
                 },
                 [&](const TrimPrefix& trim) { trim_to(trim.index.value); },
                 [&](const Snapshot& taken) {
                   snapshot_index_ = taken.index.value;
                   snapshot_ = taken.chunks;
                   trim_to(snapshot_index_);
                 },
             },
             persist.change);
}

Recovered DurableLog::recover() const {
  Recovered recovered;
  recovered.snapshot_index = LogIndex{snapshot_index_};
  for (const SharedBytes& chunk : snapshot_) {
    recovered.snapshot_chunks.push_back(to_bytes(chunk.view()));
  }
  for (std::size_t i = 0; i < records_.size(); ++i) {
    recovered.records.push_back({LogIndex{first_ + i}, to_bytes(records_[i].view())});
  }
  return recovered;
}

void DurableLog::encode(Writer& out) const {
  out.varint(first_);
  out.varint(records_.size());
  for (const SharedBytes& record : records_) out.bytes(record);
  out.varint(snapshot_index_);
  out.varint(snapshot_.size());
  for (const SharedBytes& chunk : snapshot_) out.bytes(chunk);
}

void DurableLog::trim_to(std::uint64_t index) {
  if (index < first_) return;
  const std::uint64_t dropped = std::min<std::uint64_t>(index + 1 - first_, records_.size());
  records_.erase(records_.begin(), records_.begin() + static_cast<std::ptrdiff_t>(dropped));
  first_ = records_.empty() ? std::max(first_ + dropped, index + 1) : first_ + dropped;
}

}  // namespace parley
