// SPDX-License-Identifier: Apache-2.0
#include "plugins/backend/vertical_paxos/records.h"

#include <algorithm>

namespace parley::vertical_paxos {
namespace {

Image read_image(Reader& in) {
  Image image;
  image.index = in.varint();
  image.position = read_position(in);
  image.methods = in.varint();
  image.object = to_bytes(in.bytes());
  const bool sound = image.index <= index_max && image.methods <= image.index &&
                     (image.index == 0) == (image.position.time == 0);
  if (!sound) in.fail();
  return image;
}

}  // namespace

Bytes encode(const Portion& portion) {
  Bytes bytes;
  Writer out{bytes};
  out.u8(portion.image ? 1 : 0);
  if (portion.image) {
    out.varint(portion.image->index);
    write_position(out, portion.image->position);
    out.varint(portion.image->methods);
    out.bytes(portion.image->object);
  } else {
    out.varint(portion.after);
  }
  write_entries(out, portion.entries);
  return bytes;
}

std::optional<Portion> decode_portion(ByteView bytes) {
  Reader in{bytes};
  Portion portion;
  const std::uint8_t has_image = in.u8();
  if (has_image > 1) return std::nullopt;
  if (has_image == 1) {
    portion.image = read_image(in);
    portion.after = portion.image->index;
  } else {
    portion.after = in.varint();
  }
  const Time oldest = portion.image ? portion.image->position.time : 0;
  portion.entries = read_entries(in, oldest, time_max);
  if (!in.finished() || portion.after > index_max) return std::nullopt;
  return portion;
}

SharedBytes encode(const Record& record) {
  Bytes bytes;
  Writer out{bytes};
  out.varint(record.life);
  out.bytes(record.history ? encode_history(*record.history) : Bytes{});
  out.varint(record.first);
  out.varint(record.commit);
  write_entries(out, record.entries);
  return SharedBytes{bytes};
}

std::optional<Record> decode_record(ByteView bytes) {
  Reader in{bytes};
  Record record;
  record.life = in.varint();
  const ByteView history = in.bytes();
  record.first = in.varint();
  record.commit = in.varint();
  record.entries = read_entries(in, 0, time_max);
  if (!history.empty()) {
    record.history = decode_history(history);
    if (!record.history) return std::nullopt;
  }
  const bool sound =
      in.finished() && record.first <= index_max && (record.first == 0) == record.entries.empty();
  if (!sound) return std::nullopt;
  return record;
}

std::vector<SharedBytes> encode(const DurableSnapshot& snapshot) {
  Bytes bytes;
  Writer out{bytes};
  out.varint(snapshot.life);
  out.bytes(encode_history(snapshot.history));
  out.bytes(snapshot.portion);
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
  std::optional<History> history = decode_history(in.bytes());
  snapshot.portion = to_bytes(in.bytes());
  if (!in.finished() || !history) return std::nullopt;
  snapshot.history = *std::move(history);
  return snapshot;
}

}  // namespace parley::vertical_paxos
