// SPDX-License-Identifier: Apache-2.0
#include "core/kernel/trace.h"

#include <algorithm>
#include <iterator>

#include "core/base/codec.h"
#include "core/base/digest.h"
#include "core/base/limits.h"
#include "core/base/overloaded.h"
#include "core/kernel/kernel_notes.h"

namespace parley {
namespace {

constexpr std::string_view magic = "PARLEYTR";
constexpr std::uint8_t trace_version = 2;
constexpr std::size_t event_size_max = limits::frame_size_max * 4;

// Tags of inputs in the order of the variant; numbers are for ever.
enum class Tag : std::uint8_t { Boot, Arrived, Dropped, Request, Timer, Restarted, Membership };

void write_recovered(Writer& out, const Recovered& recovered) {
  out.varint(recovered.snapshot_index.value);
  out.varint(recovered.snapshot_chunks.size());
  for (const Bytes& chunk : recovered.snapshot_chunks) out.bytes(chunk);
  out.varint(recovered.records.size());
  for (const Recovered::Record& record : recovered.records) {
    out.varint(record.index.value);
    out.bytes(record.bytes);
  }
}

Recovered read_recovered(Reader& in) {
  Recovered recovered;
  recovered.snapshot_index = LogIndex{in.varint()};
  for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left) {
    recovered.snapshot_chunks.push_back(to_bytes(in.bytes()));
  }
  for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left) {
    const LogIndex index{in.varint()};
    recovered.records.push_back({index, to_bytes(in.bytes())});
  }
  return recovered;
}

std::uint64_t checksum_of(std::uint32_t length, ByteView payload) {
  Fingerprint sum;
  sum.add(length);
  sum.add(payload);
  return sum.value();
}

std::uint64_t number_of(const NoteDeclaration* reason) {
  const auto at = std::find(std::begin(kernel_notes::all), std::end(kernel_notes::all), reason);
  PARLEY_ASSERT(at != std::end(kernel_notes::all));
  return static_cast<std::uint64_t>(at - std::begin(kernel_notes::all));
}

void write_membership(Writer& out, const Membership& membership) {
  out.varint(membership.epoch.value);
  out.principals(membership.members);
  out.principals(membership.learners);
  out.varint(membership.order.size());
  for (const PrincipalId member : membership.order) out.varint(member.value);
}

SharedMembership read_membership(Reader& in, std::uint32_t principals_count) {
  Membership membership;
  membership.epoch = Epoch{in.varint()};
  membership.members = in.principals(principals_count);
  membership.learners = in.principals(principals_count);
  for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left) {
    const std::uint64_t member = in.varint();
    if (member >= principals_count) in.fail();
    membership.order.push_back(PrincipalId{static_cast<std::uint32_t>(member)});
  }
  return std::make_shared<const Membership>(std::move(membership));
}

PrincipalId read_principal(Reader& in, std::uint32_t principals_count) {
  const std::uint64_t id = in.varint();
  if (id >= principals_count) in.fail();
  return PrincipalId{static_cast<std::uint32_t>(id)};
}

/// The input of that tag, its views pointing into `storage`.
std::optional<NodeInput> read_input(Tag tag, Reader& in, std::uint32_t principals_count) {
  switch (tag) {
    case Tag::Boot: {
      Boot boot;
      for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left) {
        const InstanceId instance{in.u16()};
        boot.recovered.emplace(instance, read_recovered(in));
      }
      return boot;
    }
    case Tag::Arrived: {
      const PrincipalId from = read_principal(in, principals_count);
      Result<FrameView> frame = decode_frame(in.bytes(), principals_count);
      if (!frame) return std::nullopt;
      return Arrived{from, *frame};
    }
    case Tag::Dropped: {
      const PrincipalId from = read_principal(in, principals_count);
      const std::uint64_t reason = in.varint();
      if (reason >= std::size(kernel_notes::all)) return std::nullopt;
      return Dropped{from, kernel_notes::all[reason]};
    }
    case Tag::Request: {
      const InstanceId instance{in.u16()};
      const RequestId request{in.varint()};
      const PortId port{in.u16()};
      return Request{instance, request, port, in.bytes()};
    }
    case Tag::Timer: {
      const InstanceId instance{in.u16()};
      const std::uint8_t owner = in.u8();
      if (owner > 1) return std::nullopt;
      return NodeTimerFired{{instance, static_cast<TimerKey::Owner>(owner), in.varint()}};
    }
    case Tag::Restarted:
      return PeerRestarted{read_principal(in, principals_count)};
    case Tag::Membership: {
      const InstanceId instance{in.u16()};
      return NodeMembershipChanged{instance, read_membership(in, principals_count)};
    }
  }
  return std::nullopt;
}

