// SPDX-License-Identifier: Apache-2.0
//
// Chooses where a publication goes first. A stage that makes no progress in its
// time is followed by the next; after the last the kernel sends to every
// verifier and repeats, so liveness never depends on a disseminator, and safety
// never depends on dissemination at all.
#pragma once

#include <memory>

#include "core/api/config.h"
#include "core/api/state_writer.h"
#include "core/base/ids.h"
#include "core/base/principal_set.h"

namespace parley {

class Disseminator {
 public:
  virtual ~Disseminator() = default;

  /// The destinations of one stage: a subset of `verifiers`, none of which is
  /// this node. Deterministic in the calls made so far.
  virtual PrincipalSet targets(const PrincipalSet& verifiers) = 0;

  /// `peer` answered or acknowledged a publication of this route.
  virtual void on_answer(PrincipalId peer) = 0;
  /// The stage's time ran out while `silent` had not answered.
  virtual void on_escalation(const PrincipalSet& silent) = 0;

  /// Canonical, as Machine::encode.
  virtual void encode(StateWriter& out) const = 0;
  /// A deep copy.
  virtual std::unique_ptr<Disseminator> clone() const = 0;
};

class DisseminatorFactory {
 public:
  virtual ~DisseminatorFactory() = default;
  virtual std::unique_ptr<Disseminator> create(PrincipalId self, const Config& config) const = 0;
};

}  // namespace parley
