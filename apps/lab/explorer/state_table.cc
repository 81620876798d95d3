// SPDX-License-Identifier: Apache-2.0
#include "apps/lab/explorer/state_table.h"

#include <cstring>

#include "core/base/assert.h"

namespace parley {
namespace {

// A record's header: 14 bits of length, 10 of tag, 40 of parent.
constexpr unsigned length_shift = 50;
constexpr unsigned tag_shift = 40;
// A slot: 24 bits of the hash that take no part in choosing the slot of any
// table below 2^40 entries.
constexpr unsigned hash_shift = 40;

}  // namespace

bool StateTable::insert(ByteView state, std::uint64_t hash, Place parent, std::uint32_t tag) {
  const std::uint64_t mark = hash >> hash_shift;
  std::size_t slot = static_cast<std::size_t>(hash) & mask();
  for (; slots_[slot] != 0; slot = (slot + 1) & mask()) {
    if (slots_[slot] >> hash_shift != mark) continue;
    if (equal(at((slots_[slot] & place_mask) - 1).state, state)) return false;
  }
  slots_[slot] = (mark << hash_shift) | (append(state, parent, tag) + 1);
  ++size_;
  if (over_load(size_)) grow();
  return true;
}

StateTable::Record StateTable::at(Place place) const {
  const std::uint8_t* found = address(place);
  std::uint64_t header = 0;
  std::memcpy(&header, found, header_size);
  return {.state = {found + header_size, static_cast<std::size_t>(header >> length_shift)},
          .parent = header & place_mask,
          .tag = static_cast<std::uint32_t>(header >> tag_shift) & tag_max};
}

StateTable::Place StateTable::next(Place place) const {
  const Place behind = place + header_size + at(place).state.size();
  const std::size_t block = place >> block_bits;
  const bool block_ends =
      (behind >> block_bits) != block || (behind & (block_size - 1)) >= blocks_[block].used;
  if (!block_ends || block + 1 == blocks_.size()) return behind;
  return static_cast<Place>(block + 1) << block_bits;
}

std::size_t StateTable::memory() const {
  return blocks_.size() * block_size + slots_.capacity() * sizeof(slots_[0]);
}

StateTable::Place StateTable::append(ByteView state, Place parent, std::uint32_t tag) {
  PARLEY_ASSERT(state.size() <= state_size_max && tag <= tag_max);
  const std::size_t needed = header_size + state.size();
  // A record never reaches the last byte, so that `behind` stays in its block.
  if (blocks_.empty() || blocks_.back().used + needed >= block_size) {
    blocks_.push_back({std::make_unique_for_overwrite<std::uint8_t[]>(block_size)});
  }
  Block& block = blocks_.back();
  const Place place = (static_cast<Place>(blocks_.size() - 1) << block_bits) | block.used;
  PARLEY_ASSERT(place + needed < place_mask);
  const std::uint64_t header =
      (std::uint64_t{state.size()} << length_shift) | (std::uint64_t{tag} << tag_shift) | parent;
  std::memcpy(block.bytes.get() + block.used, &header, header_size);
  if (!state.empty()) {
    std::memcpy(block.bytes.get() + block.used + header_size, state.data(), state.size());
  }
  block.used += static_cast<std::uint32_t>(needed);
  end_ = place + needed;
  return place;
}

void StateTable::grow() {
  const std::size_t slots_count = slots_.size() * 2;
  slots_ = {};  // Given back before the larger one is asked for.
  slots_.resize(slots_count);
  for (Place place = begin(); place != end(); place = next(place)) {
    const std::uint64_t hash = hash_of(at(place).state);
    std::size_t slot = static_cast<std::size_t>(hash) & mask();
    while (slots_[slot] != 0) slot = (slot + 1) & mask();
    slots_[slot] = ((hash >> hash_shift) << hash_shift) | (place + 1);
  }
}

}  // namespace parley
