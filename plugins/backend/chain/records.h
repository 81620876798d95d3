// SPDX-License-Identifier: Apache-2.0
//
// What a node of a chain keeps on disk. Records are only ever appended, at most
// one in a step, so that what a step does is durable as a whole; each may name a
// new epoch and give entries from an index on, which override what earlier
// records had there and after it. A snapshot stands for all records before it.
#pragma once

#include <optional>
#include <vector>

#include "core/api/membership.h"
#include "plugins/backend/chain/messages.h"

namespace parley::chain {

/// An epoch as the master decided it.
struct EpochFacts {
  Membership membership{};
  Time completed = 0;
  /// Those who were members in every epoch from the completed one on: each of
  /// them has everything that can have been committed.
  PrincipalSet eligible{};
};

/// The state after the entry at `index`. Canonical, so that nodes make the same
/// image of the same place.
struct Image {
  Index index = 0;
  Position position{};
  std::uint64_t methods = 0;  ///< Method entries up to there: the last Decide's position.
  Bytes object{};             ///< Object::snapshot.
};

struct Record {
  std::uint64_t life = 0;  ///< Of those that opened branches.
  std::optional<EpochFacts> epoch{};
  Index first = 0;   ///< 0: no entries.
  Index commit = 0;  ///< Known to be committed when this was written.
  std::vector<Entry> entries{};
};

struct DurableSnapshot {
  std::uint64_t life = 0;
  EpochFacts epoch{};
  Bytes image{};                 ///< Encoded.
  std::vector<Entry> entries{};  ///< After it.
};

Bytes encode(const Image& image);
SharedBytes encode(const Record& record);
/// In pieces of chunk_bytes_max at most.
std::vector<SharedBytes> encode(const DurableSnapshot& snapshot);

/// Total, as all decoders.
std::optional<Image> decode_image(ByteView bytes);
std::optional<Record> decode_record(ByteView bytes);
std::optional<DurableSnapshot> decode_snapshot(const std::vector<Bytes>& chunks);

}  // namespace parley::chain
