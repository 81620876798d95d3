// SPDX-License-Identifier: Apache-2.0
//
// Authentication by fiat, for simulation and exploration: evidence is an unkeyed
// fingerprint of issuer and message, so it tells corruption and mix-ups apart at
// almost no cost, and everybody is convinced by it. Whoever knows this file can
// forge it, which is why `parley run` refuses it.
#pragma once

#include "core/api/authenticator.h"

namespace parley::ideal {

class Factory final : public AuthenticatorFactory {
 public:
  KeyMaterial key_material() const override { return KeyMaterial::None; }
  bool seals_per_verifier() const override { return false; }
  bool check_is_costly() const override { return false; }
  KeyPair make_key_pair(ByteView entropy) const override;
  std::unique_ptr<Authenticator> create(PrincipalId self, const KeyRing& ring,
                                        const Config& config) const override;
};

}  // namespace parley::ideal
