// SPDX-License-Identifier: Apache-2.0
//
// Ed25519 signatures (RFC 8032, pure): deterministic, one for all verifiers, and
// convincing to whoever has the issuer's public key. A private key is the seed
// of 32 bytes, a public key its 32-byte point.
#pragma once

#include "core/api/authenticator.h"

namespace parley::ed25519 {

inline constexpr std::size_t key_size = 32;
inline constexpr std::size_t evidence_size = 64;

class Factory final : public AuthenticatorFactory {
 public:
  KeyMaterial key_material() const override { return KeyMaterial::KeyPair; }
  bool seals_per_verifier() const override { return false; }
  bool check_is_costly() const override { return true; }
  /// Empty halves unless `entropy` has 32 bytes.
  KeyPair make_key_pair(ByteView entropy) const override;
  std::unique_ptr<Authenticator> create(PrincipalId self, const KeyRing& ring,
                                        const Config& config) const override;
};

}  // namespace parley::ed25519
