// SPDX-License-Identifier: Apache-2.0
//
// What has been decided so far, as one small number that is part of every global
// state, and the invariants over it: nodes agree on every decided position and pass
// over none that nobody has decided, a push that was answered Ok was decided and has
// the result that this gives, what was refused for good is never decided, and, where
// that is asked for, what backends note of refinement is a behaviour of the ADO model.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "apps/lab/explorer/byte_interner.h"
#include "apps/lab/explorer/number_map.h"
#include "apps/lab/explorer/principal_state.h"
#include "apps/lab/explorer/refinement_states.h"

namespace parley {

class History {
 public:
  /// Nothing decided; nothing claimed.
  static constexpr std::uint32_t empty = 0;

  /// `initial`: the called object before any method, outliving the history; null:
  /// pushes are not checked. `refinement` outlives it too; null: not checked.
  explicit History(const Object* initial, RefinementStates* refinement = nullptr);

  /// Effect: a refusal of the method is checked. Only one client may call it, and
  /// its machines may not decide it of their own accord.
  void watch(const Bytes& method) { watched_.insert(method); }

  /// What an event says of decisions, interned; `empty` if it says nothing.
  std::uint32_t claim_of(const Performed& done, PrincipalId principal, InstanceId object);

  struct Next {
    std::uint32_t history;       ///< Valid if there is no violation.
    const Violation* violation;  ///< Null: all holds. Lives until the next call.
  };
  /// The history after an event with that claim.
  Next after(std::uint32_t history, std::uint32_t claim);

  std::size_t memory() const;

 private:
  struct Decision {
    InstanceId instance;
    Bytes partition;
    std::uint64_t position;
    Bytes value;
  };
  struct Claim {
    std::vector<Decision> decisions{};
    std::vector<Performed::Skipped> skipped{};
    PrincipalId caller{};
    InstanceId object{};
    std::optional<Performed::Pushed> pushed{};
    std::optional<Bytes> refused{};
    std::vector<Performed::Noted> notes{};  ///< Those of refinement.
  };
  struct Known {
    std::vector<Decision> decisions{};  ///< Sorted by instance, partition and position.
    std::set<Bytes> refused{};
    std::uint32_t refinement = RefinementStates::initial;
  };

  std::uint32_t intern(Known known);
  std::uint32_t check(std::uint32_t history, const Claim& claim);
  static std::optional<Violation> add(Known& known, const Claim& claim);
  static std::optional<Violation> check_skipped(const Known& known, const Claim& claim);
  static std::optional<Violation> check_refused(const Known& known, const Claim& claim);
  std::optional<Violation> check_refinement(Known& known, const Claim& claim) const;
  std::optional<Violation> check_push(const Known& known, const Claim& claim) const;

  const Object* initial_;
  RefinementStates* refinement_;
  std::set<Bytes> watched_;
  ByteInterner history_numbers_;
  std::vector<Known> histories_;
  ByteInterner claim_numbers_;
  std::vector<Claim> claims_;
  /// A history's number, or violations_first plus a violation's.
  NumberMap next_;
  std::vector<Violation> violations_;
};

/// Bytes for a person: quoted if they are printable, hexadecimal otherwise.
std::string in_words(ByteView bytes);

}  // namespace parley
