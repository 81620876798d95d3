// SPDX-License-Identifier: Apache-2.0
#include "plugins/backend/multi_paxos/messages.h"

#include "core/api/reconfigure.h"

namespace parley::multi_paxos {
namespace {

Ballot read_ballot(Reader& in) {
  const Ballot ballot = in.varint();
  if (round_of(ballot) == 0 || ballot > ballot_max) in.fail();
  return ballot;
}

Ballot read_ballot_or_none(Reader& in) {
  const Ballot ballot = in.varint();
  if (ballot != 0 && (round_of(ballot) == 0 || ballot > ballot_max)) in.fail();
  return ballot;
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

std::uint8_t flag(bool value) {
  return value ? 1 : 0;
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
  entry.ballot = read_ballot(in);
  const std::uint8_t kind = in.u8();
  const ByteView bytes = in.bytes();
  if (kind > 2 || bytes.size() > method_size_max) in.fail();
  entry.kind = static_cast<EntryKind>(kind);
  if (entry.kind == EntryKind::NoOp && !bytes.empty()) in.fail();
  if (entry.kind == EntryKind::Configuration && !decode_reconfiguration(bytes)) in.fail();
  if (in.ok()) entry.bytes = SharedBytes{bytes};
  return entry;
}

}  // namespace

void write_entries(Writer& out, const std::vector<Entry>& entries) {
  out.varint(entries.size());
  for (const Entry& entry : entries) {
    out.varint(entry.ballot);
    out.u8(static_cast<std::uint8_t>(entry.kind));
    out.bytes(entry.bytes);
  }
}

std::vector<Entry> read_entries(Reader& in, Ballot oldest, Ballot newest) {
  std::vector<Entry> entries;
  const std::uint64_t count = in.varint();
  if (count > in.remaining()) in.fail();
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    entries.push_back(read_entry(in));
    if (entries.back().ballot < oldest || entries.back().ballot > newest) in.fail();
    oldest = entries.back().ballot;
  }
  return entries;
}

void write_position(Writer& out, const Position& position) {
  out.varint(position.time);
  out.varint(position.version);
}

Position read_position(Reader& in) {
  Position position;
  position.time = read_ballot_or_none(in);
  const std::uint64_t version = in.varint();
  if (version > UINT32_MAX || (position.time == 0) != (version == 0)) in.fail();
  position.version = static_cast<std::uint32_t>(version);
  return position;
}

SharedBytes encode(const AskVote& message) {
  return written([&](Writer& out) {
    out.varint(message.ballot);
    out.u8(flag(message.trial));
    write_position(out, message.last);
    out.varint(message.resigned.size());
    for (const Ballot ballot : message.resigned) out.varint(ballot);
  });
}

template <>
std::optional<AskVote> decode(ByteView record) {
  Reader in{record};
  AskVote message;
  message.ballot = read_ballot(in);
  message.trial = read_flag(in);
  message.last = read_position(in);
  const std::uint64_t count = in.varint();
  if (count > resigned_max) return std::nullopt;
  Ballot before = 0;
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    message.resigned.push_back(read_ballot(in));
    if (message.resigned.back() <= before) in.fail();
    before = message.resigned.back();
  }
  if (message.last.time >= message.ballot) in.fail();
  return finished(in, std::move(message));
}

SharedBytes encode(const Vote& message) {
  return written([&](Writer& out) {
    out.varint(message.ballot);
    out.u8(flag(message.trial));
  });
}

template <>
std::optional<Vote> decode(ByteView record) {
  Reader in{record};
  Vote message;
  message.ballot = read_ballot(in);
  message.trial = read_flag(in);
  return finished(in, message);
}

SharedBytes encode(const Refused& message) {
  return written([&](Writer& out) {
    out.varint(message.ballot);
    out.u8(flag(message.trial));
    out.varint(message.promised);
    out.varint(message.held);
  });
}

template <>
std::optional<Refused> decode(ByteView record) {
  Reader in{record};
  Refused message;
  message.ballot = read_ballot(in);
  message.trial = read_flag(in);
  message.promised = read_ballot_or_none(in);
  message.held = read_ballot_or_none(in);
  return finished(in, message);
}

