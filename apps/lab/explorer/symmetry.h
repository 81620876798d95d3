// SPDX-License-Identifier: Apache-2.0
//
// Principals that can be exchanged without anyone noticing: states that differ
// only in who is who are one orbit, of which one member is explored. Sound only
// if the machines treat the group alike and write every principal of their state
// and records through the renaming; a deployment's author claims that.
#pragma once

#include <cstdint>
#include <vector>

#include "apps/lab/explorer/global_state.h"
#include "apps/lab/explorer/number_map.h"
#include "apps/lab/explorer/transitions.h"

namespace parley {

class Symmetry {
 public:
  static constexpr std::size_t group_size_max = 6;  ///< 720 permutations.

  /// `transitions` outlives it. Precondition: at most group_size_max members.
  Symmetry(Transitions& transitions, const PrincipalSet& group, std::size_t principals_count);

  bool trivial() const { return permutations_.size() == 1; }

  struct Reduced {
    std::uint32_t permutation;  ///< Its number; it leads from the state to `least`.
    std::uint64_t orbit_size;   ///< How many different states the orbit has.
  };
  /// Effect: `least` becomes the least state of the orbit.
  Reduced reduce(const GlobalState& state, GlobalState& least);
  /// Effect: `state` becomes the one that this permutation led to `least`.
  /// Precondition: it did.
  void undo(std::uint32_t permutation, const GlobalState& least, GlobalState& state);

 private:
  struct Permutation {
    Renaming renaming;
    std::uint32_t inverse;
    std::vector<LocalId> locals;  ///< Images, by id; `unknown` until asked for.
    std::vector<MessageId> messages;
  };
  static constexpr std::uint32_t unknown = UINT32_MAX;

  void apply(std::uint32_t permutation, const GlobalState& state, GlobalState& image);
  LocalId local_image(std::uint32_t permutation, LocalId local);
  MessageId message_image(std::uint32_t permutation, MessageId message);

  Transitions& transitions_;
  std::vector<Permutation> permutations_;  ///< The first is the identity.
  GlobalState image_;
};

}  // namespace parley
