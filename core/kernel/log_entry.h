// SPDX-License-Identifier: Apache-2.0
//
// How the kernel wraps what a machine persists, so that a publication is durable
// with the step that made it and in no other way:
//
//   record         = finished publications machine_record
//   snapshot chunk = first: finished publications; then the machine's chunks
//
// `finished` lists durable publications that ended since the record before: a
// later record undoes what an earlier one began.
#pragma once

#include "core/api/input.h"
#include "core/base/bytes.h"
#include "core/kernel/dissemination.h"

namespace parley {

/// What a step says about durable publications besides the machine's own record.
struct LogHead {
  std::vector<PublicationId> finished;
  std::vector<std::pair<PublicationKey, const Publication*>> begun;
};

SharedBytes wrap(const LogHead& head, ByteView record);

/// The machine's own view of what was recovered, and the publications to resume.
struct Unwrapped {
  Recovered recovered;
  std::map<PublicationKey, Publication> publications;
};
/// Precondition: our own store's bytes. Asserts on malformed ones.
Unwrapped unwrap(const Recovered& stored, InstanceId instance, PrincipalId self,
                 std::uint32_t principals_count);

}  // namespace parley
