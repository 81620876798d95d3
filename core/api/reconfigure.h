// SPDX-License-Identifier: Apache-2.0
//
// Changing the members of an object instance while it serves. The Submit's value
// on this port is a Reconfiguration, the Reply's an Outcome:
//
//   Ok         the new members are committed
//   Preempted  another member would serve this, or nobody is known to; not done
//   Stale      refused by a rule, see the note of the backend; not done
//   Unknown    may yet be committed
#pragma once

#include <optional>
#include <vector>

#include "core/api/membership.h"
#include "core/base/bytes.h"
#include "core/base/codec.h"
#include "core/base/ids.h"
#include "core/base/limits.h"

namespace parley {

inline constexpr PortId port_reconfigure{5};

inline Bytes encode_reconfiguration(const Membership& membership) {
  Bytes out;
  Writer writer{out};
  writer.varint(membership.epoch.value);
  writer.principals(membership.members);
  writer.principals(membership.learners);
  for (const PrincipalId member : membership.order) writer.varint(member.value);
  return out;
}

/// Total. Refuses no members, a member that learns, and an order that is no
/// permutation of the members.
inline std::optional<Membership> decode_reconfiguration(ByteView bytes) {
  constexpr auto bound = static_cast<std::uint32_t>(limits::principals_count_max);
  Reader reader{bytes};
  Membership membership;
  membership.epoch = Epoch{reader.varint()};
  membership.members = reader.principals(bound);
  membership.learners = reader.principals(bound);
  PrincipalSet ordered;
  for (std::size_t i = membership.members.size(); i > 0 && reader.ok(); --i) {
    const std::uint64_t member = reader.varint();
    if (member >= bound) return std::nullopt;
    membership.order.push_back(PrincipalId{static_cast<std::uint32_t>(member)});
    ordered.insert(membership.order.back());
  }
  const bool sound = reader.finished() && !membership.members.empty() &&
                     ordered == membership.members &&
                     (membership.members & membership.learners).empty();
  if (!sound) return std::nullopt;
  return membership;
}

}  // namespace parley
