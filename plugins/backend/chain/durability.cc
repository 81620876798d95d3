// SPDX-License-Identifier: Apache-2.0
//
// What is kept, and what an earlier life kept.
#include <algorithm>

#include "core/base/assert.h"
#include "plugins/backend/chain/chain.h"

namespace parley::chain {

void Chain::put(Index first, std::vector<Entry>& entries, Effects& effects) {
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

void Chain::recover(const Recovered& recovered, Effects& effects) {
  last_record_ = recovered.snapshot_index;
  if (!recovered.snapshot_chunks.empty()) {
    std::optional<DurableSnapshot> snapshot = decode_snapshot(recovered.snapshot_chunks);
    PARLEY_ASSERT(snapshot.has_value() && "our own snapshot does not decode");
    for (const Bytes& chunk : recovered.snapshot_chunks) snapshot_bytes_ += chunk.size();
    life_ = snapshot->life;
    facts_ = snapshot->epoch;
    const std::optional<Image> image = decode_image(snapshot->image);
    PARLEY_ASSERT(image.has_value() && take_image(*image));
    put(commit_ + 1, snapshot->entries, effects);
  }
  for (const Recovered::Record& bytes : recovered.records) {
    std::optional<Record> record = decode_record(bytes.bytes);
    PARLEY_ASSERT(record.has_value() && "our own record does not decode");
    last_record_ = bytes.index;
    record_bytes_ += bytes.bytes.size();
    life_ = record->life;
    if (record->epoch) facts_ = *std::move(record->epoch);
    put(record->first, record->entries, effects);
    commit_to(std::min(record->commit, log_.last()), effects);
  }
}

/// Effect: the entries from this one on are durable with this step.
void Chain::changed_from(Index first) {
  if (changed_from_ == 0 || first < changed_from_) changed_from_ = first;
}

/// Effect: what the step changed is one record, before its other effects; when
/// there are many, a snapshot stands for them.
void Chain::persist(std::size_t at, Effects& effects) {
  Record record{.life = life_, .commit = commit_};
  if (epoch_changed_ && !mutated(Mutation::ForgetsEpoch)) record.epoch = facts_;
  if (changed_from_ > 0 && !mutated(Mutation::ForgetsEntries)) {
    record.first = changed_from_;
    for (Index index = changed_from_; index <= log_.last(); ++index) {
      record.entries.push_back(log_.entry(index));
    }
    if (record.entries.empty()) record.first = 0;
  }
  const bool changed = epoch_changed_ || life_changed_ || changed_from_ > 0 || image_taken_;
  const bool image_taken = image_taken_;
  epoch_changed_ = life_changed_ = image_taken_ = false;
  changed_from_ = 0;
  if (changed) {
    const SharedBytes bytes = chain::encode(record);
    ++last_record_.value;
    record_bytes_ += bytes.size();
    effects.insert(effects.begin() + static_cast<std::ptrdiff_t>(at), Persist{Append{bytes}});
  }
  // As much as the last snapshot took is written before the next is: half of what
  // is written is the log itself, however large the state.
  const bool due = record_bytes_ >= std::max(options_.snapshot_after, snapshot_bytes_);
  if (last_record_.value > 0 && (due || image_taken)) compact(effects);
}

/// Effect: one snapshot instead of all records. In memory the log keeps what came
/// after the snapshot before, for nodes that are not far behind.
void Chain::compact(Effects& effects) {
  DurableSnapshot snapshot{life_, facts_, chain::encode(image_now()), {}};
  for (Index index = commit_ + 1; index <= log_.last(); ++index) {
    if (mutated(Mutation::SnapshotWithoutTail)) break;
    snapshot.entries.push_back(log_.entry(index));
  }
  std::vector<SharedBytes> chunks = chain::encode(snapshot);
  record_bytes_ = 0;
  snapshot_bytes_ = 0;
  for (const SharedBytes& chunk : chunks) snapshot_bytes_ += chunk.size();
  effects.push_back(Note{&options_.notes->compacted, {commit_, last_record_.value}});
  if (!mutated(Mutation::TrimsWithoutSnapshot)) {
    effects.push_back(Persist{Snapshot{last_record_, std::move(chunks)}});
  }
  effects.push_back(Persist{TrimPrefix{last_record_}});
  log_.drop_through(std::max(snapshot_index_, log_.base()));
  snapshot_index_ = commit_;
}

Image Chain::image_now() const {
  Image image{commit_, log_.position_at(commit_), methods_, {}};
  state_->snapshot(image.object);
  return image;
}

}  // namespace parley::chain
