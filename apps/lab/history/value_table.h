// SPDX-License-Identifier: Apache-2.0
//
// Numbers values, so that the checker compares numbers: equal values, equal
// number. Null is 0; the rest are numbered in the order of first sight.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "apps/lab/history/event.h"

namespace parley::history {

using ValueId = std::uint32_t;
inline constexpr ValueId null_value = 0;

class ValueTable {
 public:
  ValueTable() { number(Scalar{}); }
  ValueTable(ValueTable&&) = default;  // A copy would point into the original.
  ValueTable& operator=(ValueTable&&) = default;

  ValueId number(const Scalar& scalar) {
    const auto [entry, is_new] = ids_.try_emplace(scalar, static_cast<ValueId>(ids_.size()));
    if (is_new) {
      scalars_.push_back(&entry->first);
      const auto* text = std::get_if<std::string>(&scalar);
      memory_ += 96 + (text == nullptr ? 0 : text->size());
    }
    return entry->second;
  }

  /// Valid as long as the table. Precondition: the id was given out.
  const Scalar& scalar(ValueId id) const { return *scalars_[id]; }
  /// Bytes, roughly.
  std::size_t memory() const { return memory_; }

 private:
  std::map<Scalar, ValueId> ids_;
  std::vector<const Scalar*> scalars_;  ///< By id; a map's keys stay where they are.
  std::size_t memory_ = 0;
};

}  // namespace parley::history
