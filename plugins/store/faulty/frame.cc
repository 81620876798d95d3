// SPDX-License-Identifier: Apache-2.0
#include "plugins/store/faulty/frame.h"

#include "core/base/codec.h"
#include "core/base/digest.h"
#include "core/base/overloaded.h"

namespace parley::faulty {
namespace {

constexpr std::string_view frame_text = "frm1";
constexpr std::size_t frame_head_size = frame_text.size() + 4 + 8 + 8;

enum class Kind : std::uint8_t { Append = 0, TruncateSuffix = 1, TrimPrefix = 2, Snapshot = 3 };

void write_change(Writer& out, const Persist& persist) {
  const auto kind = [&](Kind value) { out.u8(static_cast<std::uint8_t>(value)); };
  std::visit(overloaded{
                 [&](const Append& append) {
                   kind(Kind::Append);
                   out.bytes(append.record);
                 },
                 [&](const TruncateSuffix& truncate) {
                   kind(Kind::TruncateSuffix);
                   out.varint(truncate.index.value);
                 },
                 [&](const TrimPrefix& prefix) {
                   kind(Kind::TrimPrefix);
                   out.varint(prefix.index.value);
                 },
                 [&](const Snapshot& snapshot) {
                   kind(Kind::Snapshot);
                   out.varint(snapshot.index.value);
                   out.varint(snapshot.chunks.size());
                   for (const SharedBytes& chunk : snapshot.chunks) out.bytes(chunk);
                 },
             },
             persist.change);
}

std::optional<Persist> read_change(Reader& in) {
  switch (in.u8()) {
    case static_cast<std::uint8_t>(Kind::Append):
      return Persist{Append{SharedBytes{in.bytes()}}};
    case static_cast<std::uint8_t>(Kind::TruncateSuffix):
      return Persist{TruncateSuffix{LogIndex{in.varint()}}};
    case static_cast<std::uint8_t>(Kind::TrimPrefix):
      return Persist{TrimPrefix{LogIndex{in.varint()}}};
    case static_cast<std::uint8_t>(Kind::Snapshot): {
      Snapshot snapshot{LogIndex{in.varint()}, {}};
      for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left) {
        snapshot.chunks.push_back(SharedBytes{in.bytes()});
      }
      return Persist{std::move(snapshot)};
    }
    default:
      return std::nullopt;
  }
}

std::uint64_t seal(std::uint64_t synced, ByteView payload) {
  Fingerprint sum;
  sum.add(synced);
  sum.add(payload);
  return sum.value();
}

struct Frame {
  std::uint64_t synced = 0;
  ByteView payload;
};

/// The intact frame that the bytes begin with.
std::optional<Frame> read_frame(ByteView bytes) {
  Reader in{bytes};
  if (text_of(in.raw(frame_text.size())) != frame_text) return std::nullopt;
  const std::uint32_t size = in.u32();
  Frame frame{.synced = in.u64(), .payload = {}};
  const std::uint64_t expected = in.u64();
  frame.payload = in.raw(size);
  if (!in.ok() || seal(frame.synced, frame.payload) != expected) return std::nullopt;
  return frame;
}

}  // namespace

Bytes encode_head(std::uint64_t generation) {
  Bytes out;
  Writer writer{out};
  writer.raw(view_of(head_text));
  writer.u64(generation);
  return out;
}

std::optional<std::uint64_t> decode_head(ByteView file) {
  Reader in{file};
  if (text_of(in.raw(head_text.size())) != head_text) return std::nullopt;
  const std::uint64_t generation = in.u64();
  return in.ok() ? std::optional{generation} : std::nullopt;
}

Bytes encode_changes(std::span<const StoreChange> changes) {
  Bytes out;
  Writer writer{out};
  for (const StoreChange& change : changes) {
    writer.u16(change.instance.value);
    write_change(writer, change.persist);
  }
  return out;
}

std::optional<std::vector<StoreChange>> decode_changes(ByteView payload) {
  Reader in{payload};
  std::vector<StoreChange> changes;
  while (in.ok() && in.remaining() > 0) {
    const InstanceId instance{in.u16()};
    std::optional<Persist> persist = read_change(in);
    if (!persist || !in.ok()) return std::nullopt;
    changes.push_back({instance, *std::move(persist)});
  }
  if (!in.finished()) return std::nullopt;
  return changes;
}

void write_frame(Bytes& out, std::uint64_t synced, ByteView payload) {
  Writer writer{out};
  writer.raw(view_of(frame_text));
  writer.u32(static_cast<std::uint32_t>(payload.size()));
  writer.u64(synced);
  writer.u64(seal(synced, payload));
  writer.raw(payload);
}

Scan scan_frames(ByteView file) {
  Scan scan;
  scan.intact = head_size;
  while (const std::optional<Frame> frame = read_frame(file.subspan(scan.intact))) {
    scan.payloads.push_back(frame->payload);
    scan.intact += frame_head_size + frame->payload.size();
  }
  // A size may be what is damaged, so the next frame can be anywhere.
  const std::string_view text = text_of(file);
  std::size_t at = text.find(frame_text, scan.intact + 1);
  while (at != std::string_view::npos && !scan.damaged) {
    const std::optional<Frame> frame = read_frame(file.subspan(at));
    scan.damaged = frame && frame->synced > scan.intact;
    at = text.find(frame_text, at + 1);
  }
  return scan;
}

}  // namespace parley::faulty
