// SPDX-License-Identifier: Apache-2.0
#include "plugins/backend/chain/records.h"

#include <algorithm>

#include "core/api/reconfigure.h"
#include "core/base/limits.h"

namespace parley::chain {
namespace {

void write_epoch_facts(Writer& out, const EpochFacts& epoch) {
  out.varint(epoch.completed);
  out.principals(epoch.eligible);
  out.bytes(encode_reconfiguration(epoch.membership));
}

EpochFacts read_epoch_facts(Reader& in) {
  EpochFacts epoch;
  epoch.completed = in.varint();
  epoch.eligible = in.principals(static_cast<std::uint32_t>(limits::principals_count_max));
  std::optional<Membership> membership = decode_reconfiguration(in.bytes());
  if (!membership) {
    in.fail();
  } else {
    epoch.membership = *std::move(membership);
  }
  return epoch;
}

}  // namespace

Bytes encode(const Image& image) {
  Bytes bytes;
  Writer out{bytes};
  out.varint(image.index);
  write_position(out, image.position);
  out.varint(image.methods);
  out.bytes(image.object);
  return bytes;
}

std::optional<Image> decode_image(ByteView bytes) {
  Reader in{bytes};
  Image image;
  image.index = in.varint();
  image.position = read_position(in);
  image.methods = in.varint();
  const ByteView object = in.bytes();
  const bool sound = in.finished() && image.index <= index_max && image.methods <= image.index &&
                     (image.index == 0) == (image.position.time == 0);
  if (!sound) return std::nullopt;
  image.object = to_bytes(object);
  return image;
}

SharedBytes encode(const Record& record) {
  Bytes bytes;
  Writer out{bytes};
  out.varint(record.life);
  out.u8(record.epoch ? 1 : 0);
  if (record.epoch) write_epoch_facts(out, *record.epoch);
  out.varint(record.first);
  out.varint(record.commit);
  write_entries(out, record.entries);
  return SharedBytes{bytes};
}

std::optional<Record> decode_record(ByteView bytes) {
  Reader in{bytes};
  Record record;
  record.life = in.varint();
  const std::uint8_t has_epoch = in.u8();
  if (has_epoch > 1) return std::nullopt;
  if (has_epoch == 1) record.epoch = read_epoch_facts(in);
  record.first = in.varint();
  record.commit = in.varint();
  record.entries = read_entries(in, 0, time_max);
  const bool sound =
      in.finished() && record.first <= index_max && (record.first == 0) == record.entries.empty();
  if (!sound) return std::nullopt;
  return record;
}

std::vector<SharedBytes> encode(const DurableSnapshot& snapshot) {
  Bytes bytes;
  Writer out{bytes};
  out.varint(snapshot.life);
  write_epoch_facts(out, snapshot.epoch);
  out.bytes(snapshot.image);
  write_entries(out, snapshot.entries);
  std::vector<SharedBytes> chunks;
  for (ByteView rest = bytes; !rest.empty();) {
    const ByteView chunk = rest.first(std::min(rest.size(), chunk_bytes_max));
    chunks.emplace_back(chunk);
    rest = rest.subspan(chunk.size());
  }
  return chunks;
}

std::optional<DurableSnapshot> decode_snapshot(const std::vector<Bytes>& chunks) {
  Bytes bytes;
  for (const Bytes& chunk : chunks) bytes.insert(bytes.end(), chunk.begin(), chunk.end());
  Reader in{bytes};
  DurableSnapshot snapshot;
  snapshot.life = in.varint();
  snapshot.epoch = read_epoch_facts(in);
  snapshot.image = to_bytes(in.bytes());
  snapshot.entries = read_entries(in, 0, time_max);
  if (!in.finished()) return std::nullopt;
  return snapshot;
}

}  // namespace parley::chain
