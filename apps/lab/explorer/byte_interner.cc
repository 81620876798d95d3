// SPDX-License-Identifier: Apache-2.0
#include "apps/lab/explorer/byte_interner.h"

#include "core/base/assert.h"
#include "core/base/digest.h"

namespace parley {

ByteInterner::Number ByteInterner::intern(ByteView bytes) {
  std::size_t slot = slot_of(bytes);
  if (slots_[slot] != 0) return {slots_[slot] - 1, false};
  if ((size() + 1) * 2 > slots_.size()) {
    grow();
    slot = slot_of(bytes);
  }
  PARLEY_ASSERT(size() < UINT32_MAX - 1);
  text_.insert(text_.end(), bytes.begin(), bytes.end());
  ends_.push_back(text_.size());
  slots_[slot] = static_cast<std::uint32_t>(size());
  return {slots_[slot] - 1, true};
}

ByteView ByteInterner::bytes(std::uint32_t id) const {
  const std::uint64_t begin = id == 0 ? 0 : ends_[id - 1];
  return ByteView{text_}.subspan(begin, ends_[id] - begin);
}

std::size_t ByteInterner::memory() const {
  return text_.capacity() + ends_.capacity() * sizeof(ends_[0]) +
         slots_.capacity() * sizeof(slots_[0]);
}

/// Where these bytes are, or would go.
std::size_t ByteInterner::slot_of(ByteView wanted) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = static_cast<std::size_t>(fingerprint(wanted)) & mask;
  while (slots_[slot] != 0 && !equal(bytes(slots_[slot] - 1), wanted)) slot = (slot + 1) & mask;
  return slot;
}

void ByteInterner::grow() {
  slots_.assign(slots_.size() * 2, 0);
  for (std::uint32_t id = 0; id < size(); ++id) slots_[slot_of(bytes(id))] = id + 1;
}

}  // namespace parley
