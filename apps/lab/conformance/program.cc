// SPDX-License-Identifier: Apache-2.0
//
// The rules of a program: it says its roles and needs, and each role's Machine
// keeps the Machine's contract while three of them rehearse on a lossy network.
#include <map>
#include <set>

#include "apps/lab/conformance/conformance.h"
#include "apps/lab/conformance/default_config.h"
#include "apps/lab/conformance/rehearsal.h"
#include "apps/lab/conformance/stand_in_hash.h"

namespace parley {
namespace {

using Groups = std::map<std::string, PrincipalSet, std::less<>>;

void check_roles(const ProgramFactory& factory, Findings& findings) {
  std::set<std::string> roles;
  for (const char* role : factory.roles()) {
    expect(findings, "role names are distinct words", *role != '\0' && roles.insert(role).second,
           role);
  }
  expect(findings, "a program has a role", !roles.empty());
}

void check_needs(const ProgramFactory& factory, Findings& findings) {
  std::set<StatementType> types;
  for (const StatementNeed& need : factory.needs()) {
    const bool explained = *need.name != '\0' && *need.reason != '\0';
    expect(findings, "every statement type has a name and a reason for its need", explained,
           need.name);
    expect(findings, "statement types are listed once", types.insert(need.type).second, need.name);
  }
}

/// The statement types the program declares, which are all it may publish.
std::set<StatementType> declared_types(const ProgramFactory& factory) {
  std::set<StatementType> types;
  for (const StatementNeed& need : factory.needs()) types.insert(need.type);
  return types;
}

}  // namespace

Findings check_program(const Plugin& plugin) {
  const auto& factory = *static_cast<const ProgramFactory*>(plugin.factory.get());
  const Config config = default_config(*plugin.descriptor);
  Findings findings;
  check_roles(factory, findings);
  check_needs(factory, findings);

  Groups groups;
  for (const char* role : factory.roles()) {
    groups[role] = {PrincipalId{0}, PrincipalId{1}, PrincipalId{2}};
  }
  for (const char* role : factory.roles()) {
    const auto make = [&] {
      return factory.create({.role = role,
                             .groups = groups,
                             .config = config,
                             .component = nullptr,
                             .hash = stand_in_hash});
    };
    if (!expect(findings, "a machine is made for every role", make() != nullptr, role)) continue;
    rehearse(make, *plugin.descriptor, declared_types(factory), findings);
  }
  return findings;
}

}  // namespace parley
