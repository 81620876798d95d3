// SPDX-License-Identifier: Apache-2.0
//
// Events of refinement, written as short as they are told.
#pragma once

#include <string_view>

#include "core/kernel/objects/refinement_event.h"

namespace parley::testing {

using Kind = RefinementEvent::Kind;

inline PrincipalSet nodes(std::initializer_list<std::uint32_t> ids) {
  PrincipalSet set;
  for (const std::uint32_t id : ids) set.insert(PrincipalId{id});
  return set;
}

inline PrincipalSet first_nodes(std::uint32_t count) {
  PrincipalSet set;
  for (std::uint32_t i = 0; i < count; ++i) set.insert(PrincipalId{i});
  return set;
}

inline RefinementEvent event(Kind kind, std::uint32_t node, std::uint64_t time, Position place) {
  RefinementEvent made;
  made.kind = kind;
  made.node = PrincipalId{node};
  made.time = time;
  made.place = place;
  return made;
}

inline RefinementEvent promise(std::uint32_t node, std::uint64_t time, std::uint32_t candidate,
                               Position last = {}) {
  RefinementEvent made = event(Kind::Promise, node, time, last);
  made.candidate = PrincipalId{candidate};
  return made;
}

inline RefinementEvent elected(std::uint32_t node, std::uint64_t time, Position base,
                               PrincipalSet voters) {
  RefinementEvent made = event(Kind::Elected, node, time, base);
  made.principals = std::move(voters);
  return made;
}

inline RefinementEvent append(std::uint32_t node, Position place, std::string_view method = "m") {
  RefinementEvent made = event(Kind::Append, node, place.time, place);
  made.detail = SharedBytes{view_of(method)};
  return made;
}

inline RefinementEvent reconfigure(std::uint32_t node, Position place, PrincipalSet members) {
  RefinementEvent made = event(Kind::Reconfigure, node, place.time, place);
  made.principals = std::move(members);
  return made;
}

inline RefinementEvent accept(std::uint32_t node, Position place) {
  return event(Kind::Accept, node, place.time, place);
}

inline RefinementEvent install(std::uint32_t node, std::uint64_t time, Position last) {
  return event(Kind::Install, node, time, last);
}

inline RefinementEvent claim(std::uint32_t node, Position place) {
  return event(Kind::CommitClaim, node, place.time, place);
}

inline RefinementEvent in_partition(std::uint64_t partition, RefinementEvent made) {
  made.partition = partition;
  return made;
}

}  // namespace parley::testing
