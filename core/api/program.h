// SPDX-License-Identifier: Apache-2.0
//
// What a .mommie or .pf source compiles to: a Machine per role, and a list of
// what its statements need from authentication, so that a deployment can be
// checked against it before anything runs.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>

#include "core/api/component.h"
#include "core/api/config.h"
#include "core/api/hash.h"
#include "core/api/machine.h"

namespace parley {

/// The weakest guarantee one statement type needs; both strings live as long as
/// the plugin. `reason` names the program line that creates the need.
struct StatementNeed {
  StatementType type;
  const char* name;
  bool auditable;  ///< Evidence must convince a third party.
  const char* reason;
};

struct ProgramSpec {
  /// The role this node plays; one of `roles()`.
  std::string role;
  /// Roles and set-valued constants, resolved to principals.
  const std::map<std::string, PrincipalSet, std::less<>>& groups;
  const Config& config;
  /// Answers EXTERNAL functions and takes upcalls; null: the deployment names none.
  Component* component = nullptr;
  HashFunction hash = nullptr;
};

class ProgramFactory {
 public:
  virtual ~ProgramFactory() = default;
  virtual std::span<const char* const> roles() const = 0;
  virtual std::span<const StatementNeed> needs() const = 0;
  virtual std::unique_ptr<Machine> create(const ProgramSpec& spec) const = 0;
};

}  // namespace parley
