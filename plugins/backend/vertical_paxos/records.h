// SPDX-License-Identifier: Apache-2.0
//
// What a node of vertical_paxos keeps on disk. Records are only ever appended, at
// most one in a step, so that what a step does is durable as a whole; each may name
// a new epoch and give entries from an index on, which override what earlier
// records had there and after it. A snapshot stands for all records before it.
#pragma once

#include <optional>
#include <vector>

#include "plugins/backend/vertical_paxos/messages.h"

namespace parley::vertical_paxos {

/// The state after the entry at `index`. Canonical, so that nodes make the same
/// image of the same place.
struct Image {
  Index index = 0;
  Position position{};
  std::uint64_t methods = 0;  ///< Method entries up to there: the last Decide's position.
  Bytes object{};             ///< Object::snapshot.
};

/// What one node lacks of another's log: entries after a place that both have, or,
/// where these are gone, an image and the entries after it.
struct Portion {
  std::optional<Image> image{};
  Index after = 0;  ///< The image's index, where there is one.
  std::vector<Entry> entries{};
};

struct Record {
  std::uint64_t life = 0;  ///< Of those that opened branches.
  std::optional<History> history{};
  Index first = 0;   ///< 0: no entries.
  Index commit = 0;  ///< Known to be committed when this was written.
  std::vector<Entry> entries{};
};

struct DurableSnapshot {
  std::uint64_t life = 0;
  History history{};
  Bytes portion{};  ///< With an image. Encoded.
};

Bytes encode(const Portion& portion);
SharedBytes encode(const Record& record);
/// In pieces of chunk_bytes_max at most.
std::vector<SharedBytes> encode(const DurableSnapshot& snapshot);

/// Total, as all decoders.
std::optional<Portion> decode_portion(ByteView bytes);
std::optional<Record> decode_record(ByteView bytes);
std::optional<DurableSnapshot> decode_snapshot(const std::vector<Bytes>& chunks);

}  // namespace parley::vertical_paxos
