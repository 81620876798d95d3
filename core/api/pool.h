// SPDX-License-Identifier: Apache-2.0
//
// How a program looks at the statements its node KNOWS: patterns over issuers
// and fields, matched against what merge, weaken and relay derive (MOMMIE §4).
// Values only; the engine that evaluates them is the kernel's.
#pragma once

#include <cstdint>
#include <vector>

#include "core/api/statement.h"

namespace parley {

/// A field of a flat record, as a byte range from the record's start.
struct FieldRange {
  std::uint32_t offset;
  std::uint32_t size;
};

/// A field that must equal the given bytes.
struct FieldEquals {
  FieldRange field;
  SharedBytes value;
};

/// [I >= quorum of `issuers`, ME, auditors] type {{ fields }}. Fields that are
/// not mentioned are univalent: any value, the same for all merged issuers;
/// those in `multivalent` may differ between issuers.
struct Pattern {
  StatementType type{};
  PrincipalSet issuers{};
  std::uint32_t quorum = 1;
  PrincipalSet auditors{};
  std::vector<FieldEquals> equals{};
  std::vector<FieldRange> multivalent{};
};

/// One way a pattern holds: who vouches, for which record.
struct Match {
  PrincipalSet issuers;
  SharedBytes record;
};

class Pool {
 public:
  virtual ~Pool() = default;
  /// All matches known now, in canonical order (by record bytes).
  virtual std::vector<Match> known(const Pattern& pattern) const = 0;
};

}  // namespace parley
