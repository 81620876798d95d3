// SPDX-License-Identifier: Apache-2.0
//
// The atomic distributed object: deterministic methods on a replicated state,
// reached by pull, invoke and push, whose partial failures are visible.
//
//   pull    Ok | Preempted | NoQuorum   failure: definitely not invoked
//   invoke  Ok | Stale                  local; failure: nothing was added
//   push    Ok | Unknown                Unknown: may yet be committed, by anybody
//
// The calling modes (at most once, exactly once, ...) are a layer on top.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "core/api/config.h"
#include "core/base/bytes.h"
#include "core/base/codec.h"
#include "core/base/ids.h"

namespace parley {

/// Ports on which every object instance takes these calls; the Submit's value is
/// the method for invoke and empty otherwise; the Reply's is an Outcome.
inline constexpr PortId port_pull{1};
inline constexpr PortId port_invoke{2};
inline constexpr PortId port_push{3};

enum class OutcomeKind : std::uint8_t {
  Ok = 0,
  Preempted = 1,  ///< pull: somebody else owns a later time.
  NoQuorum = 2,   ///< pull: not enough members answered in time.
  Stale = 3,      ///< invoke: no valid pull to build on.
  Unknown = 4,    ///< push: not known to be committed, may be later.
};

/// Where in the cache tree: logical time, and the method's number within it.
struct Position {
  std::uint64_t time = 0;
  std::uint32_t version = 0;
  friend auto operator<=>(const Position&, const Position&) = default;
};

struct Outcome {
  OutcomeKind kind = OutcomeKind::Ok;
  Position position{};  ///< Ok: the base pulled, the cache added, the position committed.
  Bytes value{};        ///< Ok: snapshot of the state pulled; the (speculative) result.
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

inline Bytes encode_outcome(const Outcome& outcome) {
  Bytes out;
  Writer writer{out};
  writer.u8(static_cast<std::uint8_t>(outcome.kind));
  writer.varint(outcome.position.time);
  writer.varint(outcome.position.version);
  writer.bytes(outcome.value);
  return out;
}

inline std::optional<Outcome> decode_outcome(ByteView bytes) {
  Reader reader{bytes};
  Outcome outcome;
  const std::uint8_t kind = reader.u8();
  outcome.position.time = reader.varint();
  const std::uint64_t version = reader.varint();
  outcome.value = to_bytes(reader.bytes());
  if (!reader.finished() || kind > 4 || version > UINT32_MAX) return std::nullopt;
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
  virtual std::unique_ptr<Object> clone() const = 0;

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
