// SPDX-License-Identifier: Apache-2.0
#include "core/kernel/sealer.h"

#include "core/kernel/node.h"

namespace parley {

Sealer::Sealer(const Tables& tables, PrincipalId self, const Keys& keys)
    : tables_(tables), self_(self) {
  authenticators_.reserve(tables.mechanisms.size());
  for (std::size_t i = 0; i < tables.mechanisms.size(); ++i) {
    const Mechanism& mechanism = tables.mechanisms[i];
    const KeyRing& ring = keys.ring(static_cast<std::uint8_t>(i));
    authenticators_.push_back(mechanism.factory->create(self, ring, mechanism.config));
  }
}

std::optional<std::uint8_t> Sealer::mechanism_for(PrincipalId verifier, InstanceId instance,
                                                  bool auditable) const {
  const AuthenticationRoute* route = tables_.authentication(self_, verifier, instance, auditable);
  if (route == nullptr) return std::nullopt;
  return route->seals;
}

std::optional<SharedBytes> Sealer::seal(std::uint8_t mechanism, ByteView body,
                                        const PrincipalSet& verifiers) const {
  tables_.seal_domain.message(body, message_);
  const std::optional<Bytes> evidence = authenticators_[mechanism]->seal(message_, verifiers);
  if (!evidence) return std::nullopt;
  return SharedBytes{*evidence};
}

}  // namespace parley
