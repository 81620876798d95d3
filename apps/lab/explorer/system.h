// SPDX-License-Identifier: Apache-2.0
//
// What is explored: the machine instances of a deployment that can reach each
// other, bare. Authentication and dissemination are abstracted away: issuers are
// authentic because nothing else can be put in flight, and a publication is one
// message per destination, delivered in any order or never.
#pragma once

#include <string>
#include <vector>

#include "core/kernel/tables.h"

namespace parley {

struct System {
  std::vector<std::string> principals;   ///< Names, by PrincipalId.
  std::vector<InstanceRoute> instances;  ///< Sorted by id.
  /// The state, before any method, of the object that clients call; outlives the
  /// system. Null: what pushes are answered is not checked.
  const Object* initial = nullptr;

  const InstanceRoute* instance(InstanceId id) const;
  std::string name_of(PrincipalId principal) const;
  std::string name_of(InstanceId instance) const;
};

/// The instance and whatever is wired to it, directly or not. `tables` outlives
/// the system. Precondition: the instance exists.
System system_of(const Tables& tables, InstanceId instance);

/// A message in flight.
struct Message {
  PrincipalId from;
  PrincipalId to;
  InstanceId instance;
  StatementType type;
  SharedBytes record;
};

}  // namespace parley
