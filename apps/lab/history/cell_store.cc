// SPDX-License-Identifier: Apache-2.0
#include "apps/lab/history/cell_store.h"

#include <array>
#include <cstring>

#include "core/base/assert.h"

namespace parley::history {
namespace {

template <std::size_t size>
ByteView bytes_of(const std::array<std::uint32_t, size>& node) {
  return {reinterpret_cast<const std::uint8_t*>(node.data()), sizeof(node)};
}

}  // namespace

CellStore::CellStore(std::size_t cells) {
  PARLEY_ASSERT(cells >= 1);
  for (std::size_t covered = 1; covered < cells; covered <<= bits) {
    std::array<std::uint32_t, fanout> node;
    node.fill(zero_);
    zero_ = nodes_.intern(bytes_of(node)).id;
    ++levels_;
  }
}

std::uint32_t CellStore::get(Array array, std::size_t cell) const {
  for (std::size_t level = levels_; level-- > 0;) {
    const std::size_t child = (cell >> (level * bits)) & (fanout - 1);
    std::memcpy(&array, nodes_.bytes(array).data() + child * sizeof(array), sizeof(array));
  }
  return array;
}

CellStore::Array CellStore::set(Array array, std::size_t cell, std::uint32_t value) {
  return set_below(levels_, array, cell, value);
}

CellStore::Array CellStore::set_below(std::size_t level, Array node, std::size_t cell,
                                      std::uint32_t value) {
  if (level == 0) return value;
  std::array<std::uint32_t, fanout> copy;
  std::memcpy(copy.data(), nodes_.bytes(node).data(), sizeof(copy));
  const std::size_t child = (cell >> ((level - 1) * bits)) & (fanout - 1);
  copy[child] = set_below(level - 1, copy[child], cell, value);
  return nodes_.intern(bytes_of(copy)).id;
}

}  // namespace parley::history
