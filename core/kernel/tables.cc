// SPDX-License-Identifier: Apache-2.0
#include "core/kernel/tables.h"

#include <algorithm>

#include "core/kernel/objects/engine.h"

namespace parley {
namespace {

Error missing(std::string_view kind, const std::string& name, const std::string& user) {
  return {ErrorCode::Configuration, user + ": expected a plugin of kind " + std::string{kind} +
                                        ", found none named '" + name +
                                        "'; parley plugins list shows what there is"};
}

bool names(const std::vector<std::string>& types, std::string_view instance) {
  return types.empty() || std::find(types.begin(), types.end(), instance) != types.end();
}

/// Fills the tables step by step; stops at the first error.
class TablesBuilder {
 public:
  TablesBuilder(const Deployment& deployment, const Catalogue& catalogue, HashFunction hash)
      : tables_(std::make_shared<Tables>()) {
    tables_->deployment = deployment;
    tables_->catalogue = &catalogue;
    tables_->hash = hash;
    tables_->seal_domain = SealDomain{deployment.name, deployment.key_epoch};
  }

  Result<std::shared_ptr<const Tables>> build() {
    for (const AuthenticationRule& rule : tables_->deployment.authentication) {
      if (Status added = add_authentication(rule, false); !added) return added.error();
    }
    for (const AuthenticationRule& rule : tables_->deployment.non_repudiation) {
      if (Status added = add_authentication(rule, true); !added) return added.error();
    }
    for (const DisseminationRule& rule : tables_->deployment.dissemination) {
      if (Status added = add_dissemination(rule); !added) return added.error();
    }
    for (const ObjectEntry& object : tables_->deployment.objects) {
      if (Status added = add_object(object); !added) return added.error();
    }
    return std::shared_ptr<const Tables>{tables_};
  }

 private:
  Result<std::uint8_t> mechanism(const PluginUse& use) {
    auto& mechanisms = tables_->mechanisms;
    const auto same = std::find_if(mechanisms.begin(), mechanisms.end(), [&](const Mechanism& m) {
      return m.name == use.name && m.config == use.config;
    });
    if (same != mechanisms.end()) return static_cast<std::uint8_t>(same - mechanisms.begin());
    const Plugin* plugin = tables_->catalogue->find(PARLEY_KIND_AUTHENTICATOR, use.name);
    if (plugin == nullptr) return missing("authenticator", use.name, "[[authentication]]");
    if (mechanisms.size() == mechanisms_count_max) {
      return Error{ErrorCode::Configuration,
                   "[[authentication]]: expected at most 255 different mechanisms"};
    }
    mechanisms.push_back(
        {.name = use.name,
         .factory = static_cast<const AuthenticatorFactory*>(plugin->factory.get()),
         .config = use.config,
         .guarantees = plugin->descriptor->guarantees});
    return static_cast<std::uint8_t>(mechanisms.size() - 1);
  }

  Status add_authentication(const AuthenticationRule& rule, bool auditable) {
    Tables::CoveredAuthentication covered{.scope = rule.scope, .auditable = auditable, .route = {}};
    for (const PluginUse& use : rule.mechanisms) {
      Result<std::uint8_t> index = mechanism(use);
      if (!index) return index.error();
      covered.route.accepts.push_back(*index);
    }
    if (covered.route.accepts.empty()) {
      return Error{ErrorCode::Configuration, "[[authentication]]: expected at least one mechanism"};
    }
    covered.route.seals = covered.route.accepts.front();
    covered.route.line = rule.scope.line;
    tables_->authentication_rules.push_back(std::move(covered));
    return {};
  }

  Status add_dissemination(const DisseminationRule& rule) {
    Tables::CoveredDissemination covered{.scope = rule.scope, .route = {}};
    for (const DisseminationStage& stage : rule.stages) {
      const auto* factory = tables_->catalogue->disseminator(stage.disseminator.name);
      if (factory == nullptr) {
        return missing("disseminator", stage.disseminator.name, "[[dissemination]]");
      }
      covered.route.stages.push_back({factory, stage.disseminator.config, stage.escalate_after});
    }
    covered.route.line = rule.scope.line;
    tables_->dissemination_rules.push_back(std::move(covered));
    return {};
  }

