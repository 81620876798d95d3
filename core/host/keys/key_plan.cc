// SPDX-License-Identifier: Apache-2.0
#include "core/host/keys/key_plan.h"

#include <algorithm>

namespace parley {
namespace {

template <class Visitor>
void for_each_rule(const Deployment& deployment, Visitor&& visit) {
  for (const AuthenticationRule& rule : deployment.authentication) visit(rule);
  for (const AuthenticationRule& rule : deployment.non_repudiation) visit(rule);
}

const std::string& name_of(const Deployment& deployment, PrincipalId id) {
  return deployment.principals[id.value].name;
}

}  // namespace

std::vector<std::string> mechanism_names(const Deployment& deployment) {
  std::vector<std::string> names;
  for_each_rule(deployment, [&](const AuthenticationRule& rule) {
    for (const PluginUse& use : rule.mechanisms) {
      if (std::find(names.begin(), names.end(), use.name) == names.end()) names.push_back(use.name);
    }
  });
  return names;
}

PrincipalSet key_peers(const Deployment& deployment, std::string_view mechanism, PrincipalId self) {
  PrincipalSet peers;
  for_each_rule(deployment, [&](const AuthenticationRule& rule) {
    const bool named = std::any_of(rule.mechanisms.begin(), rule.mechanisms.end(),
                                   [&](const PluginUse& use) { return use.name == mechanism; });
    if (!named) return;
    if (rule.scope.from.contains(self)) peers |= rule.scope.to;
    if (rule.scope.to.contains(self)) peers |= rule.scope.from;
  });
  peers.erase(self);
  return peers;
}

KeyFolder key_folder(const Deployment& deployment, std::string_view mechanism, PrincipalId node) {
  return {deployment.data_dir, name_of(deployment, node), std::string{mechanism},
          deployment.key_epoch};
}

std::string pair_secret_file(const Deployment& deployment, PrincipalId peer) {
  return "pair_" + name_of(deployment, peer) + ".secret";
}

std::string public_key_file(const Deployment& deployment, PrincipalId owner) {
  return name_of(deployment, owner) + ".public";
}

std::string keys_command(const Deployment& deployment, PrincipalId node) {
  std::string file = "FILE";
  for_each_rule(deployment, [&](const AuthenticationRule& rule) {
    if (!rule.scope.line.file.empty()) file = rule.scope.line.file;
  });
  return "parley keys gen " + file + " --node " + name_of(deployment, node);
}

}  // namespace parley
