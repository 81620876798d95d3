// SPDX-License-Identifier: Apache-2.0
//
// The cache tree of one object (or of one partition of it), as term segments: the
// owner of a time appends to its own last cache, so a tree of caches is a tree of
// terms, and a place is (time, version). A commit cache is not a node of its own
// but a mark on the place it commits (Adore: Honore et al., PLDI 2022).
//
// Bounded: below the latest commit only summaries of terms are kept, without
// methods, and of those only the latest ones. The caller says which other terms
// nothing can come of any more.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <vector>

#include "core/api/object.h"
#include "core/base/bytes.h"
#include "core/base/principal_set.h"
#include "core/kernel/objects/quorum_rule.h"

namespace parley {

class CacheTree {
 public:
  struct Term {
    PrincipalId leader{};
    Position base{};
    PrincipalSet voters{};
    SharedConfiguration configuration{};  ///< Of the base.
    /// By version, what the owner's own methods made of it.
    std::map<std::uint32_t, SharedConfiguration> changes{};
    std::uint32_t slots_first = 1;  ///< Earlier versions are committed and forgotten.
    std::deque<SharedBytes> slots{};
    std::uint32_t latest = 0;     ///< Version of the last method; 0: only elected.
    std::uint32_t committed = 0;  ///< The latest version with a commit of this very time.
    std::uint32_t trunk = 0;      ///< The latest version on the committed trunk.
    bool on_trunk = false;        ///< Also with trunk 0: the election is on it.
    bool settled = false;         ///< A summary: neither methods nor acceptors are kept.
    /// Who accepted the term's places, up to which version.
    std::map<PrincipalId, std::uint32_t> accepted{};
  };

  static constexpr std::size_t summaries_max = 1'024;

  /// All: nothing is ever forgotten, for drawing.
  enum class Keep : std::uint8_t { Needed, All };

  explicit CacheTree(Configuration initial, Keep keep = Keep::Needed);

  /// Whether the place is there, or so old that all is forgotten.
  bool exists(Position place) const;
  /// Whether `below` is `above` or extends it. Precondition: both exist.
  bool anc_or_eq(Position above, Position below) const;
  /// Places from the oldest that is kept down to this one, elections left out.
  std::vector<Position> branch(Position place) const;
  /// The method at a place; null where there is none or it is forgotten.
  const SharedBytes* method(Position place) const;
  const Configuration& configuration(Position place) const;
  Position latest_committed() const { return committed_; }
  bool committed(Position place) const;
  /// The last place of a term. Precondition: it is there.
  Position tip(std::uint64_t time) const { return {time, terms_.at(time).latest}; }
  const Term* term(std::uint64_t time) const;
  const std::map<std::uint64_t, Term>& terms() const { return terms_; }
  /// Times up to this one are forgotten: whatever is said of them is believed.
  std::uint64_t forgotten() const { return forgotten_; }
  std::size_t summaries() const { return summaries_; }

  // Effects. Preconditions: the term is new and its base exists and is earlier; the
  // term is there; the place exists.
  void elect(std::uint64_t time, PrincipalId leader, Position base, PrincipalSet voters);
  Position append(std::uint64_t time, SharedBytes method);
  Position reconfigure(std::uint64_t time, Configuration next, SharedBytes method);
  void accept(std::uint64_t time, PrincipalId node, std::uint32_t version);
  void commit(Position place);

  /// Effect: terms of which nothing can come become summaries: those that `closed`
  /// says can commit no more, that no place in `needed` is in, and that nothing
  /// kept is based on. The committed part of the trunk goes in any case.
  void prune(const std::vector<Position>& needed,
             const std::function<bool(std::uint64_t time, const Term& term)>& closed);

  /// Canonical: equal trees, equal bytes.
  void encode(Bytes& out) const;

 private:
  void mark_needed(Position place, std::set<std::uint64_t>& needed) const;
  void forget_oldest();

  Keep keep_;

  std::map<std::uint64_t, Term> terms_;  ///< Term 0 is the root: one committed place (0, 0).
  Position committed_{};
  std::uint64_t forgotten_ = 0;
  std::size_t summaries_ = 0;
};

}  // namespace parley
