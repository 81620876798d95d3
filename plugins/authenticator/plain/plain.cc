// SPDX-License-Identifier: Apache-2.0
#include "plugins/authenticator/plain/plain.h"

namespace parley::plain {
namespace {

class Plain final : public Authenticator {
 public:
  std::optional<Bytes> seal(ByteView /*message*/,
                            const PrincipalSet& /*verifiers*/) const override {
    return Bytes{};
  }
  // Only the empty evidence: one statement has one encoding.
  bool check(PrincipalId /*issuer*/, ByteView /*message*/, ByteView evidence) const override {
    return evidence.empty();
  }
};

}  // namespace

KeyPair Factory::make_key_pair(ByteView /*entropy*/) const {
  return {};
}

std::unique_ptr<Authenticator> Factory::create(PrincipalId /*self*/, const KeyRing& /*ring*/,
                                               const Config& /*config*/) const {
  return std::make_unique<Plain>();
}

}  // namespace parley::plain
