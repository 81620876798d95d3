// SPDX-License-Identifier: Apache-2.0
//
// What must hold between the nodes of a deployment whatever the backend, checked
// on what leaves them: nodes agree on every decided position, each node decides
// its positions in order and skips only what another has decided, and a push that
// was answered Ok was decided or changes nothing.
// Pure; fed by the simulated world, the explorer, or a production checker.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "core/api/object.h"
#include "core/base/bytes.h"
#include "core/base/ids.h"
#include "core/kernel/node.h"

namespace parley {

struct Violation {
  std::string invariant;  ///< snake_case name: agreement, decide_order, push_decided, ...
  std::string message;    ///< What was expected and found, and where.
};

class Invariants {
 public:
  /// A Decide left the node.
  std::optional<Violation> on_decide(PrincipalId node, const NodeOutput::Decided& decided);

  /// A caller at `node` was told that its push of `method` is committed. What is
  /// decided so far is folded into clones of `initial`.
  std::optional<Violation> on_pushed(PrincipalId node, InstanceId instance, ByteView method,
                                     const Object& initial) const;

  /// The push was answered with `result`: what the method gives after some of the
  /// decided methods, in their order, where it is decided next or changes nothing.
  /// Ask on_pushed first: a push that nobody decided has no such place.
  std::optional<Violation> on_result(PrincipalId node, InstanceId instance, ByteView method,
                                     ByteView result, const Object& initial) const;

  /// The node lost its memory: it may decide again what it decided before.
  void on_restart(PrincipalId node);

  /// Whether anything is decided at that position of the whole object.
  bool decided(InstanceId instance, std::uint64_t position) const;

 private:
  static bool changes_nothing(const Object& state, ByteView method);

  /// Partitions are independent, so folding one after the other folds as well
  /// as any order in which they were decided.
  struct Place {
    InstanceId instance;
    std::string partition;
    std::uint64_t position;
    friend auto operator<=>(const Place&, const Place&) = default;
  };
  struct Decision {
    SharedBytes value;
    PrincipalId first;  ///< Who decided it first.
  };
  struct Follower {
    PrincipalId node;
    InstanceId instance;
    std::string partition;
    friend auto operator<=>(const Follower&, const Follower&) = default;
  };

  std::map<Place, Decision> decisions_;
  std::map<Follower, std::uint64_t> latest_;  ///< Absent: nothing since its start.
};

}  // namespace parley
