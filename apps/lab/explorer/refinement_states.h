// SPDX-License-Identifier: Apache-2.0
//
// States of the refinement checker, numbered by their canonical bytes, so that they
// can be a part of what has happened so far. Instances that note nothing of
// refinement have none.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "apps/lab/explorer/byte_interner.h"
#include "apps/lab/explorer/principal_state.h"
#include "apps/lab/explorer/system.h"
#include "core/kernel/objects/refinement.h"

namespace parley {

class RefinementStates {
 public:
  /// Nothing has happened.
  static constexpr std::uint32_t initial = 0;

  /// `system` outlives it.
  explicit RefinementStates(const System& system);

  /// Those of the notes that are of refinement.
  std::vector<Performed::Noted> concerned(const std::vector<Performed::Noted>& notes);

  struct Next {
    std::uint32_t state;  ///< Valid if there is no violation.
    std::optional<Violation> violation;
  };
  Next after(std::uint32_t state, PrincipalId principal,
             const std::vector<Performed::Noted>& notes);

  std::size_t memory() const;

 private:
  using State = std::map<InstanceId, Refinement>;

  std::uint32_t intern(State state);

  const System& system_;
  RefinementNotes notes_;
  ByteInterner numbers_;
  std::vector<State> states_;
};

}  // namespace parley
