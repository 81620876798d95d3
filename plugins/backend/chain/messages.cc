// SPDX-License-Identifier: Apache-2.0
#include "plugins/backend/chain/messages.h"

namespace parley::chain {
namespace {

Time read_epoch(Reader& in) {
  const Time epoch = in.varint();
  if (epoch == 0 || epoch > time_max) in.fail();
  return epoch;
}

Time read_time_or_none(Reader& in) {
  const Time time = in.varint();
  if (time > time_max) in.fail();
  return time;
}

Index read_index(Reader& in) {
  const Index index = in.varint();
  if (index > index_max) in.fail();
  return index;
}

bool read_flag(Reader& in) {
  const std::uint8_t flag = in.u8();
  if (flag > 1) in.fail();
  return flag == 1;
}

template <class Write>
SharedBytes written(Write&& write) {
  Bytes bytes;
  Writer out{bytes};
  write(out);
  return SharedBytes{bytes};
}

template <class Message>
std::optional<Message> finished(const Reader& in, Message message) {
  if (!in.finished()) return std::nullopt;
  return message;
}

Entry read_entry(Reader& in) {
  Entry entry;
  entry.time = read_epoch(in);
  const std::uint8_t kind = in.u8();
  const ByteView bytes = in.bytes();
  if (kind > 1 || bytes.size() > method_size_max) in.fail();
  entry.kind = static_cast<EntryKind>(kind);
  if (entry.kind == EntryKind::Barrier && !bytes.empty()) in.fail();
  if (in.ok()) entry.bytes = SharedBytes{bytes};
  return entry;
}

}  // namespace

void write_entries(Writer& out, const std::vector<Entry>& entries) {
  out.varint(entries.size());
  for (const Entry& entry : entries) {
    out.varint(entry.time);
    out.u8(static_cast<std::uint8_t>(entry.kind));
    out.bytes(entry.bytes);
  }
}

std::vector<Entry> read_entries(Reader& in, Time oldest, Time newest) {
  std::vector<Entry> entries;
  const std::uint64_t count = in.varint();
  if (count > in.remaining()) in.fail();
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    entries.push_back(read_entry(in));
    if (entries.back().time < oldest || entries.back().time > newest) in.fail();
    oldest = entries.back().time;
  }
  return entries;
}

void write_position(Writer& out, const Position& position) {
  out.varint(position.time);
  out.varint(position.version);
}

Position read_position(Reader& in) {
  Position position;
  position.time = read_time_or_none(in);
  const std::uint64_t version = in.varint();
  if (version > UINT32_MAX || (position.time == 0) != (version == 0)) in.fail();
  position.version = static_cast<std::uint32_t>(version);
  return position;
}

SharedBytes encode(const Entries& message) {
  return written([&](Writer& out) {
    out.varint(message.epoch);
    out.varint(message.previous);
    out.varint(message.previous_time);
    out.varint(message.commit);
    write_entries(out, message.entries);
  });
}

template <>
std::optional<Entries> decode(ByteView record) {
  Reader in{record};
  Entries message;
  message.epoch = read_epoch(in);
  message.previous = read_index(in);
  message.previous_time = read_time_or_none(in);
  message.commit = read_index(in);
  message.entries = read_entries(in, message.previous_time, message.epoch);
  const bool sound = message.previous_time <= message.epoch &&
                     (message.previous == 0) == (message.previous_time == 0) &&
                     message.entries.size() <= entries_per_message_max;
  if (!sound) return std::nullopt;
  return finished(in, std::move(message));
}

SharedBytes encode(const Received& message) {
  return written([&](Writer& out) {
    out.varint(message.epoch);
    out.u8(message.matched ? 1 : 0);
    out.varint(message.index);
    out.varint(message.stable);
  });
}

template <>
std::optional<Received> decode(ByteView record) {
  Reader in{record};
  Received message;
  message.epoch = read_epoch(in);
  message.matched = read_flag(in);
  message.index = read_index(in);
  message.stable = read_index(in);
  if (message.stable > message.index) return std::nullopt;
  return finished(in, message);
}

SharedBytes encode(const Heartbeat& message) {
  return written([&](Writer& out) {
    out.varint(message.epoch);
    out.varint(message.round);
    out.varint(message.commit);
  });
}

template <>
std::optional<Heartbeat> decode(ByteView record) {
  Reader in{record};
  Heartbeat message;
  message.epoch = read_epoch(in);
  message.round = in.varint();
  message.commit = read_index(in);
  if (message.round == 0) return std::nullopt;
  return finished(in, message);
}

SharedBytes encode(const HeartbeatAnswer& message) {
  return written([&](Writer& out) {
    out.varint(message.epoch);
    out.varint(message.round);
  });
}

template <>
std::optional<HeartbeatAnswer> decode(ByteView record) {
  Reader in{record};
  HeartbeatAnswer message;
  message.epoch = read_epoch(in);
  message.round = in.varint();
  if (message.round == 0) return std::nullopt;
  return finished(in, message);
}

SharedBytes encode(const Hello& message) {
  return written([&](Writer& out) { out.varint(message.epoch); });
}

template <>
std::optional<Hello> decode(ByteView record) {
  Reader in{record};
  const Hello message{read_epoch(in)};
  return finished(in, message);
}

SharedBytes encode(const ImageChunk& message) {
  return written([&](Writer& out) {
    out.varint(message.epoch);
    out.varint(message.index);
    out.varint(message.time);
    out.varint(message.size);
    out.varint(message.offset);
    out.bytes(message.bytes);
  });
}

template <>
std::optional<ImageChunk> decode(ByteView record) {
  Reader in{record};
  ImageChunk message;
  message.epoch = read_epoch(in);
  message.index = read_index(in);
  message.time = read_epoch(in);
  message.size = in.varint();
  message.offset = in.varint();
  const ByteView bytes = in.bytes();
  const bool sound = in.finished() && message.time <= message.epoch && message.index > 0 &&
                     message.size <= image_bytes_max && message.offset < message.size &&
                     !bytes.empty() && bytes.size() <= chunk_bytes_max &&
                     bytes.size() <= message.size - message.offset;
  if (!sound) return std::nullopt;
  message.bytes = SharedBytes{bytes};
  return message;
}

SharedBytes encode(const ChunkReceived& message) {
  return written([&](Writer& out) {
    out.varint(message.epoch);
    out.varint(message.index);
    out.varint(message.offset);
  });
}

template <>
std::optional<ChunkReceived> decode(ByteView record) {
  Reader in{record};
  ChunkReceived message;
  message.epoch = read_epoch(in);
  message.index = read_index(in);
  message.offset = in.varint();
  return finished(in, message);
}

}  // namespace parley::chain
