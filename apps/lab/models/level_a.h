// SPDX-License-Identifier: Apache-2.0
//
// Level A: the ADO model as a client sees it, without quorums (Honore et al.,
// OOPSLA 2021). A log of committed methods, the uncommitted ones as a tree below
// its end, who owns the object, and where each client's next method goes.
//
// Of the owners of all times only the present one is kept: in the order of events
// a smaller time may still succeed after a larger one was promised in part.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/api/object.h"
#include "core/base/bytes.h"

namespace parley {

struct LevelA {
  struct Owner {
    std::uint8_t client = 0;
    std::uint64_t time = 0;
    friend bool operator==(const Owner&, const Owner&) = default;
  };

  struct Active {
    Position place{};
    std::uint64_t time = 0;  ///< Of its methods to come.
    friend bool operator==(const Active&, const Active&) = default;
  };

  std::vector<Position> log{};
  std::map<Position, Position> tree{};  ///< Uncommitted method to its parent.
  /// Where a client's next method goes; absent: nowhere, its branch is pruned.
  std::map<std::uint8_t, Active> active{};
  std::optional<Owner> owner{};

  /// The end of the log, or the place before everything.
  Position root() const { return log.empty() ? Position{} : log.back(); }
  bool has(Position place) const { return place == root() || tree.contains(place); }
  /// Methods from the root, left out, to a place of the tree.
  std::vector<Position> path(Position place) const;

  // Each returns whether it is legal and only then has its effect.
  bool pull(std::uint8_t client, std::uint64_t time, Position base);
  bool preempt();
  std::optional<Position> invoke(std::uint8_t client);
  bool push(std::uint8_t client, Position place);

  friend bool operator==(const LevelA&, const LevelA&) = default;
};

/// Level A on its own, explored in bounds. A state also has the latest time used.
class LevelAModel {
 public:
  struct State {
    LevelA object;
    std::uint64_t time = 0;
  };
  /// A mistake for the search to find.
  enum class Mistake : std::uint8_t { None, KeepsSiblings, PushesWithoutOwning };

  std::uint8_t clients = 2;
  std::uint64_t times = 3;
  std::uint32_t methods = 2;  ///< Of one time.
  Mistake mistake = Mistake::None;

  State initial() const { return {}; }
  std::uint32_t encode(const State& state, Bytes& out) const;
  State decode(ByteView bytes) const;

  template <class Visit>
  void for_each_step(const State& state, Visit&& visit) const;

 private:
  /// The rule that the step breaks; null: none.
  static const char* fault(const State& before, const State& after);
  bool push(LevelA& object, std::uint8_t client, Position place) const;
};

template <class Visit>
void LevelAModel::for_each_step(const State& state, Visit&& visit) const {
  const auto tell = [&](const State& next, const auto& words) {
    visit(next, words, fault(state, next));
  };
  std::vector<Position> bases{state.object.root()};
  for (const auto& [place, parent] : state.object.tree) bases.push_back(place);
  for (std::uint8_t client = 0; client < clients; ++client) {
    const std::string who = "client " + std::to_string(client) + " ";
    for (std::uint64_t time = state.time + 1; time <= times; ++time) {
      State next = state;
      next.time = time;
      next.object.preempt();
      tell(next, [&] { return who + "preempts with time " + std::to_string(time); });
      for (const Position base : bases) {
        next = state;
        next.time = time;
        if (!next.object.pull(client, time, base)) continue;
        tell(next, [&] { return who + "pulls time " + std::to_string(time); });
      }
    }
    State invoked = state;
    const std::optional<Position> place = invoked.object.invoke(client);
    if (place && place->version <= methods) {
      tell(invoked, [&] { return who + "invokes"; });
    }
    for (const auto& [target, parent] : state.object.tree) {
      State next = state;
      if (push(next.object, client, target)) {
        tell(next, [&] { return who + "pushes version " + std::to_string(target.version); });
      }
    }
  }
}

}  // namespace parley
