// SPDX-License-Identifier: Apache-2.0
//
// The atomic distributed object: deterministic methods on a replicated state,
// reached by pull, invoke and push, whose partial failures are visible.
//
//   pull    Ok | Preempted | NoQuorum   failure: definitely not invoked
//   invoke  Ok | Stale                  local; failure: nothing was added
//   push    Ok | Stale | Unknown        Stale: definitely not committed, now or later
//                                       Unknown: may yet be committed, by anybody
//
// A pull opens a branch, which invoke extends and push commits; both name it, so
// that callers on one node never answer for each other. The calling modes (at
// most once, exactly once, ...) are a layer on top.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/api/config.h"
#include "core/base/bytes.h"
#include "core/base/codec.h"
#include "core/base/ids.h"

namespace parley {

/// Ports on which every object instance takes these calls. The Submit's value is
/// a PullCall, an InvokeCall or a PushCall; the Reply's is an Outcome.
inline constexpr PortId port_pull{1};
inline constexpr PortId port_invoke{2};
inline constexpr PortId port_push{3};

enum class OutcomeKind : std::uint8_t {
  Ok = 0,
  Preempted = 1,  ///< pull: somebody else owns a later time.
  NoQuorum = 2,   ///< pull: not enough members answered in time.
  Stale = 3,      ///< invoke, push: the branch is over; its methods never happened.
  Unknown = 4,    ///< push: not known to be committed, may be later.
};

/// What one pull opened. Chosen by the backend, unique on its node for ever: a
/// branch of an earlier life is Stale. 0 is no branch.
using Branch = std::uint64_t;

/// Where in the cache tree: logical time, and the method's number within it.
struct Position {
  std::uint64_t time = 0;
  std::uint32_t version = 0;
  friend auto operator<=>(const Position&, const Position&) = default;
};

struct PullCall {
  /// Whether the Outcome carries a snapshot of the state pulled, which may be large.
  bool with_state = false;
  /// Object::partition of the methods to come; empty: the whole object.
  Bytes partition{};
};

struct InvokeCall {
  Branch branch = 0;
  Bytes method{};
  /// Whether the caller looks at the speculative result; a backend may leave it
  /// empty where nobody does.
  bool wants_result = true;
};

struct PushCall {
  Branch branch = 0;
};

struct Outcome {
  OutcomeKind kind = OutcomeKind::Ok;
  Branch branch = 0;    ///< pull, Ok: what invoke and push name.
  Position position{};  ///< Ok: the base pulled, the cache added, the position committed.
  /// Ok: the state, if it was asked for; the speculative result; the result of
  /// the branch's last method.
  Bytes value{};
  /// pull, Preempted: who would serve this call at once, where that is known.
  std::optional<PrincipalId> owner{};
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

// Every decoder is total and refuses bytes left over.

inline Bytes encode_call(const PullCall& call) {
  Bytes out;
  Writer writer{out};
  writer.u8(call.with_state ? 1 : 0);
  writer.bytes(call.partition);
  return out;
}

inline Bytes encode_call(const InvokeCall& call) {
  Bytes out;
  Writer writer{out};
  writer.varint(call.branch);
  writer.u8(call.wants_result ? 1 : 0);
  writer.bytes(call.method);
  return out;
}

inline Bytes encode_call(const PushCall& call) {
  Bytes out;
  Writer{out}.varint(call.branch);
  return out;
}

inline std::optional<PullCall> decode_pull(ByteView bytes) {
  Reader reader{bytes};
  const std::uint8_t with_state = reader.u8();
  PullCall call{with_state != 0, to_bytes(reader.bytes())};
  if (!reader.finished() || with_state > 1) return std::nullopt;
  return call;
}

inline std::optional<InvokeCall> decode_invoke(ByteView bytes) {
  Reader reader{bytes};
  const Branch branch = reader.varint();
  const std::uint8_t wants_result = reader.u8();
  InvokeCall call{branch, to_bytes(reader.bytes()), wants_result != 0};
  if (!reader.finished() || wants_result > 1) return std::nullopt;
  return call;
}

inline std::optional<PushCall> decode_push(ByteView bytes) {
  Reader reader{bytes};
  const PushCall call{reader.varint()};
  if (!reader.finished()) return std::nullopt;
  return call;
}

inline Bytes encode_outcome(const Outcome& outcome) {
  Bytes out;
  Writer writer{out};
  writer.u8(static_cast<std::uint8_t>(outcome.kind));
  writer.varint(outcome.branch);
  writer.varint(outcome.position.time);
  writer.varint(outcome.position.version);
  writer.varint(outcome.owner ? std::uint64_t{outcome.owner->value} + 1 : 0);
  writer.bytes(outcome.value);
  return out;
}

inline std::optional<Outcome> decode_outcome(ByteView bytes) {
  Reader reader{bytes};
  Outcome outcome;
  const std::uint8_t kind = reader.u8();
  outcome.branch = reader.varint();
  outcome.position.time = reader.varint();
  const std::uint64_t version = reader.varint();
  const std::uint64_t owner = reader.varint();
  outcome.value = to_bytes(reader.bytes());
  if (!reader.finished() || kind > 4 || version > UINT32_MAX || owner > UINT32_MAX) {
    return std::nullopt;
  }
  if (owner > 0) outcome.owner = PrincipalId{static_cast<std::uint32_t>(owner - 1)};
  outcome.kind = static_cast<OutcomeKind>(kind);
  outcome.position.version = static_cast<std::uint32_t>(version);
  return outcome;
}

/// One object's replicated state. Deterministic, no I/O; total: a method that
/// does not decode is an answer, not a crash.
class Object {
 public:
  virtual ~Object() = default;
  /// Effect: applies the method. Returns its result.
  virtual Bytes apply(ByteView method) = 0;
  /// The whole state, canonical.
  virtual void snapshot(Bytes& out) const = 0;
  /// Effect: becomes that state. False, and no effect, if the bytes are malformed.
  virtual bool restore(ByteView snapshot) = 0;
  /// A deep copy. Backends clone for every branch, so an object with a large
  /// state shares what is equal and copies on write.
  virtual std::unique_ptr<Object> clone() const = 0;

  /// Whether applying the method never changes any state.
  virtual bool reads_only(ByteView /*method*/) const { return false; }
  /// The part of the state, by name, that the method alone reads and changes.
  /// nullopt: it needs the object as a whole, and a backend that keeps parts
  /// apart cannot serve it.
  virtual std::optional<Bytes> partition(ByteView /*method*/) const { return std::nullopt; }

  /// A method in the words of a person (`put hello`) as bytes, and a result or
  /// snapshot as words, for command lines and traces. nullopt: not understood.
  virtual std::optional<Bytes> parse_method(std::string_view words) const = 0;
  virtual std::string describe(ByteView result) const = 0;
};

class ObjectFactory {
 public:
  virtual ~ObjectFactory() = default;
  virtual std::unique_ptr<Object> create(const Config& config) const = 0;
};

}  // namespace parley
