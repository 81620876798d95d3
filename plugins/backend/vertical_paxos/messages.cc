// SPDX-License-Identifier: Apache-2.0
#include "plugins/backend/vertical_paxos/messages.h"

#include <algorithm>

namespace parley::vertical_paxos {
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

PortionName read_portion(Reader& in) {
  PortionName portion;
  portion.after = read_index(in);
  portion.last = read_index(in);
  if (portion.after > portion.last) in.fail();
  return portion;
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

bool same(const Membership& a, const Membership& b) {
  return a.epoch == b.epoch && a.members == b.members && a.learners == b.learners &&
         a.order == b.order;
}

}  // namespace

bool operator==(const History& a, const History& b) {
  return std::equal(a.epochs.begin(), a.epochs.end(), b.epochs.begin(), b.epochs.end(), same);
}

bool is_sound(const History& history) {
  if (history.epochs.empty()) return false;
  std::uint64_t next = history.completed();
  if (next == 0 || history.latest().epoch.value > time_max) return false;
  return std::all_of(history.epochs.begin(), history.epochs.end(), [&](const Membership& epoch) {
    return epoch.epoch.value == next++ && !epoch.order.empty() &&
           epoch.order.size() == epoch.members.size() && (epoch.members & epoch.learners).empty();
  });
}

Bytes encode_history(const History& history) {
  return encode_configuration(ConfigurationAnswer{Epoch{history.completed()}, history.epochs});
}

std::optional<History> decode_history(ByteView bytes) {
  std::optional<ConfigurationAnswer> answer = decode_configuration_answer(bytes);
  if (!answer) return std::nullopt;
  History history{std::move(answer->epochs)};
  if (!is_sound(history) || answer->completed.value != history.completed()) return std::nullopt;
  return history;
}

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

SharedBytes encode(const Epochs& message) {
  return SharedBytes{encode_history(message.history)};
}

template <>
std::optional<Epochs> decode(ByteView record) {
  std::optional<History> history = decode_history(record);
  if (!history) return std::nullopt;
  return Epochs{*std::move(history)};
}

SharedBytes encode(const Promise& message) {
  return written([&](Writer& out) {
    out.varint(message.epoch);
    write_position(out, message.last);
  });
}

template <>
std::optional<Promise> decode(ByteView record) {
  Reader in{record};
  Promise message;
  message.epoch = read_epoch(in);
  message.last = read_position(in);
  if (message.last.time > message.epoch) return std::nullopt;
  return finished(in, message);
}

SharedBytes encode(const Accept& message) {
  return written([&](Writer& out) {
    out.varint(message.epoch);
    out.varint(message.round);
    out.varint(message.previous);
    out.varint(message.previous_time);
    out.varint(message.commit);
    write_entries(out, message.entries);
  });
}

template <>
std::optional<Accept> decode(ByteView record) {
  Reader in{record};
  Accept message;
  message.epoch = read_epoch(in);
  message.round = in.varint();
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

SharedBytes encode(const Accepted& message) {
  return written([&](Writer& out) {
    out.varint(message.epoch);
    out.varint(message.round);
    out.u8(message.matched ? 1 : 0);
    out.varint(message.index);
  });
}

template <>
std::optional<Accepted> decode(ByteView record) {
  Reader in{record};
  Accepted message;
  message.epoch = read_epoch(in);
  message.round = in.varint();
  const std::uint8_t matched = in.u8();
  message.matched = matched == 1;
  message.index = read_index(in);
  if (matched > 1) return std::nullopt;
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

SharedBytes encode(const Fetch& message) {
  return written([&](Writer& out) {
    out.varint(message.epoch);
    out.varint(message.commit);
    out.varint(message.portion.after);
    out.varint(message.portion.last);
    out.varint(message.offset);
  });
}

template <>
std::optional<Fetch> decode(ByteView record) {
  Reader in{record};
  Fetch message;
  message.epoch = read_epoch(in);
  message.commit = read_index(in);
  message.portion = read_portion(in);
  message.offset = in.varint();
  return finished(in, message);
}

SharedBytes encode(const Chunk& message) {
  return written([&](Writer& out) {
    out.varint(message.epoch);
    out.varint(message.portion.after);
    out.varint(message.portion.last);
    out.varint(message.size);
    out.varint(message.offset);
    out.bytes(message.bytes);
  });
}

template <>
std::optional<Chunk> decode(ByteView record) {
  Reader in{record};
  Chunk message;
  message.epoch = read_epoch(in);
  message.portion = read_portion(in);
  message.size = in.varint();
  message.offset = in.varint();
  const ByteView bytes = in.bytes();
  const bool sound = in.finished() && message.size <= portion_bytes_max &&
                     message.offset < message.size && !bytes.empty() &&
                     bytes.size() <= chunk_bytes_max &&
                     bytes.size() <= message.size - message.offset;
  if (!sound) return std::nullopt;
  message.bytes = SharedBytes{bytes};
  return message;
}

}  // namespace parley::vertical_paxos
