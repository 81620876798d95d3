// SPDX-License-Identifier: Apache-2.0
//
// What is kept, and what an earlier life kept.
#include <algorithm>

#include "core/base/assert.h"
#include "plugins/backend/vertical_paxos/notes.h"
#include "plugins/backend/vertical_paxos/vertical_paxos.h"

namespace parley::vertical_paxos {

void VerticalPaxos::put(Index first, std::vector<Entry>& entries, Effects& effects) {
  for (Index index = first; Entry & entry : entries) {
    const bool known = index <= commit_;
    if (!known && index <= log_.last()) truncate(index, effects);
    // Only a node that forgets entries has a gap in its records.
    const bool gap = index > log_.last() + 1;
    PARLEY_ASSERT(!gap || mutated(Mutation::ForgetsEntries) ||
                  mutated(Mutation::SnapshotWithoutTail) ||
                  mutated(Mutation::TrimsWithoutSnapshot));
    if (!known && !gap) log_.append(std::move(entry));
    ++index;
  }
}

void VerticalPaxos::recover(const Recovered& recovered, Effects& effects) {
  last_record_ = recovered.snapshot_index;
  if (!recovered.snapshot_chunks.empty()) {
    std::optional<DurableSnapshot> snapshot = decode_snapshot(recovered.snapshot_chunks);
    std::optional<Portion> portion =
        snapshot ? decode_portion(snapshot->portion) : std::optional<Portion>{};
    PARLEY_ASSERT(portion.has_value() && "our own snapshot does not decode");
    PARLEY_ASSERT(portion->image.has_value() && take_image(*portion->image));
    for (const Bytes& chunk : recovered.snapshot_chunks) snapshot_bytes_ += chunk.size();
    life_ = snapshot->life;
    history_ = std::move(snapshot->history);
    put(commit_ + 1, portion->entries, effects);
  }
  for (const Recovered::Record& bytes : recovered.records) {
    std::optional<Record> record = decode_record(bytes.bytes);
    PARLEY_ASSERT(record.has_value() && "our own record does not decode");
    last_record_ = bytes.index;
    record_bytes_ += bytes.bytes.size();
    life_ = record->life;
    if (record->history) history_ = *std::move(record->history);
    put(record->first, record->entries, effects);
    commit_to(std::min(record->commit, log_.last()), effects);
  }
}

/// Effect: the entries from this one on are durable with this step.
void VerticalPaxos::changed_from(Index first) {
  if (changed_from_ == 0 || first < changed_from_) changed_from_ = first;
}

/// Effect: what the step changed is one record, before its other effects.
void VerticalPaxos::persist(std::size_t at, Effects& effects) {
  const bool changed = history_changed_ || life_changed_ || changed_from_ > 0 || image_taken_;
  if (changed) {
    Record record{.life = life_, .commit = commit_};
    if (history_changed_ && !mutated(Mutation::ForgetsEpoch)) record.history = history_;
    if (changed_from_ > 0 && !mutated(Mutation::ForgetsEntries)) {
      // Entries that an image stands for are in the snapshot that it brings.
      for (Index index = std::max(changed_from_, log_.base() + 1); index <= log_.last(); ++index) {
        if (record.first == 0) record.first = index;
        record.entries.push_back(log_.entry(index));
      }
    }
    const SharedBytes bytes = vertical_paxos::encode(record);
    ++last_record_.value;
    record_bytes_ += bytes.size();
    effects.insert(effects.begin() + static_cast<std::ptrdiff_t>(at), Persist{Append{bytes}});
  }
  // An image is in no record.
  if (image_taken_) compact(effects);
  history_changed_ = life_changed_ = image_taken_ = false;
  changed_from_ = 0;
}

/// Effect: a snapshot, if as much was written since the last one as that took: half
/// of what is written is the log itself, however large the state.
void VerticalPaxos::compact_if_due(Effects& effects) {
  if (record_bytes_ >= std::max(options_.snapshot_after, snapshot_bytes_)) compact(effects);
}

/// Effect: one snapshot instead of all records. In memory the log keeps what came
/// after the snapshot before, for nodes that are not far behind.
void VerticalPaxos::compact(Effects& effects) {
  Portion portion = portion_after(std::nullopt);
  if (mutated(Mutation::SnapshotWithoutTail)) portion.entries.clear();
  std::vector<SharedBytes> chunks =
      vertical_paxos::encode(DurableSnapshot{life_, history_, vertical_paxos::encode(portion)});
  record_bytes_ = 0;
  snapshot_bytes_ = 0;
  for (const SharedBytes& chunk : chunks) snapshot_bytes_ += chunk.size();
  effects.push_back(Note{&notes::compacted, {commit_, last_record_.value}});
  if (!mutated(Mutation::TrimsWithoutSnapshot)) {
    effects.push_back(Persist{Snapshot{last_record_, std::move(chunks)}});
  }
  effects.push_back(Persist{TrimPrefix{last_record_}});
  log_.drop_through(std::max(snapshot_index_, log_.base()));
  snapshot_index_ = commit_;
}

/// What comes after the entry at `index`; where that is gone, or not asked for, the
/// state and what comes after it.
Portion VerticalPaxos::portion_after(std::optional<Index> index) const {
  Portion portion;
  if (index && log_.reaches(*index)) {
    portion.after = *index;
  } else {
    portion.image = Image{commit_, log_.position_at(commit_), methods_, {}};
    state_->snapshot(portion.image->object);
    portion.after = commit_;
  }
  for (Index at = portion.after + 1; at <= log_.last(); ++at) {
    portion.entries.push_back(log_.entry(at));
  }
  return portion;
}

}  // namespace parley::vertical_paxos
