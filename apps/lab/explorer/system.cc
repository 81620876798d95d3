// SPDX-License-Identifier: Apache-2.0
#include "apps/lab/explorer/system.h"

#include <algorithm>
#include <set>

#include "core/base/assert.h"

namespace parley {

const InstanceRoute* System::instance(InstanceId id) const {
  const auto found = std::find_if(instances.begin(), instances.end(),
                                  [&](const InstanceRoute& route) { return route.id == id; });
  return found == instances.end() ? nullptr : &*found;
}

std::string System::name_of(PrincipalId principal) const {
  return principal.value < principals.size() ? principals[principal.value]
                                             : "node " + std::to_string(principal.value);
}

std::string System::name_of(InstanceId id) const {
  const InstanceRoute* route = instance(id);
  return route == nullptr ? "instance " + std::to_string(id.value) : route->name;
}

System system_of(const Tables& tables, InstanceId instance) {
  PARLEY_ASSERT(tables.instance(instance) != nullptr);
  std::set<InstanceId> reached{instance};
  for (std::size_t before = 0; before != reached.size();) {
    before = reached.size();
    for (const InstanceRoute& route : tables.instances) {
      for (const Wire& wire : route.wires) {
        if (!reached.contains(route.id) && !reached.contains(wire.to)) continue;
        reached.insert(route.id);
        if (tables.instance(wire.to) != nullptr) reached.insert(wire.to);
      }
    }
  }
  System system;
  for (const PrincipalEntry& principal : tables.deployment.principals) {
    system.principals.push_back(principal.name);
  }
  for (const InstanceRoute& route : tables.instances) {
    if (reached.contains(route.id)) system.instances.push_back(route);
  }
  if (instance.value <= tables.objects.size()) {
    system.initial = tables.objects[instance.value - 1u].get();
  }
  return system;
}

}  // namespace parley
