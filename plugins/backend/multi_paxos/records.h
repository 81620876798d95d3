// SPDX-License-Identifier: Apache-2.0
//
// What a member of multi_paxos keeps on disk. Records are only ever appended: a
// promise, or entries from an index on, which override what earlier records had
// there and after it. A snapshot stands for all records before it.
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "core/api/membership.h"
#include "plugins/backend/multi_paxos/messages.h"

namespace parley::multi_paxos {

/// The state after the entry at `index`. Canonical, so that leaders in turn make
/// the same image of the same place.
struct Image {
  Index index = 0;
  Position position{};
  std::uint64_t methods = 0;  ///< Method entries up to there: the last Decide's position.
  Membership membership{};
  Bytes object{};  ///< Object::snapshot.
};

struct PromiseRecord {
  Ballot promised = 0;
};

struct EntriesRecord {
  Index first = 0;
  Index commit = 0;  ///< Known to be committed when this was written.
  std::vector<Entry> entries{};
};

struct DurableSnapshot {
  Ballot promised = 0;
  Index commit = 0;
  Bytes image{};                 ///< Encoded; empty: nothing was ever applied.
  std::vector<Entry> entries{};  ///< After it.
};

Bytes encode(const Image& image);
SharedBytes encode(const PromiseRecord& record);
SharedBytes encode(const EntriesRecord& record);
/// In pieces of chunk_bytes_max at most.
std::vector<SharedBytes> encode(const DurableSnapshot& snapshot);

/// Total, as all decoders.
std::optional<Image> decode_image(ByteView bytes);
std::optional<std::variant<PromiseRecord, EntriesRecord>> decode_record(ByteView bytes);
std::optional<DurableSnapshot> decode_snapshot(const std::vector<Bytes>& chunks);

}  // namespace parley::multi_paxos