void add(Fingerprint& sum, const Persist& persist) {
  sum.add(persist.change.index());
  std::visit(overloaded{
                 [&](const Append& append) { sum.add(append.record); },
                 [&](const TruncateSuffix& truncate) { sum.add(truncate.index.value); },
                 [&](const TrimPrefix& trim) { sum.add(trim.index.value); },
                 [&](const Snapshot& snapshot) {
                   sum.add(snapshot.index.value);
                   for (const SharedBytes& chunk : snapshot.chunks) sum.add(chunk);
                 },
             },
             persist.change);
}

void add(Fingerprint& sum, const TimerKey& key) {
  sum.add(key.instance.value);
  sum.add(static_cast<std::uint64_t>(key.owner));
  sum.add(key.timer);
}

}  // namespace

Bytes encode_input(const NodeInput& input) {
  Bytes bytes;
  Writer out{bytes};
  out.u8(static_cast<std::uint8_t>(input.index()));
  std::visit(overloaded{
                 [&](const Boot& boot) {
                   out.varint(boot.recovered.size());
                   for (const auto& [instance, recovered] : boot.recovered) {
                     out.u16(instance.value);
                     write_recovered(out, recovered);
                   }
                 },
                 [&](const Arrived& arrived) {
                   out.varint(arrived.from.value);
                   Bytes frame = to_bytes(arrived.frame.body);
                   Writer{frame}.bytes(arrived.frame.evidence);
                   out.bytes(frame);
                 },
                 [&](const Dropped& dropped) {
                   out.varint(dropped.from.value);
                   out.varint(number_of(dropped.reason));
                 },
                 [&](const Request& request) {
                   out.u16(request.instance.value);
                   out.varint(request.request.value);
                   out.u16(request.port.value);
                   out.bytes(request.value);
                 },
                 [&](const NodeTimerFired& fired) {
                   out.u16(fired.key.instance.value);
                   out.u8(static_cast<std::uint8_t>(fired.key.owner));
                   out.varint(fired.key.timer);
                 },
                 [&](const PeerRestarted& restarted) { out.varint(restarted.peer.value); },
                 [&](const NodeMembershipChanged& change) {
                   out.u16(change.instance.value);
                   write_membership(out, *change.membership);
                 },
             },
             input);
  return bytes;
}

std::optional<OwnedInput> decode_input(ByteView bytes, std::uint32_t principals_count) {
  OwnedInput owned;
  owned.storage.push_back(to_bytes(bytes));
  Reader in{owned.storage.front()};
  const std::uint8_t tag = in.u8();
  if (tag > static_cast<std::uint8_t>(Tag::Membership)) return std::nullopt;
  std::optional<NodeInput> input = read_input(static_cast<Tag>(tag), in, principals_count);
  if (!input || !in.finished()) return std::nullopt;
  owned.input = *std::move(input);
  return owned;
}

std::uint64_t digest_of(const NodeOutput& output) {
  Fingerprint sum;
  for (const StoreChange& change : output.persists) {
    sum.add(change.instance.value);
    add(sum, change.persist);
  }
  for (const NodeOutput::Outgoing& outgoing : output.sends) {
    sum.add(outgoing.to.value);
    sum.add(outgoing.frame.body);
    sum.add(outgoing.frame.evidence);
  }
  for (const NodeOutput::TimerChange& timer : output.timers) {
    add(sum, timer.key);
    sum.add(timer.set ? 1 : 0);
    sum.add(static_cast<std::uint64_t>(timer.min.count()));
    sum.add(static_cast<std::uint64_t>(timer.max.count()));
  }
  for (const NodeOutput::Replied& reply : output.replies) {
    sum.add(reply.request.value);
    sum.add(reply.value);
  }
  for (const NodeOutput::Decided& decided : output.decides) {
    sum.add(decided.instance.value);
    sum.add(decided.position);
    sum.add(decided.value);
    sum.add(decided.partition);
  }
  for (const NodeOutput::Noted& noted : output.notes) {
    sum.add(view_of(noted.note.declaration->name));
    for (const std::uint64_t value : noted.note.values) sum.add(value);
  }
  return sum.value();
}

