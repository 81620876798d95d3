// SPDX-License-Identifier: Apache-2.0
//
// Level P: pull, invoke, push and reconfigure with their quorums, as one atomic step
// each (Adore: Honore et al., PLDI 2022), on the cache tree as term segments. A
// commit cache is a mark on the place it commits, with its voters.
//
// Small bounds, one byte a field; sets of nodes are bits of a byte.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <string>

#include "apps/lab/models/level_a.h"
#include "core/base/bytes.h"

namespace parley {

class AdoreModel {
 public:
  static constexpr std::uint8_t nodes_max = 4;
  static constexpr std::uint8_t times_max = 4;
  static constexpr std::uint8_t methods_max = 4;

  using Nodes = std::uint8_t;

  /// A place of the tree: small, and ordered as caches are.
  struct Place {
    std::uint8_t time = 0;
    std::uint8_t version = 0;
    friend auto operator<=>(const Place&, const Place&) = default;
  };
  struct Term {
    std::uint8_t leader = 0;  ///< Plus one; 0: nobody is elected.
    Place base{};
    std::uint8_t slots = 0;
    std::array<Nodes, methods_max> members{};    ///< Of a reconfiguration; 0: a method.
    std::array<Nodes, methods_max> committed{};  ///< The commit's voters; 0: none.
    friend bool operator==(const Term&, const Term&) = default;
  };
  struct State {
    std::array<std::uint8_t, nodes_max> times{};
    std::array<Term, times_max + 1> terms{};  ///< By time; the first is not used.
    friend bool operator==(const State&, const State&) = default;
  };

  /// What a pull builds on: any cache no less than what its voters support, exactly
  /// the greatest of those, or, which is a mistake, any cache at all.
  enum class Base : std::uint8_t { LowerBound, Exact, Any };

  std::uint8_t nodes = 3;
  std::uint8_t times = 3;
  std::uint8_t methods = 2;  ///< Of one time, changes of members included.
  Base base = Base::LowerBound;
  bool reconfigures = false;
  bool r1 = true;
  bool r2 = true;
  bool r3 = true;
  bool r2_strict = false;  ///< R2 does not look at the owner's own last place.
  /// Sizes, of all nodes; 0: a majority.
  std::uint8_t elect = 0;
  std::uint8_t commit = 0;
  /// Whether every step must be one of Level A, or none. Without reconfiguration.
  bool simulates = false;
  /// Times carry their owner, as ballots do: needed where elections need not meet.
  bool own_times = false;
  /// Whether only two commits on two branches are a fault, given that no two nodes
  /// own one time: what the published counterexamples end in.
  bool only_forked_commits = false;
  /// Whether states that differ only in the names of nodes are one.
  bool symmetric = false;

  State initial() const { return {}; }
  std::uint32_t encode(const State& state, Bytes& out) const;
  State decode(ByteView bytes) const;

  template <class Visit>
  void for_each_step(const State& state, Visit&& visit) const;

  /// What a client sees of the state.
  LevelA project(const State& state) const;

 private:
  struct Step {
    enum class Kind : std::uint8_t { Pull, Invoke, Push, Reconfigure };
    Kind kind{};
    std::uint8_t node = 0;
    Nodes quorum = 0;
    Place place{};
    std::uint8_t time = 0;
    Nodes members = 0;
    bool succeeds = false;  ///< By a quorum.

    std::string words() const;
  };

  using Renaming = std::array<std::uint8_t, nodes_max>;

  /// Effect: appends the state with its nodes renamed.
  void encode_renamed(const State& state, const Renaming& names, Bytes& out) const;

  template <class Visit>
  void for_each_pull(const State& state, std::uint8_t node, Visit& visit) const;
  template <class Visit>
  void for_each_own_step(const State& state, std::uint8_t node, Visit& visit) const;
  template <class Visit>
  void report(const State& before, const State& after, const Step& step, Visit& visit) const {
    visit(
        after, [&] { return step.words(); }, fault(before, after, step));
  }

  Nodes everybody() const { return static_cast<Nodes>((1u << nodes) - 1); }
  static bool has(Nodes set, std::uint8_t node) { return ((set >> node) & 1) != 0; }
  bool elects(Nodes quorum, Nodes members) const;
  bool commits(Nodes quorum, Nodes members) const;
  bool is_late(const State& state, Nodes quorum, std::uint8_t time, bool strictly) const;

  Nodes configuration(const State& state, Place place) const;
  static bool anc_or_eq(const State& state, Place above, Place below);
  Place supported(const State& state, std::uint8_t node) const;
  bool may_build_on(const State& state, Nodes quorum, Place place) const;
  bool may_change(const State& state, std::uint8_t time, Nodes members) const;
  static Place latest_committed(const State& state);
  std::uint8_t newest(const State& state) const;

