// SPDX-License-Identifier: Apache-2.0
//
// What is kept, and what an earlier life kept.
#include <algorithm>

#include "core/base/assert.h"
#include "core/base/overloaded.h"
#include "plugins/backend/multi_paxos/multi_paxos.h"
#include "plugins/backend/multi_paxos/notes.h"

namespace parley::multi_paxos {
namespace {

/// Records without gaps are what a member writes, but for these mistakes.
constexpr bool may_have_gaps = mutated(Mutation::ForgetsEntries) ||
                               mutated(Mutation::TrimsWithoutSnapshot) ||
                               mutated(Mutation::SnapshotWithoutTail);

}  // namespace

void MultiPaxos::recover(const Recovered& recovered, Effects& effects) {
  last_record_ = recovered.snapshot_index;
  const auto put = [&](Index first, std::vector<Entry>& entries) {
    for (Index index = first; Entry & entry : entries) {
      const bool stale = index <= commit_;
      if (!stale && index <= log_.last()) truncate(index, effects);
      const bool gap = index > log_.last() + 1;
      PARLEY_ASSERT(!gap || may_have_gaps);
      if (!stale && !gap) append(std::move(entry));
      ++index;
    }
  };
  if (!recovered.snapshot_chunks.empty()) {
    std::optional<DurableSnapshot> snapshot = decode_snapshot(recovered.snapshot_chunks);
    PARLEY_ASSERT(snapshot.has_value() && "our own snapshot does not decode");
    for (const Bytes& chunk : recovered.snapshot_chunks) snapshot_bytes_ += chunk.size();
    promised_ = snapshot->promised;
    const std::optional<Image> image = decode_image(snapshot->image);
    PARLEY_ASSERT(image.has_value() && take_image(*image, effects));
    put(commit_ + 1, snapshot->entries);
  }
  for (const Recovered::Record& record : recovered.records) {
    auto decoded = decode_record(record.bytes);
    PARLEY_ASSERT(decoded.has_value() && "our own record does not decode");
    last_record_ = record.index;
    record_bytes_ += record.bytes.size();
    if (const auto* promise = std::get_if<PromiseRecord>(&*decoded)) {
      promised_ = std::max(promised_, promise->promised);
    } else {
      auto& entries = std::get<EntriesRecord>(*decoded);
      put(entries.first, entries.entries);
      commit_to(std::min(entries.commit, log_.last()), effects);
    }
  }
}

void MultiPaxos::persist(const SharedBytes& record, Effects& effects) {
  ++last_record_.value;
  record_bytes_ += record.size();
  effects.push_back(Persist{Append{record}});
}

void MultiPaxos::persist_promise(Effects& effects) {
  persist(multi_paxos::encode(PromiseRecord{promised_}), effects);
}

/// Effect: the log from `first` on is durable with this step.
void MultiPaxos::persist_entries(Index first, Effects& effects) {
  EntriesRecord record{first, commit_, {}};
  for (Index index = first; index <= log_.last(); ++index) {
    record.entries.push_back(log_.entry(index));
  }
  persist(multi_paxos::encode(record), effects);
}

void MultiPaxos::compact_if_due(Effects& effects) {
  // As much as the last snapshot took is written before the next is: half of what
  // is written is the log itself, however large the state.
  if (record_bytes_ < std::max(options_.snapshot_after, snapshot_bytes_)) return;
  if (last_record_.value == 0) return;
  compact(effects);
}

/// The last entry that no follower is likely to need.
Index MultiPaxos::droppable() const {
  const Index before = std::max(snapshot_index_, log_.base());
  const Leader* role = std::get_if<Leader>(&role_);
  if (role == nullptr || !role->image || role->image->index < log_.base()) return before;
  const std::uint64_t interval = std::max(options_.snapshot_after, snapshot_bytes_);
  const bool too_far = log_.bytes_after(role->image->index) > intervals_kept_for_image * interval;
  return too_far ? before : std::min(before, role->image->index);
}

/// Effect: one snapshot instead of all records. In memory the log keeps what came
/// after the snapshot before, for followers that are not far behind.
void MultiPaxos::compact(Effects& effects) {
  DurableSnapshot snapshot{promised_, commit_, multi_paxos::encode(image_now()), {}};
  for (Index index = commit_ + 1; index <= log_.last(); ++index) {
    if (mutated(Mutation::SnapshotWithoutTail)) break;
    snapshot.entries.push_back(log_.entry(index));
  }
  std::vector<SharedBytes> chunks = multi_paxos::encode(snapshot);
  record_bytes_ = 0;
  snapshot_bytes_ = 0;
  for (const SharedBytes& chunk : chunks) snapshot_bytes_ += chunk.size();
  effects.push_back(Note{&notes::compacted, {commit_, last_record_.value}});
  if (!mutated(Mutation::TrimsWithoutSnapshot)) {
    effects.push_back(Persist{Snapshot{last_record_, std::move(chunks)}});
  }
  effects.push_back(Persist{TrimPrefix{last_record_}});
  const Index keep_after = droppable();
  log_.drop_through(keep_after);
  while (configs_.size() > 1 && configs_[1].index <= keep_after) configs_.erase(configs_.begin());
  snapshot_index_ = commit_;
}

Image MultiPaxos::image_now() const {
  Image image{commit_, log_.position_at(commit_), methods_, {}, {}};
  for (const Config& config : configs_) {
    if (config.index <= commit_) image.membership = *config.membership;
  }
  state_->snapshot(image.object);
  return image;
}

}  // namespace parley::multi_paxos
