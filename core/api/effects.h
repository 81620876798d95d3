// SPDX-License-Identifier: Apache-2.0
//
// Everything a Machine can do to the world: a list that the step appends to and
// the driver performs. Within one step every Persist is durable before any
// Publish, Send, Local, Decide or Reply leaves; apart from that, order is kept.
#pragma once

#include <cstdint>
#include <utility>
#include <variant>
#include <vector>

#include "core/api/membership.h"
#include "core/api/note.h"
#include "core/base/bytes.h"
#include "core/base/duration.h"
#include "core/base/ids.h"
#include "core/base/principal_set.h"

namespace parley {

/// Spread [me, verifiers, auditors] record until it has made progress. This node
/// is never a destination: a machine acts on its own statements by itself. The
/// deployment's dissemination chain decides how; liveness never depends on the
/// choice. Reusing an `id` replaces the earlier publication.
struct Publish {
  PublicationId id;
  PrincipalSet verifiers;
  PrincipalSet auditors;
  StatementType type;
  SharedBytes record;
  /// Sent again until Progress, whoever acknowledged it, because the machine
  /// waits for an answer; otherwise until every verifier acknowledged it.
  bool until_progress = false;
  /// Resumed after a crash. Precondition: the same step appends a record.
  bool durable = false;
};

/// A publication's purpose is achieved: stop spreading it. Unknown ids are fine.
struct Progress {
  PublicationId id;
};

/// The statement [me, {to}, NOONE] record, once, without retransmission.
struct Send {
  PrincipalId to;
  StatementType type;
  SharedBytes record;
};

/// Becomes a Submit of whatever instance the deployment wires to this port, on
/// this node, in the same batch; its Reply comes back as Answered with this
/// request. Precondition: request < 2^47 (the kernel adds who asks).
struct Local {
  PortId port;
  RequestId request;
  SharedBytes value;
};

struct Append {
  SharedBytes record;  ///< Gets the next LogIndex.
};
struct TruncateSuffix {
  LogIndex index;  ///< Drops this record and all after it.
};
struct TrimPrefix {
  /// Drops all records up to and including this one. Precondition: a Snapshot
  /// of this or an earlier step stands for them.
  LogIndex index;
};
struct Snapshot {
  LogIndex index;  ///< Stands for all records up to and including this one.
  std::vector<SharedBytes> chunks;
};
struct Persist {
  std::variant<Append, TruncateSuffix, TrimPrefix, Snapshot> change;
};

/// A lease is a declared pair: the holder stops within `hold`, the others wait
/// longer than any holder's clock can stretch that: Wait.min >= Hold.max * (1 +
/// clock_drift_max), a key of the deployment. Exploration fires timers in any order
/// but never a Wait before a live Hold of the same lease.
struct LeaseTag {
  enum class Side : std::uint8_t { None, Hold, Wait };
  Side side = Side::None;
  std::uint64_t lease = 0;
};

/// Fires once, after a time that the driver picks from [min, max]. Setting a
/// running timer again restarts it.
struct SetTimer {
  TimerId timer;
  Duration min;
  Duration max;
  LeaseTag lease{};
};

struct CancelTimer {
  TimerId timer;
};

/// The members of this very instance, from now on, because its own log says so
/// (an instance that obeys somebody else hears MembershipChanged instead). The
/// epoch grows; nobody is told.
struct ChangeMembership {
  SharedMembership membership;
};

/// Asks for one number in [0, bound), answered by Drawn before any other input;
/// the other effects of this step are withheld until then, so the choice and
/// what follows from it are one atomic step. At most one per step.
struct Draw {
  std::uint64_t bound;
};

/// `value` is agreed at `position`, for ever, for everybody. Backends that keep
/// the partitions of an object apart count the positions of each from 1.
struct Decide {
  std::uint64_t position;
  SharedBytes value;
  SharedBytes partition{};
};

/// Answers the Submit with this request id.
struct Reply {
  RequestId request;
  SharedBytes value;
};

using Effect = std::variant<Publish, Progress, Send, Local, Persist, SetTimer, CancelTimer,
                            ChangeMembership, Draw, Decide, Reply, Note>;
using Effects = std::vector<Effect>;

}  // namespace parley