  /// The rule that the step breaks; null: none.
  const char* fault(const State& before, const State& after, const Step& step) const;
  const char* fault_of_pull(const State& before, const State& after, const Step& step) const;
  bool are_forked(const State& state) const;
  const char* fault_of_commits(const State& state) const;
  const char* fault_of_forks(const State& state) const;
  bool simulated(const State& before, const State& after, const Step& step) const;
  static Place method_at_or_above(const State& state, Place place);

  template <class Visit>
  void for_each_commit(const State& state, Visit&& visit) const {
    for (std::uint8_t time = 1; time <= times; ++time) {
      const Term& term = state.terms[time];
      for (std::uint8_t version = 1; version <= term.slots; ++version) {
        if (term.committed[version - 1u] != 0) visit(Place{time, version});
      }
    }
  }
};

template <class Visit>
void AdoreModel::for_each_step(const State& state, Visit&& visit) const {
  for (std::uint8_t node = 0; node < nodes; ++node) {
    for_each_pull(state, node, visit);
    for_each_own_step(state, node, visit);
  }
}

template <class Visit>
void AdoreModel::for_each_pull(const State& state, std::uint8_t node, Visit& visit) const {
  for (Nodes quorum = 1; quorum <= everybody(); ++quorum) {
    if (!has(quorum, node)) continue;
    for (std::uint8_t time = 1; time <= times; ++time) {
      if (own_times && (time - 1) % nodes != node) continue;
      if (only_forked_commits && state.terms[time].leader != 0) continue;
      if (is_late(state, quorum, time, true)) continue;
      State next = state;
      for (std::uint8_t voter = 0; voter < nodes; ++voter) {
        if (has(quorum, voter)) next.times[voter] = time;
      }
      bool partial = false;
      for (std::uint8_t t = 0; t < time; ++t) {
        if (t > 0 && state.terms[t].leader == 0) continue;
        for (std::uint8_t version = 0; version <= state.terms[t].slots; ++version) {
          const Place place{t, version};
          const Nodes members = configuration(state, place);
          if ((quorum & ~members) != 0 || !may_build_on(state, quorum, place)) continue;
          Step step{Step::Kind::Pull, node, quorum, place, time, 0, elects(quorum, members)};
          if (!step.succeeds) {
            // Which cache it would have built on leaves no trace.
            if (!partial) report(state, next, step, visit);
            partial = true;
            continue;
          }
          State elected = next;
          elected.terms[time] = Term{};
          elected.terms[time].leader = static_cast<std::uint8_t>(node + 1);
          elected.terms[time].base = place;
          report(state, elected, step, visit);
        }
      }
    }
  }
}

/// Invoke, push and reconfigure: an owner that has promised nothing later.
template <class Visit>
void AdoreModel::for_each_own_step(const State& state, std::uint8_t node, Visit& visit) const {
  const std::uint8_t time = state.times[node];
  const Term& term = state.terms[time];
  if (time == 0 || term.leader != node + 1) return;
  const auto append = [&](Step::Kind kind, Nodes members) {
    State next = state;
    Term& longer = next.terms[time];
    longer.members[longer.slots] = members;
    ++longer.slots;
    report(state, next, Step{kind, node, 0, {time, longer.slots}, time, members, true}, visit);
  };
  if (term.slots < methods) {
    append(Step::Kind::Invoke, 0);
    for (Nodes members = 1; reconfigures && members <= everybody(); ++members) {
      if (may_change(state, time, members)) append(Step::Kind::Reconfigure, members);
    }
  }
  std::uint8_t first = term.slots;
  while (first > 0 && term.committed[first - 1u] == 0) --first;
  for (auto version = static_cast<std::uint8_t>(first + 1); version <= term.slots; ++version) {
    const Nodes members = configuration(state, {time, version});
    for (Nodes quorum = 1; quorum <= everybody(); ++quorum) {
      if (!has(quorum, node) || (quorum & ~members) != 0) continue;
      if (is_late(state, quorum, time, false)) continue;
      State next = state;
      for (std::uint8_t voter = 0; voter < nodes; ++voter) {
        if (has(quorum, voter)) next.times[voter] = time;
      }
      const Step step{Step::Kind::Push,        node, quorum, {time, version}, time, 0,
                      commits(quorum, members)};
      if (step.succeeds) next.terms[time].committed[version - 1u] = quorum;
      report(state, next, step, visit);
    }
  }
}

}  // namespace parley
