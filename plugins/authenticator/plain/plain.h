// SPDX-License-Identifier: Apache-2.0
//
// No evidence at all: the private link that a statement came over is the whole
// proof of who sent it. Fit for links that nobody else can write to; the
// deployment check refuses it anywhere else. Convinces no third party.
#pragma once

#include "core/api/authenticator.h"

namespace parley::plain {

class Factory final : public AuthenticatorFactory {
 public:
  KeyMaterial key_material() const override { return KeyMaterial::None; }
  bool seals_per_verifier() const override { return false; }
  bool check_is_costly() const override { return false; }
  KeyPair make_key_pair(ByteView entropy) const override;
  std::unique_ptr<Authenticator> create(PrincipalId self, const KeyRing& ring,
                                        const Config& config) const override;
};

}  // namespace parley::plain
