// SPDX-License-Identifier: Apache-2.0
//
// What is kept, and what an earlier life kept.
#include <algorithm>

#include "core/base/assert.h"
#include "core/base/overloaded.h"
#include "plugins/backend/caspaxos/caspaxos.h"
#include "plugins/backend/caspaxos/notes.h"

namespace parley::caspaxos {
namespace {

constexpr std::size_t chunk_size = std::size_t{1} << 20;

/// Records as chunks of a snapshot.
class Chunks {
 public:
  void add(const Record& record) {
    Writer{chunk_}.bytes(encode(record));
    if (chunk_.size() >= chunk_size) close();
  }
  std::vector<SharedBytes> take() {
    if (!chunk_.empty()) close();
    return std::move(chunks_);
  }

 private:
  void close() {
    chunks_.push_back(SharedBytes{chunk_});
    chunk_.clear();
  }

  Bytes chunk_;
  std::vector<SharedBytes> chunks_;
};

}  // namespace

void CasPaxos::persist(const Record& record, Effects& effects) {
  ++last_index_.value;
  const SharedBytes bytes = caspaxos::encode(record);
  log_bytes_ += bytes.size();
  effects.push_back(Persist{Append{bytes}});
}

/// Effect: the register's vote is durable with this step, and what it promised.
void CasPaxos::persist_vote(const Entry& at, Effects& effects) {
  const auto& [partition, reg] = at;
  const bool forgets_next = mutated(Mutation::ForgetsNextPromise);
  persist(VoteRecord{partition, forgets_next ? reg.accepted->ballot : reg.promised, *reg.accepted},
          effects);
}

void CasPaxos::compact_if_due(Effects& effects) {
  // As much is written to the log as a snapshot takes before the next is made, so
  // that half of what is written at least is the log itself, however large the data.
  if (log_bytes_ <= std::max(options_.snapshot_after, registers_bytes_)) return;
  Chunks chunks;
  chunks.add(BranchRecord{branch_limit_});
  for (const auto& [partition, reg] : registers_) {
    if (reg.accepted && !mutated(Mutation::SnapshotWithoutVote)) {
      chunks.add(VoteRecord{partition, reg.promised, *reg.accepted});
    } else if (reg.promised > 0) {
      chunks.add(PromiseRecord{partition, reg.promised});
    }
  }
  effects.push_back(
      Note{&notes::compacted, {last_index_.value, registers_.size(), registers_bytes_}});
  if (!mutated(Mutation::TrimsWithoutSnapshot)) {
    effects.push_back(Persist{Snapshot{last_index_, chunks.take()}});
  }
  effects.push_back(Persist{TrimPrefix{last_index_}});
  log_bytes_ = 0;
}

void CasPaxos::recover(const Recovered& recovered) {
  last_index_ = recovered.snapshot_index;
  for (const Bytes& chunk : recovered.snapshot_chunks) {
    std::optional<std::vector<Record>> records = decode_chunk(chunk);
    PARLEY_ASSERT(records.has_value() && "our own snapshot does not decode");
    for (Record& record : *records) apply(std::move(record));
  }
  for (const Recovered::Record& kept : recovered.records) {
    std::optional<Record> record = decode_record(kept.bytes);
    PARLEY_ASSERT(record.has_value() && "our own log does not decode");
    apply(std::move(*record));
    last_index_ = kept.index;
    log_bytes_ += kept.bytes.size();
  }
  next_branch_ = mutated(Mutation::ForgetsBranches) ? 1 : branch_limit_;
}

void CasPaxos::apply(Record record) {
  std::visit(overloaded{
                 [&](PromiseRecord& kept) {
                   Register& reg = entry(std::move(kept.partition)).second;
                   reg.promised = std::max(reg.promised, kept.promised);
                 },
                 [&](VoteRecord& kept) {
                   Register& reg = entry(std::move(kept.partition)).second;
                   reg.promised = std::max(reg.promised, kept.promised);
                   registers_bytes_ -= reg.accepted ? reg.accepted->value.size() : 0;
                   reg.accepted = std::move(kept.vote);
                   registers_bytes_ += reg.accepted->value.size();
                 },
                 [&](BranchRecord& kept) { branch_limit_ = std::max(branch_limit_, kept.limit); },
             },
             record);
}

}  // namespace parley::caspaxos
