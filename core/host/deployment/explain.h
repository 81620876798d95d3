// SPDX-License-Identifier: Apache-2.0
//
// What the rules of a deployment come to for one pair of principals, and the
// line that decided each: "why is this sealed with that?"
#pragma once

#include <string>
#include <vector>

#include "core/kernel/deployment.h"

namespace parley {

/// One thing in force and the line that says so; line 0: a default.
struct ExplainedChoice {
  std::string value;
  FileLine line;
};

/// Statements of one instance in one direction.
struct ExplainedStatements {
  std::string instance;  ///< Empty: of instances that the two do not share.
  ExplainedChoice authentication;
  ExplainedChoice non_repudiation;
  ExplainedChoice dissemination;
};

struct ExplainedDirection {
  PrincipalId issuer;
  PrincipalId verifier;
  std::vector<ExplainedStatements> statements;
};

struct ExplainedPair {
  ExplainedChoice link;
  std::vector<ExplainedDirection> directions;  ///< There and back.
};

ExplainedPair explain_pair(const Deployment& deployment, PrincipalId first, PrincipalId second);

std::string explanation_text(const Deployment& deployment, const ExplainedPair& pair);
std::string explanation_json(const Deployment& deployment, const ExplainedPair& pair);

}  // namespace parley
