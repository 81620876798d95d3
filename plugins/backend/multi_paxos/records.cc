// SPDX-License-Identifier: Apache-2.0
#include "plugins/backend/multi_paxos/records.h"

#include <algorithm>

#include "core/api/reconfigure.h"

namespace parley::multi_paxos {
namespace {

constexpr std::uint8_t tag_promise = 1;
constexpr std::uint8_t tag_entries = 2;

}  // namespace

Bytes encode(const Image& image) {
  Bytes bytes;
  Writer out{bytes};
  out.varint(image.index);
  write_position(out, image.position);
  out.varint(image.methods);
  out.bytes(encode_reconfiguration(image.membership));
  out.bytes(image.object);
  return bytes;
}

std::optional<Image> decode_image(ByteView bytes) {
  Reader in{bytes};
  Image image;
  image.index = in.varint();
  image.position = read_position(in);
  image.methods = in.varint();
  std::optional<Membership> membership = decode_reconfiguration(in.bytes());
  const ByteView object = in.bytes();
  const bool sound = in.finished() && membership && image.index <= index_max &&
                     image.methods <= image.index &&
                     (image.index == 0) == (image.position.time == 0);
  if (!sound) return std::nullopt;
  image.membership = *std::move(membership);
  image.object = to_bytes(object);
  return image;
}

SharedBytes encode(const PromiseRecord& record) {
  Bytes bytes;
  Writer out{bytes};
  out.u8(tag_promise);
  out.varint(record.promised);
  return SharedBytes{bytes};
}

SharedBytes encode(const EntriesRecord& record) {
  Bytes bytes;
  Writer out{bytes};
  out.u8(tag_entries);
  out.varint(record.first);
  out.varint(record.commit);
  write_entries(out, record.entries);
  return SharedBytes{bytes};
}

std::optional<std::variant<PromiseRecord, EntriesRecord>> decode_record(ByteView bytes) {
  using Record = std::variant<PromiseRecord, EntriesRecord>;
  Reader in{bytes};
  const std::uint8_t tag = in.u8();
  if (tag == tag_promise) {
    const PromiseRecord record{in.varint()};
    return in.finished() ? std::optional<Record>{record} : std::nullopt;
  }
  if (tag != tag_entries) return std::nullopt;
  EntriesRecord record;
  record.first = in.varint();
  record.commit = in.varint();
  record.entries = read_entries(in, 0, ballot_max);
  const bool sound = in.finished() && record.first > 0 && record.first <= index_max;
  return sound ? std::optional<Record>{std::move(record)} : std::nullopt;
}

std::vector<SharedBytes> encode(const DurableSnapshot& snapshot) {
  Bytes bytes;
  Writer out{bytes};
  out.varint(snapshot.promised);
  out.varint(snapshot.commit);
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
  snapshot.promised = in.varint();
  snapshot.commit = in.varint();
  snapshot.image = to_bytes(in.bytes());
  snapshot.entries = read_entries(in, 0, ballot_max);
  if (!in.finished()) return std::nullopt;
  return snapshot;
}

}  // namespace parley::multi_paxos
