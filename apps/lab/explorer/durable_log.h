// SPDX-License-Identifier: Apache-2.0
//
// One machine's log and snapshot slot as exploration keeps them: every Persist of
// a finished step is durable, so there is nothing between memory and disk.
#pragma once

#include <cstdint>
#include <vector>

#include "core/api/effects.h"
#include "core/api/input.h"
#include "core/base/codec.h"

namespace parley {

class DurableLog {
 public:
  void apply(const Persist& persist);
  Recovered recover() const;
  /// Canonical: equal logs, equal bytes.
  void encode(Writer& out) const;

 private:
  void trim_to(std::uint64_t index);

  std::uint64_t first_ = 1;  ///< Index of records_.front(), or of the next one.
  std::vector<SharedBytes> records_;
  std::uint64_t snapshot_index_ = 0;
  std::vector<SharedBytes> snapshot_;
};

}  // namespace parley
