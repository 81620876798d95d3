// SPDX-License-Identifier: Apache-2.0
//
// The plugins at hand, as a value: what each says of itself and the factory it
// made. Built by the host's loader, or by hand in tests; no registration.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/api/authenticator.h"
#include "core/api/backend.h"
#include "core/api/component.h"
#include "core/api/disseminator.h"
#include "core/api/object.h"
#include "core/api/plugin.h"
#include "core/api/program.h"
#include "core/api/store.h"
#include "core/api/topology.h"

namespace parley {

/// The name of a kind as it stands in TOML, folders and messages.
const char* kind_name(parley_kind kind);
/// The kind of that name; 0 when there is none.
parley_kind kind_named(std::string_view name);

/// One usable plugin. The factory shares ownership of the mapped library, and
/// whatever it makes must be dropped before the catalogue is.
struct Plugin {
  const parley_plugin* descriptor;
  std::shared_ptr<void> factory;
};

class Catalogue {
 public:
  /// Effect: adds the plugin. False if (kind, name) is taken.
  bool add(Plugin plugin);

  const Plugin* find(parley_kind kind, std::string_view name) const;
  std::vector<const Plugin*> of_kind(parley_kind kind) const;

  /// The factory of that name; null when there is none.
  const AuthenticatorFactory* authenticator(std::string_view name) const;
  const DisseminatorFactory* disseminator(std::string_view name) const;
  const TopologyFactory* topology(std::string_view name) const;
  const BackendFactory* backend(std::string_view name) const;
  const StoreFactory* store(std::string_view name) const;
  const ProgramFactory* program(std::string_view name) const;
  const ObjectFactory* object(std::string_view name) const;
  const ComponentFactory* component(std::string_view name) const;

 private:
  template <class Factory>
  const Factory* factory(parley_kind kind, std::string_view name) const;

  std::map<std::pair<parley_kind, std::string>, Plugin> plugins_;
};

}  // namespace parley
