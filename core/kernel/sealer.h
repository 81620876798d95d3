// SPDX-License-Identifier: Apache-2.0
//
// A node's authenticators: which mechanism seals a statement for a verifier, and
// the evidence. Immutable after construction, so any thread may check with it.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "core/api/authenticator.h"
#include "core/api/statement.h"
#include "core/kernel/frame.h"
#include "core/kernel/tables.h"

namespace parley {

class Keys;

class Sealer {
 public:
  /// `tables` and `keys` outlive the sealer.
  Sealer(const Tables& tables, PrincipalId self, const Keys& keys);

  const Authenticator& authenticator(std::uint8_t mechanism) const {
    return *authenticators_[mechanism];
  }

  /// The mechanism that seals this node's statement for `verifier`; nullopt when
  /// no rule covers the pair.
  std::optional<std::uint8_t> mechanism_for(PrincipalId verifier, InstanceId instance,
                                            bool auditable) const;

  /// The evidence for `body`; nullopt: to be asked of the mechanism's Machine part.
  std::optional<SharedBytes> seal(std::uint8_t mechanism, ByteView body,
                                  const PrincipalSet& verifiers) const;

  bool seals_per_verifier(std::uint8_t mechanism) const {
    return tables_.mechanisms[mechanism].factory->seals_per_verifier();
  }

 private:
  const Tables& tables_;
  PrincipalId self_;
  std::vector<std::unique_ptr<Authenticator>> authenticators_;
  mutable Bytes message_;  ///< Scratch of seal, which only the node's own thread calls.
};

}  // namespace parley
