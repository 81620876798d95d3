// SPDX-License-Identifier: Apache-2.0
//
// Turns "the issuer vouches for this record" into evidence, and checks it.
//
// An authenticator has a pure keyed part (seal, check), which the host may call
// from any thread, and, where a mechanism needs other parties, a Machine part
// with statements and timers of its own. What it proves to whom is declared in
// the plugin's guarantees and proven by the kind's conformance suite.
#pragma once

#include <memory>
#include <optional>

#include "core/api/config.h"
#include "core/api/machine.h"
#include "core/base/bytes.h"
#include "core/base/ids.h"
#include "core/base/limits.h"
#include "core/base/principal_set.h"

namespace parley {

/// What keys a mechanism needs; `parley keys gen` makes them.
enum class KeyMaterial : std::uint8_t {
  None,
  PairSecret,  ///< 32 random bytes shared by each pair of principals.
  KeyPair,     ///< A private key for each principal, its public half for everybody.
};

/// Private and public half, as the authenticator itself encodes them.
struct KeyPair {
  Bytes private_key;
  Bytes public_key;
};

/// One node's keys for one mechanism, owned by the host and outliving every
/// authenticator made from it. Views stay valid as long as the ring does.
class KeyRing {
 public:
  virtual ~KeyRing() = default;
  /// The secret shared with `peer`; empty when there is none.
  virtual ByteView pair_secret(PrincipalId peer) const = 0;
  /// This node's own private key; empty when there is none.
  virtual ByteView private_key() const = 0;
  /// The public key of `principal`; empty when there is none.
  virtual ByteView public_key(PrincipalId principal) const = 0;
};

/// Machine part: its Submit on this port carries a SealCall, its Reply a
/// SealAnswer; the kernel holds the publication until then.
inline constexpr PortId port_seal{0xFFF0};

struct SealCall {
  Bytes message{};
  PrincipalSet verifiers{};
};

/// Without evidence: none can be made, and the statement is not sent.
struct SealAnswer {
  std::optional<Bytes> evidence{};
};

inline Bytes encode_seal(const SealCall& call) {
  Bytes out;
  Writer writer{out};
  writer.principals(call.verifiers);
  writer.bytes(call.message);
  return out;
}

inline Bytes encode_seal(const SealAnswer& answer) {
  Bytes out;
  Writer writer{out};
  writer.u8(answer.evidence ? 1 : 0);
  if (answer.evidence) writer.bytes(*answer.evidence);
  return out;
}

inline std::optional<SealCall> decode_seal_call(
    ByteView bytes, std::uint32_t principals = limits::principals_count_max) {
  Reader reader{bytes};
  SealCall call;
  call.verifiers = reader.principals(principals);
  call.message = to_bytes(reader.bytes());
  if (!reader.finished()) return std::nullopt;
  return call;
}

inline std::optional<SealAnswer> decode_seal_answer(ByteView bytes) {
  Reader reader{bytes};
  const std::uint8_t made = reader.u8();
  SealAnswer answer;
  if (made == 1) answer.evidence = to_bytes(reader.bytes());
  if (!reader.finished() || made > 1) return std::nullopt;
  return answer;
}

class Authenticator {
 public:
  virtual ~Authenticator() = default;

  /// Evidence that this node vouches for `message`, valid at every verifier.
  /// `message` is the kernel's canonical, domain-separated encoding of the
  /// statement. Deterministic. nullopt: ask the Machine part.
  /// Always answers where the factory says that evidence depends on the verifier.
  /// Thread-safe. Precondition: keys for all verifiers are in the ring.
  virtual std::optional<Bytes> seal(ByteView message, const PrincipalSet& verifiers) const = 0;

  /// Whether `evidence` convinces this node that `issuer` vouches for `message`.
  /// Thread-safe, total: any bytes may come. Constant time in secret data.
  virtual bool check(PrincipalId issuer, ByteView message, ByteView evidence) const = 0;

  /// The interactive part, or null when `seal` always answers.
  virtual std::unique_ptr<Machine> machine() const { return nullptr; }
};

/// What the plugin's `create` returns: makes authenticators and key pairs.
class AuthenticatorFactory {
 public:
  virtual ~AuthenticatorFactory() = default;
  virtual KeyMaterial key_material() const = 0;
  /// Whether evidence depends on the verifier (a MAC) or is one for all (a
  /// signature): the kernel seals once per verifier, or once.
  virtual bool seals_per_verifier() const = 0;
  /// Whether `check` is worth a worker thread.
  virtual bool check_is_costly() const = 0;
  /// Makes a key pair out of 32 bytes of entropy; only for KeyMaterial::KeyPair.
  virtual KeyPair make_key_pair(ByteView entropy) const = 0;
  /// `ring` outlives the authenticator.
  virtual std::unique_ptr<Authenticator> create(PrincipalId self, const KeyRing& ring,
                                                const Config& config) const = 0;
};

}  // namespace parley