  Status add_object(const ObjectEntry& entry) {
    const std::string user = "[[object]] " + entry.name;
    const ObjectFactory* type = tables_->catalogue->object(entry.object.name);
    if (type == nullptr) return missing("object", entry.object.name, user);
    const BackendFactory* backend = tables_->catalogue->backend(entry.backend.name);
    if (backend == nullptr) return missing("backend", entry.backend.name, user);
    if (tables_->catalogue->store(entry.store.name) == nullptr) {
      return missing("store", entry.store.name, user);
    }
    const std::uint64_t promises =
        tables_->catalogue->find(PARLEY_KIND_BACKEND, entry.backend.name)->descriptor->guarantees;
    const std::uint64_t needs =
        tables_->catalogue->find(PARLEY_KIND_OBJECT, entry.object.name)->descriptor->guarantees;
    const bool keeps_log = (promises & PARLEY_GUARANTEE_LOG) != 0;
    if ((needs & PARLEY_GUARANTEE_NEEDS_LOG) != 0 && !keeps_log) {
      return Error{ErrorCode::Configuration,
                   user + ": expected a backend that commits any number of methods for " +
                       entry.object.name + ", found " + entry.backend.name};
    }
    std::unique_ptr<Object> object = type->create(entry.object.config);
    if (keeps_log) object = std::make_unique<SessionObject>(std::move(object));
    tables_->objects.push_back(std::move(object));
    const EngineSpec engine{.object = *tables_->objects.back(),
                            .memoises = keeps_log,
                            .partitions = (promises & PARLEY_GUARANTEE_PARTITIONS) != 0};
    InstanceRoute route{.id = object_instance(tables_->instances.size()),
                        .name = entry.name,
                        .membership = std::make_shared<const Membership>(entry.membership),
                        .hosts = entry.hosts(),
                        .standby = entry.standby,
                        .create =
                            [backend, engine, id = object_instance(tables_->instances.size()),
                             config = entry.backend.config, drift = clock_drift_max_ppm(),
                             hash = tables_->hash](PrincipalId) {
                              return std::make_unique<ObjectEngine>(
                                  engine, backend->create({.initial = engine.object,
                                                           .config = config,
                                                           .clock_drift_max_ppm = drift,
                                                           .hash = hash,
                                                           .instance = id}));
                            },
                        .store = entry.store,
                        .wires = entry.wires};
    tables_->instances.push_back(std::move(route));
    return {};
  }

  /// Of any link; a lease does not know over which ones its members hear of it.
  std::uint32_t clock_drift_max_ppm() const {
    std::uint32_t drift = 0;
    for (const LinkRule& link : tables_->deployment.links) {
      drift = std::max(drift, link.clock_drift_max_ppm);
    }
    return drift;
  }

  std::shared_ptr<Tables> tables_;
};

}  // namespace

const InstanceRoute* Tables::instance(InstanceId id) const {
  if (id.value == 0 || id.value > instances.size()) return nullptr;
  return &instances[id.value - 1u];
}

const InstanceRoute* Tables::instance(std::string_view name) const {
  const auto found = std::find_if(instances.begin(), instances.end(),
                                  [&](const InstanceRoute& route) { return route.name == name; });
  return found == instances.end() ? nullptr : &*found;
}

const AuthenticationRoute* Tables::authentication(PrincipalId issuer, PrincipalId verifier,
                                                  InstanceId id, bool auditable) const {
  const InstanceRoute* route = instance(id);
  const std::string_view name = route == nullptr ? std::string_view{} : route->name;
  const AuthenticationRoute* stronger = nullptr;
  for (const CoveredAuthentication& rule : authentication_rules) {
    if (!rule.scope.covers(issuer, verifier) || !names(rule.scope.types, name)) continue;
    // A mechanism's own statements are sealed by a mechanism that needs none.
    if (is_mechanism_instance(id) && mechanisms[rule.route.seals].interactive()) continue;
    if (rule.auditable == auditable) return &rule.route;
    // What convinces everyone convinces the verifier too.
    if (rule.auditable && stronger == nullptr) stronger = &rule.route;
  }
  return stronger;
}

const DisseminationRoute& Tables::dissemination(PrincipalId issuer, InstanceId id,
                                                const PrincipalSet& verifiers) const {
  const InstanceRoute* route = instance(id);
  const std::string_view name = route == nullptr ? std::string_view{} : route->name;
  for (const CoveredDissemination& rule : dissemination_rules) {
    const RuleScope& scope = rule.scope;
    const bool there = scope.from.contains(issuer) && scope.to.includes(verifiers);
    const bool back =
        scope.both_ways && scope.to.contains(issuer) && scope.from.includes(verifiers);
    if ((there || back) && names(scope.types, name)) return rule.route;
  }
  return unicast_to_all;
}

Result<std::shared_ptr<const Tables>> make_tables(const Deployment& deployment,
                                                  const Catalogue& catalogue, HashFunction hash) {
  return TablesBuilder{deployment, catalogue, hash}.build();
}

}  // namespace parley
