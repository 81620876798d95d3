// SPDX-License-Identifier: Apache-2.0
//
// What every node of a deployment looks up and none changes: routes, mechanisms,
// instances. Built once from deployment and catalogue and shared by all nodes of
// a process, which is what lets a million simulated ones fit into memory.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/api/hash.h"
#include "core/kernel/catalogue.h"
#include "core/kernel/deployment.h"
#include "core/kernel/frame.h"

namespace parley {

inline constexpr std::size_t mechanisms_count_max = 255;

/// One (authenticator, configuration) that some rule names.
struct Mechanism {
  std::string name;
  const AuthenticatorFactory* factory;
  Config config;
  std::uint64_t guarantees;  ///< parley_guarantee bits.

  bool interactive() const { return (guarantees & PARLEY_GUARANTEE_INTERACTIVE) != 0; }
  bool needs_private_link() const {
    return (guarantees & PARLEY_GUARANTEE_NEEDS_PRIVATE_LINK) != 0;
  }
};

/// The Machine part of mechanism number `index` is an instance of every node.
inline constexpr std::uint16_t mechanism_instance_first = 0xFF00;
constexpr InstanceId mechanism_instance(std::uint8_t index) {
  return InstanceId{static_cast<std::uint16_t>(mechanism_instance_first + index)};
}
constexpr bool is_mechanism_instance(InstanceId id) {
  return id.value >= mechanism_instance_first;
}

/// How statements of one (issuer, verifier, instance) are sealed and accepted.
struct AuthenticationRoute {
  std::uint8_t seals = 0;               ///< Index into Tables::mechanisms.
  std::vector<std::uint8_t> accepts{};  ///< Indices, the sealing one first.
  FileLine line{};
};

struct StageRoute {
  const DisseminatorFactory* factory;
  Config config;
  Duration escalate_after;
};

struct DisseminationRoute {
  std::vector<StageRoute> stages{};
  FileLine line{};
};

/// How a node makes one of its machine instances.
struct InstanceRoute {
  InstanceId id;
  std::string name;
  SharedMembership membership;
  PrincipalSet hosts;  ///< Nodes that run it: members, learners, and those that stand by.
  PrincipalSet standby{};
  std::function<std::unique_ptr<Machine>(PrincipalId self)> create;
  PluginUse store;
  std::vector<Wire> wires{};
};

struct Tables {
  Deployment deployment;
  const Catalogue* catalogue = nullptr;
  HashFunction hash = nullptr;
  SealDomain seal_domain{"", 0};
  std::vector<Mechanism> mechanisms;
  std::vector<InstanceRoute> instances;  ///< Sorted by id.
  std::vector<std::unique_ptr<const Object>> objects;

  const InstanceRoute* instance(InstanceId id) const;
  const InstanceRoute* instance(std::string_view name) const;
  /// First matching rule; null when no rule covers the pair.
  const AuthenticationRoute* authentication(PrincipalId issuer, PrincipalId verifier,
                                            InstanceId instance, bool auditable) const;
  /// First rule that covers the issuer and all verifiers; none: no stage, so
  /// unicast to all at once.
  const DisseminationRoute& dissemination(PrincipalId issuer, InstanceId instance,
                                          const PrincipalSet& verifiers) const;

  struct CoveredAuthentication {
    RuleScope scope;
    bool auditable;
    AuthenticationRoute route;
  };
  struct CoveredDissemination {
    RuleScope scope;
    DisseminationRoute route;
  };
  std::vector<CoveredAuthentication> authentication_rules;
  std::vector<CoveredDissemination> dissemination_rules;
  DisseminationRoute unicast_to_all;
};

/// Resolves every plugin name. The error names the first one that is missing.
/// `catalogue` outlives the tables.
Result<std::shared_ptr<const Tables>> make_tables(const Deployment& deployment,
                                                  const Catalogue& catalogue, HashFunction hash);

}  // namespace parley
