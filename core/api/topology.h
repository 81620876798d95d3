// SPDX-License-Identifier: Apache-2.0
//
// How values travel inside one entity of the hierarchy: from all members to one
// fold, and from the fold back to all members. A protocol does not know which
// topology it runs on. One Aggregation per (member, entity); pure, like a
// Machine, but spoken to by an agent rather than by the kernel.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "core/api/config.h"
#include "core/api/membership.h"
#include "core/api/property.h"
#include "core/api/state_writer.h"

namespace parley {

/// What one call wants done.
struct AggregationEffects {
  struct Token {
    PrincipalId to;
    SharedBytes bytes;
  };
  struct Finished {
    Version version;
    SharedBytes aggregate;
    PrincipalSet contributors;
  };
  std::vector<Token> tokens{};
  /// The fold of one round as this member learns it; versions only grow.
  std::optional<Finished> finished{};
};

class Aggregation {
 public:
  virtual ~Aggregation() = default;

  /// A new configuration; rounds of older ones are abandoned.
  virtual void configure(PrincipalId self, SharedMembership membership) = 0;
  /// This member's value from now on; a round takes the value of the moment at
  /// which it passes here, and takes it exactly once. May send at once, where
  /// values spread on change.
  virtual void contribute(SharedBytes value, const Fold& fold, AggregationEffects& effects) = 0;
  /// The leader's pace: begin the next round, or repeat a stuck one. Others ignore it.
  virtual void tick(const Fold& fold, AggregationEffects& effects) = 0;
  /// A token of a peer: any bytes, any order, any number of times.
  virtual void on_token(PrincipalId from, ByteView token, const Fold& fold,
                        AggregationEffects& effects) = 0;
  /// Canonical, as Machine::encode.
  virtual void encode(StateWriter& out) const = 0;
  /// A deep copy.
  virtual std::unique_ptr<Aggregation> clone() const = 0;
};

class TopologyFactory {
 public:
  virtual ~TopologyFactory() = default;
  /// Whether a contribution may be folded more than once (gossip).
  virtual bool folds_repeatedly() const = 0;
  virtual std::unique_ptr<Aggregation> create(const Config& config) const = 0;
};

}  // namespace parley
