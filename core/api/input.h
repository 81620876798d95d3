// SPDX-License-Identifier: Apache-2.0
//
// Everything that can happen to a Machine. Views are valid during the step
// only; a machine copies what it keeps.
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "core/api/membership.h"
#include "core/base/bytes.h"
#include "core/base/ids.h"

namespace parley {

/// What a store kept of a machine's earlier life: the latest snapshot, then
/// every record after it that was durable (and possibly some that were being
/// written), in order. Both may be absent.
struct Recovered {
  struct Record {
    LogIndex index;
    Bytes bytes;
  };
  LogIndex snapshot_index{};  ///< 0: no snapshot.
  std::vector<Bytes> snapshot_chunks{};
  std::vector<Record> records{};
};

/// The first input of every machine, once. The only restart path there is.
struct Start {
  PrincipalId self;
  SharedMembership membership;
  const Recovered& recovered;
};

/// A statement whose evidence convinced this node. May be a duplicate, may be
/// late, may be malformed inside: the issuer is authentic, the record is not trusted.
struct Deliver {
  PrincipalId issuer;
  StatementType type;
  ByteView record;
};

/// A request from outside the protocol: an application, or another instance of
/// the same node by a Local effect. Bit 63 of the request tells them apart, which
/// a machine need not know: it replies to either alike.
struct Submit {
  RequestId request;
  PortId port;
  ByteView value;
};

/// The Reply to a Local effect of this instance. Comes once or, should the other
/// instance never reply, not at all.
struct Answered {
  RequestId request;  ///< Of the Local.
  ByteView value;
};

struct TimerFired {
  TimerId timer;
};

/// Answers the Draw of the step before: uniform in [0, bound).
struct Drawn {
  std::uint64_t value;
};

struct MembershipChanged {
  SharedMembership membership;
};

using Input = std::variant<Start, Deliver, Submit, Answered, TimerFired, Drawn, MembershipChanged>;

}  // namespace parley
