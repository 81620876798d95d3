// SPDX-License-Identifier: Apache-2.0
//
// What a member of caspaxos keeps on disk: a log of records, each about one
// register, of which the latest promise and the latest vote count. A snapshot is
// the same records again, one or two a register.
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "core/api/object.h"
#include "plugins/backend/caspaxos/messages.h"

namespace parley::caspaxos {

/// The register promised `promised`, to this member or to another.
struct PromiseRecord {
  Partition partition;
  Ballot promised = 0;
};

/// The register accepted a value, and promised `promised` with that.
struct VoteRecord {
  Partition partition;
  Ballot promised = 0;
  Vote vote{};
};

/// Branches below `limit` may have been opened.
struct BranchRecord {
  Branch limit = 0;
};

using Record = std::variant<PromiseRecord, VoteRecord, BranchRecord>;

SharedBytes encode(const Record& record);
/// Total; refuses bytes left over.
std::optional<Record> decode_record(ByteView bytes);

/// A part of a snapshot: records, each with its length.
std::optional<std::vector<Record>> decode_chunk(ByteView bytes);

}  // namespace parley::caspaxos
