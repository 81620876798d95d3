// SPDX-License-Identifier: Apache-2.0
//
// Values that are aggregated over a hierarchy (Properties Framework §3): their
// versions, and the operator that folds them. Values are opaque bytes here.
#pragma once

#include <compare>
#include <cstdint>

#include "core/base/bytes.h"
#include "core/base/ids.h"

namespace parley {

/// Rounds restart with every configuration; ordered lexicographically.
struct Version {
  Epoch epoch{};
  std::uint64_t round = 0;
  friend auto operator<=>(const Version&, const Version&) = default;
};

/// A commutative, associative operator over values. Pure and total: malformed
/// operands fold like the neutral element.
class Fold {
 public:
  virtual ~Fold() = default;
  virtual Bytes neutral() const = 0;
  virtual Bytes combine(ByteView left, ByteView right) const = 0;
  /// Whether folding one contribution twice changes nothing. Topologies that may
  /// do so are refused for operators that say no.
  virtual bool idempotent() const = 0;
};

}  // namespace parley
