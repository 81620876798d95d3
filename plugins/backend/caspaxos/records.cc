// SPDX-License-Identifier: Apache-2.0
#include "plugins/backend/caspaxos/records.h"

#include "core/base/overloaded.h"

namespace parley::caspaxos {

SharedBytes encode(const Record& record) {
  Bytes bytes;
  Writer out{bytes};
  out.u8(static_cast<std::uint8_t>(record.index()));
  std::visit(overloaded{
                 [&](const PromiseRecord& promise) {
                   out.text(promise.partition);
                   out.varint(promise.promised);
                 },
                 [&](const VoteRecord& vote) {
                   out.text(vote.partition);
                   out.varint(vote.promised);
                   write_vote(out, vote.vote);
                 },
                 [&](const BranchRecord& branches) { out.varint(branches.limit); },
             },
             record);
  return SharedBytes{bytes};
}

std::optional<Record> decode_record(ByteView bytes) {
  Reader in{bytes};
  const std::uint8_t kind = in.u8();
  std::optional<Record> record;
  if (kind == 0) {
    PromiseRecord promise{read_partition(in)};
    promise.promised = read_ballot(in);
    record = std::move(promise);
  } else if (kind == 1) {
    VoteRecord vote{read_partition(in)};
    vote.promised = read_ballot(in);
    std::optional<Vote> cast = read_vote(in);
    if (!cast || (cast->ballot > vote.promised && !mutated(Mutation::AcceptsBelowPromise))) {
      return std::nullopt;
    }
    vote.vote = std::move(*cast);
    record = std::move(vote);
  } else if (kind == 2) {
    record = BranchRecord{in.varint()};
  }
  if (!in.finished()) return std::nullopt;
  return record;
}

std::optional<std::vector<Record>> decode_chunk(ByteView bytes) {
  Reader in{bytes};
  std::vector<Record> records;
  while (in.ok() && in.remaining() > 0) {
    std::optional<Record> record = decode_record(in.bytes());
    if (!record) return std::nullopt;
    records.push_back(std::move(*record));
  }
  if (!in.finished()) return std::nullopt;
  return records;
}

}  // namespace parley::caspaxos
