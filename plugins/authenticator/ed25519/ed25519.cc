// SPDX-License-Identifier: Apache-2.0
#include "plugins/authenticator/ed25519/ed25519.h"

#include <botan/ed25519.h>
#include <botan/pubkey.h>
#include <botan/rng.h>

#include <algorithm>
#include <array>

namespace parley::ed25519 {
namespace {

/// The order of the base point, little-endian (RFC 8032 §5.1).
constexpr std::array<std::uint8_t, 32> group_order = {
    0xED, 0xD3, 0xF5, 0x5C, 0x1A, 0x63, 0x12, 0x58, 0xD6, 0x9C, 0xF7, 0xA2, 0xDE, 0xF9, 0xDE, 0x14,
    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};

/// RFC 8032 §5.1.7: the second half is below the group's order. Botan 2 looks at
/// its three top bits only, which lets anybody make a second valid signature.
bool scalar_is_reduced(ByteView evidence) {
  const ByteView scalar = evidence.subspan(32);
  return std::lexicographical_compare(scalar.rbegin(), scalar.rend(), group_order.rbegin(),
                                      group_order.rend());
}

Botan::secure_vector<std::uint8_t> secured(ByteView bytes) {
  return {bytes.begin(), bytes.end()};
}

class Ed25519 final : public Authenticator {
 public:
  explicit Ed25519(const KeyRing& ring) : ring_(ring) {
    // Deriving the public half costs as much as a signature: done once.
    if (ring.private_key().size() == key_size) key_.emplace(secured(ring.private_key()));
  }

  // Signers and verifiers are not shareable between threads but cost little
  // beside the curve arithmetic, so each call has its own.
  std::optional<Bytes> seal(ByteView message, const PrincipalSet& /*verifiers*/) const override {
    if (!key_) return Bytes{};
    Botan::Null_RNG deterministic;
    Botan::PK_Signer signer{*key_, deterministic, "Pure"};
    return signer.sign_message(message.data(), message.size(), deterministic);
  }

  bool check(PrincipalId issuer, ByteView message, ByteView evidence) const override {
    const ByteView key = ring_.public_key(issuer);
    if (key.size() != key_size || evidence.size() != evidence_size) return false;
    if (!scalar_is_reduced(evidence)) return false;
    try {
      const Botan::Ed25519_PublicKey point{to_bytes(key)};
      Botan::PK_Verifier verifier{point, "Pure"};
      return verifier.verify_message(message.data(), message.size(), evidence.data(),
                                     evidence.size());
    } catch (const std::exception&) {
      return false;  // Bytes that are no point or no signature.
    }
  }

 private:
  const KeyRing& ring_;
  std::optional<Botan::Ed25519_PrivateKey> key_;
};

}  // namespace

KeyPair Factory::make_key_pair(ByteView entropy) const {
  if (entropy.size() != key_size) return {};
  const Botan::Ed25519_PrivateKey key{secured(entropy)};
  return {.private_key = to_bytes(entropy), .public_key = key.get_public_key()};
}

std::unique_ptr<Authenticator> Factory::create(PrincipalId /*self*/, const KeyRing& ring,
                                               const Config& /*config*/) const {
  return std::make_unique<Ed25519>(ring);
}

}  // namespace parley::ed25519
