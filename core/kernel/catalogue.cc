// SPDX-License-Identifier: Apache-2.0
#include "core/kernel/catalogue.h"

#include <array>

namespace parley {
namespace {

constexpr std::array<const char*, 9> kind_names = {"",         "authenticator", "disseminator",
                                                   "topology", "backend",       "store",
                                                   "program",  "object",        "component"};

}  // namespace

const char* kind_name(parley_kind kind) {
  return kind < kind_names.size() ? kind_names[kind] : "";
}

parley_kind kind_named(std::string_view name) {
  for (std::uint32_t kind = 1; kind < kind_names.size(); ++kind) {
    if (name == kind_names[kind]) return static_cast<parley_kind>(kind);
  }
  return static_cast<parley_kind>(0);
}

bool Catalogue::add(Plugin plugin) {
  const std::pair key{plugin.descriptor->kind, std::string{plugin.descriptor->name}};
  return plugins_.try_emplace(key, std::move(plugin)).second;
}

const Plugin* Catalogue::find(parley_kind kind, std::string_view name) const {
  const auto found = plugins_.find({kind, std::string{name}});
  return found == plugins_.end() ? nullptr : &found->second;
}

std::vector<const Plugin*> Catalogue::of_kind(parley_kind kind) const {
  std::vector<const Plugin*> list;
  for (const auto& [key, plugin] : plugins_) {
    if (key.first == kind) list.push_back(&plugin);
  }
  return list;
}

template <class Factory>
const Factory* Catalogue::factory(parley_kind kind, std::string_view name) const {
  const Plugin* plugin = find(kind, name);
  return plugin == nullptr ? nullptr : static_cast<const Factory*>(plugin->factory.get());
}

const AuthenticatorFactory* Catalogue::authenticator(std::string_view name) const {
  return factory<AuthenticatorFactory>(PARLEY_KIND_AUTHENTICATOR, name);
}
const DisseminatorFactory* Catalogue::disseminator(std::string_view name) const {
  return factory<DisseminatorFactory>(PARLEY_KIND_DISSEMINATOR, name);
}
const TopologyFactory* Catalogue::topology(std::string_view name) const {
  return factory<TopologyFactory>(PARLEY_KIND_TOPOLOGY, name);
}
const BackendFactory* Catalogue::backend(std::string_view name) const {
  return factory<BackendFactory>(PARLEY_KIND_BACKEND, name);
}
const StoreFactory* Catalogue::store(std::string_view name) const {
  return factory<StoreFactory>(PARLEY_KIND_STORE, name);
}
const ProgramFactory* Catalogue::program(std::string_view name) const {
  return factory<ProgramFactory>(PARLEY_KIND_PROGRAM, name);
}
const ObjectFactory* Catalogue::object(std::string_view name) const {
  return factory<ObjectFactory>(PARLEY_KIND_OBJECT, name);
}
const ComponentFactory* Catalogue::component(std::string_view name) const {
  return factory<ComponentFactory>(PARLEY_KIND_COMPONENT, name);
}

}  // namespace parley
