// SPDX-License-Identifier: Apache-2.0
//
// HMAC-SHA-256 over a secret that a pair of principals shares: the verifier is
// convinced and can convince nobody else, since it could have made the evidence
// itself. Each direction has its own key, so evidence sent back to its maker
// does not verify.
#pragma once

#include "core/api/authenticator.h"

namespace parley::hmac_sha256 {

inline constexpr std::size_t secret_size = 32;
inline constexpr std::size_t evidence_size = 32;

class Factory final : public AuthenticatorFactory {
 public:
  KeyMaterial key_material() const override { return KeyMaterial::PairSecret; }
  bool seals_per_verifier() const override { return true; }
  bool check_is_costly() const override { return false; }
  KeyPair make_key_pair(ByteView entropy) const override;
  std::unique_ptr<Authenticator> create(PrincipalId self, const KeyRing& ring,
                                        const Config& config) const override;
};

}  // namespace parley::hmac_sha256