void append_header(Bytes& bytes, const TraceHeader& header) {
  Writer out{bytes};
  out.raw(view_of(magic));
  out.u8(trace_version);
  out.varint(header.principal.value);
  out.text(header.deployment);
}

void append_event(Bytes& bytes, const TraceEvent& event) {
  Bytes payload;
  Writer out{payload};
  out.varint(static_cast<std::uint64_t>(event.at.count()));
  out.bytes(event.input);
  out.varint(event.chosen.size());
  for (const std::uint64_t value : event.chosen) out.varint(value);
  out.u64(event.output_digest);
  out.varint(event.notes.size());
  for (const TraceEvent::Named& note : event.notes) {
    out.u16(note.instance.value);
    out.text(note.name);
    out.varint(note.values.size());
    for (const std::uint64_t value : note.values) out.varint(value);
  }
  Writer file{bytes};
  const auto length = static_cast<std::uint32_t>(payload.size());
  file.u32(length);
  file.u64(checksum_of(length, payload));
  file.raw(payload);
}

Result<TraceReader> TraceReader::open(ByteView bytes) {
  Reader in{bytes};
  if (text_of(in.raw(magic.size())) != magic) {
    return Error{ErrorCode::BadSource, "trace: expected a file that begins with PARLEYTR"};
  }
  const std::uint8_t version = in.u8();
  if (version != trace_version) {
    return Error{ErrorCode::BadSource, "trace: expected version " + std::to_string(trace_version) +
                                           ", found " + std::to_string(version)};
  }
  TraceReader reader;
  const std::uint64_t principal = in.varint();
  reader.header_.deployment = in.text();
  if (!in.ok() || principal >= limits::principals_count_max) {
    return Error{ErrorCode::BadSource, "trace: the header is malformed"};
  }
  reader.header_.principal = PrincipalId{static_cast<std::uint32_t>(principal)};
  reader.offset_ = bytes.size() - in.remaining();
  reader.rest_ = in.rest();
  return reader;
}

Result<std::optional<TraceEvent>> TraceReader::next() {
  if (rest_.empty()) return std::optional<TraceEvent>{};
  Reader frame{rest_};
  const std::uint32_t size = frame.u32();
  const std::uint64_t checksum = frame.u64();
  const auto bad = [&](const char* what) {
    return Error{ErrorCode::BadSource, "trace: offset " + std::to_string(offset_) + ": " + what};
  };
  if (frame.ok() && size > event_size_max) return bad("an event longer than any can be");
  const ByteView payload = frame.raw(size);
  if (!frame.ok()) {
    torn_ = true;  // The writer was killed in the middle of its last event.
    rest_ = {};
    return std::optional<TraceEvent>{};
  }
  if (checksum_of(size, payload) != checksum) return bad("expected another checksum; damaged");

  Reader in{payload};
  TraceEvent event;
  event.at = Duration{static_cast<std::int64_t>(in.varint())};
  event.input = to_bytes(in.bytes());
  for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left) {
    event.chosen.push_back(in.varint());
  }
  event.output_digest = in.u64();
  for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left) {
    TraceEvent::Named note;
    note.instance = InstanceId{in.u16()};
    note.name = in.text();
    for (std::uint64_t values = in.varint(); values > 0 && in.ok(); --values) {
      note.values.push_back(in.varint());
    }
    event.notes.push_back(std::move(note));
  }
  if (!in.finished()) return bad("an event whose fields do not fill it");
  offset_ += rest_.size() - frame.remaining();
  rest_ = frame.rest();
  return std::optional<TraceEvent>{std::move(event)};
}

}  // namespace parley
