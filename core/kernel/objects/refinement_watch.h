// SPDX-License-Identifier: Apache-2.0
//
// Refinement of every object of a deployment whose backend tells it by its notes;
// other objects are left alone.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "core/kernel/node.h"
#include "core/kernel/objects/refinement.h"
#include "core/kernel/tables.h"

namespace parley {

class RefinementWatch {
 public:
  /// Where a backend is no majority of its members: the rule of its instance.
  using Rules = std::map<InstanceId, std::shared_ptr<const QuorumRule>>;

  explicit RefinementWatch(const Tables& tables, const Rules& rules = {});

  /// Whether there is any object to watch.
  bool idle() const { return watched_.empty(); }

  /// Effect: the notes have happened. Precondition: their steps are durable, in the
  /// order of the node's steps, and after what caused them elsewhere.
  std::optional<Violation> on_notes(PrincipalId node, const std::vector<NodeOutput::Noted>& notes);
  void on_restart(PrincipalId node);

  /// Null: not watched.
  const Refinement* of(InstanceId instance) const;

 private:
  std::map<InstanceId, Refinement> watched_;
};

}  // namespace parley