SharedBytes encode(const AcceptEntries& message) {
  return written([&](Writer& out) {
    out.varint(message.ballot);
    out.varint(message.round);
    out.varint(message.previous);
    out.varint(message.previous_time);
    out.varint(message.commit);
    write_entries(out, message.entries);
  });
}

template <>
std::optional<AcceptEntries> decode(ByteView record) {
  Reader in{record};
  AcceptEntries message;
  message.ballot = read_ballot(in);
  message.round = in.varint();
  message.previous = read_index(in);
  message.previous_time = read_ballot_or_none(in);
  message.commit = read_index(in);
  message.entries = read_entries(in, message.previous_time, message.ballot);
  const bool sound = message.previous_time <= message.ballot &&
                     (message.previous == 0) == (message.previous_time == 0) && message.round > 0 &&
                     message.entries.size() <= entries_per_message_max;
  if (!sound) return std::nullopt;
  return finished(in, std::move(message));
}

SharedBytes encode(const Accepted& message) {
  return written([&](Writer& out) {
    out.varint(message.ballot);
    out.varint(message.round);
    out.u8(flag(message.matched));
    out.varint(message.index);
  });
}

template <>
std::optional<Accepted> decode(ByteView record) {
  Reader in{record};
  Accepted message;
  message.ballot = read_ballot(in);
  message.round = in.varint();
  message.matched = read_flag(in);
  message.index = read_index(in);
  return finished(in, message);
}

SharedBytes encode(const Committed& message) {
  return written([&](Writer& out) {
    out.varint(message.ballot);
    out.varint(message.index);
  });
}

template <>
std::optional<Committed> decode(ByteView record) {
  Reader in{record};
  Committed message;
  message.ballot = read_ballot(in);
  message.index = read_index(in);
  return finished(in, message);
}

SharedBytes encode(const AskResign& message) {
  return written([&](Writer& out) {
    out.varint(message.ballot);
    out.u8(flag(message.wanted));
  });
}

template <>
std::optional<AskResign> decode(ByteView record) {
  Reader in{record};
  AskResign message;
  message.ballot = read_ballot(in);
  message.wanted = read_flag(in);
  return finished(in, message);
}

SharedBytes encode(const ResignAnswer& message) {
  return written([&](Writer& out) {
    out.varint(message.ballot);
    out.u8(flag(message.resigned));
  });
}

template <>
std::optional<ResignAnswer> decode(ByteView record) {
  Reader in{record};
  ResignAnswer message;
  message.ballot = read_ballot(in);
  message.resigned = read_flag(in);
  return finished(in, message);
}

SharedBytes encode(const ImageChunk& message) {
  return written([&](Writer& out) {
    out.varint(message.ballot);
    out.varint(message.round);
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
  message.ballot = read_ballot(in);
  message.round = in.varint();
  message.index = read_index(in);
  message.time = read_ballot(in);
  message.size = in.varint();
  message.offset = in.varint();
  const ByteView bytes = in.bytes();
  const bool sound =
      in.finished() && message.time <= message.ballot && message.index > 0 && message.round > 0 &&
      message.size <= image_bytes_max && message.offset < message.size && !bytes.empty() &&
      bytes.size() <= chunk_bytes_max && bytes.size() <= message.size - message.offset;
  if (!sound) return std::nullopt;
  message.bytes = SharedBytes{bytes};
  return message;
}

SharedBytes encode(const ChunkReceived& message) {
  return written([&](Writer& out) {
    out.varint(message.ballot);
    out.varint(message.round);
    out.varint(message.index);
    out.varint(message.offset);
  });
}

template <>
std::optional<ChunkReceived> decode(ByteView record) {
  Reader in{record};
  ChunkReceived message;
  message.ballot = read_ballot(in);
  message.round = in.varint();
  message.index = read_index(in);
  message.offset = in.varint();
  return finished(in, message);
}

}  // namespace parley::multi_paxos
