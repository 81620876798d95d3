// SPDX-License-Identifier: Apache-2.0
#include "apps/lab/models/adore.h"

#include <algorithm>
#include <vector>

#include "core/base/assert.h"

namespace parley {
namespace {

unsigned size(AdoreModel::Nodes set) {
  return static_cast<unsigned>(std::popcount(set));
}

bool is_majority(AdoreModel::Nodes quorum, AdoreModel::Nodes members) {
  return 2 * size(static_cast<AdoreModel::Nodes>(quorum & members)) > size(members);
}

std::string words(AdoreModel::Nodes set) {
  std::string text = "{";
  for (unsigned node = 0; node < AdoreModel::nodes_max; ++node) {
    if (((set >> node) & 1u) == 0) continue;
    if (text.size() > 1) text += ' ';
    text += std::to_string(node + 1);
  }
  return text + "}";
}

std::string words(AdoreModel::Place place) {
  if (place.time == 0) return "the root";
  return "(" + std::to_string(place.time) + ", " + std::to_string(place.version) + ")";
}

Position position(AdoreModel::Place place) {
  return {place.time, place.version};
}

}  // namespace

std::string AdoreModel::Step::words() const {
  const std::string who = "S" + std::to_string(node + 1) + " ";
  const std::string with = parley::words(quorum) + (succeeds ? "" : ", in part");
  const std::string at = parley::words(place);
  switch (kind) {
    case Kind::Pull:
      return who + "pulls time " + std::to_string(time) + (succeeds ? " on " + at : "") + " by " +
             with;
    case Kind::Invoke:
      return who + "invokes " + at;
    case Kind::Push:
      return who + "pushes " + at + " to " + with;
    case Kind::Reconfigure:
      return who + "changes members at " + at + " to " + parley::words(members);
  }
  return who;
}

bool AdoreModel::elects(Nodes quorum, Nodes members) const {
  return elect > 0 ? size(quorum) >= elect : is_majority(quorum, members);
}

bool AdoreModel::commits(Nodes quorum, Nodes members) const {
  return commit > 0 ? size(quorum) >= commit : is_majority(quorum, members);
}

/// Whether one of the quorum has observed this time, or only a later one.
bool AdoreModel::is_late(const State& state, Nodes quorum, std::uint8_t time, bool strictly) const {
  for (std::uint8_t node = 0; node < nodes; ++node) {
    if (!has(quorum, node)) continue;
    if (strictly ? state.times[node] >= time : state.times[node] > time) return true;
  }
  return false;
}

AdoreModel::Nodes AdoreModel::configuration(const State& state, Place place) const {
  for (; place.time > 0; place = state.terms[place.time].base) {
    const Term& term = state.terms[place.time];
    for (std::uint8_t version = place.version; version > 0; --version) {
      if (term.members[version - 1u] != 0) return term.members[version - 1u];
    }
  }
  return everybody();
}

bool AdoreModel::anc_or_eq(const State& state, Place above, Place below) {
  for (;;) {
    if (above.time == below.time) return above.version <= below.version;
    if (below.time < above.time) return false;
    below = state.terms[below.time].base;
  }
}

/// The greatest cache that the node supports: its own, or a commit it voted for.
AdoreModel::Place AdoreModel::supported(const State& state, std::uint8_t node) const {
  Place greatest{};
  for (std::uint8_t time = 1; time <= times; ++time) {
    const Term& term = state.terms[time];
    if (term.leader == node + 1) greatest = {time, term.slots};
    for (std::uint8_t version = 1; version <= term.slots; ++version) {
      if (has(term.committed[version - 1u], node)) {
        greatest = std::max(greatest, Place{time, version});
      }
    }
  }
  return greatest;
}

bool AdoreModel::may_build_on(const State& state, Nodes quorum, Place place) const {
  if (base == Base::Any) return true;
  Place greatest{};
  for (std::uint8_t node = 0; node < nodes; ++node) {
    if (has(quorum, node)) greatest = std::max(greatest, supported(state, node));
  }
  return base == Base::Exact ? place == greatest : place >= greatest;
}

bool AdoreModel::may_change(const State& state, std::uint8_t time, Nodes members) const {
  const Term& term = state.terms[time];
  const Place last{time, term.slots};
  const Nodes now = configuration(state, last);
  if (r1 && size(static_cast<Nodes>(now ^ members)) > 1) return false;
  bool own_commit = false;
  for (const Nodes voters : term.committed) own_commit = own_commit || voters != 0;
  if (r3 && !own_commit) return false;
  // R2: on the way up there is a commit before any change of members.
  bool inspected = !r2_strict;
  for (Place at = last; r2 && at.time > 0; at = state.terms[at.time].base) {
    const Term& above = state.terms[at.time];
    for (std::uint8_t version = at.version; version > 0; --version) {
      if (above.committed[version - 1u] != 0) return true;
      if (inspected && above.members[version - 1u] != 0) return false;
      inspected = true;
    }
    inspected = true;
  }
  return true;
}

AdoreModel::Place AdoreModel::latest_committed(const State& state) {
  for (std::uint8_t time = times_max; time > 0; --time) {
    const Term& term = state.terms[time];
    for (std::uint8_t version = term.slots; version > 0; --version) {
      if (term.committed[version - 1u] != 0) return {time, version};
    }
  }
  return {};
}

std::uint8_t AdoreModel::newest(const State& state) const {
  std::uint8_t time = times;
  while (time > 0 && state.terms[time].leader == 0) --time;
  return time;
}

const char* AdoreModel::fault(const State& before, const State& after, const Step& step) const {
  if (only_forked_commits) {
    return step.kind == Step::Kind::Push && step.succeeds && are_forked(after)
               ? "I4 commits are on one branch"
               : nullptr;
  }
  if (step.kind == Step::Kind::Pull && step.succeeds) {
    if (const char* broken = fault_of_pull(before, after, step)) return broken;
  }
  if (step.succeeds && step.kind != Step::Kind::Invoke) {
    if (const char* broken = fault_of_commits(after)) return broken;
  }
  if (step.kind == Step::Kind::Reconfigure) {
    if (const char* broken = fault_of_forks(after)) return broken;
  }
  if (simulates && !simulated(before, after, step)) return "a step of Level P is none of Level A";
  return nullptr;
}

const char* AdoreModel::fault_of_pull(const State& before, const State& after,
                                      const Step& step) const {
  if (before.terms[step.time].leader != 0) return "I2 one owner of each time";
  if (!anc_or_eq(before, latest_committed(before), step.place) &&
      step.time > latest_committed(before).time) {
    return "I5 an election follows every commit";
  }
  const std::uint8_t last = newest(after);
  for (std::uint8_t time = 1; time < last; ++time) {
    const Term& term = after.terms[time];
    if (term.leader == 0) continue;
    Nodes free = configuration(after, {time, term.slots});
    const Nodes members = free;
    for (std::uint8_t node = 0; node < nodes; ++node) {
      if (after.times[node] > time) free = static_cast<Nodes>(free & ~(1u << node));
    }
    if (commits(free, members)) return "I14 only the newest owner can commit";
  }
  return nullptr;
}

bool AdoreModel::are_forked(const State& state) const {
  bool forked = false;
  const Place last = latest_committed(state);
  for_each_commit(state, [&](Place place) { forked = forked || !anc_or_eq(state, place, last); });
  return forked;
}

const char* AdoreModel::fault_of_commits(const State& state) const {
  const char* broken = are_forked(state) ? "I4 commits are on one branch" : nullptr;
  for_each_commit(state, [&](Place place) {
    for (auto time = static_cast<std::uint8_t>(place.time + 1); time <= times; ++time) {
      if (state.terms[time].leader == 0 || broken != nullptr) continue;
      if (!anc_or_eq(state, place, {time, 0})) broken = "I5 an election follows every commit";
    }
    const Nodes voters = state.terms[place.time].committed[place.version - 1u];
    for (std::uint8_t node = 0; node < nodes; ++node) {
      if (has(voters, node) && state.times[node] < place.time) {
        broken = "I7 who supports a cache has observed its time";
      }
    }
  });
  return broken;
}

/// I19: two changes of members in a fork, with none between them, have a commit
/// strictly below where they part.
const char* AdoreModel::fault_of_forks(const State& state) const {
  const auto path = [&](Place place) {
    std::vector<Place> places;
    for (; place.time > 0; place = state.terms[place.time].base) {
      for (int version = place.version; version >= 0; --version) {
        places.push_back({place.time, static_cast<std::uint8_t>(version)});
      }
    }
    places.push_back({});
    return places;
  };
  const auto term_of = [&](Place place) -> const Term& { return state.terms[place.time]; };
  std::vector<Place> changes;
  for (std::uint8_t time = 1; time <= times; ++time) {
    for (std::uint8_t version = 1; version <= state.terms[time].slots; ++version) {
      if (state.terms[time].members[version - 1u] != 0) changes.push_back({time, version});
    }
  }
  for (const Place one : changes) {
    for (const Place other : changes) {
      if (!(one < other) || anc_or_eq(state, one, other)) continue;
      bool change_between = false;
      bool commit_below = false;
      for (const Place end : {one, other}) {
        const Place sibling = end == one ? other : one;
        for (const Place at : path(end)) {
          if (anc_or_eq(state, at, sibling)) break;
          if (at.version == 0) continue;
          if (at != end && term_of(at).members[at.version - 1u] != 0) change_between = true;
          if (term_of(at).committed[at.version - 1u] != 0) commit_below = true;
        }
      }
      if (!change_between && !commit_below) return "I19 a fork of changes holds a commit";
    }
  }
  return nullptr;
}

AdoreModel::Place AdoreModel::method_at_or_above(const State& state, Place place) {
  while (place.time > 0 && place.version == 0) place = state.terms[place.time].base;
  return place;
}

LevelA AdoreModel::project(const State& state) const {
  LevelA seen;
  const Place root = latest_committed(state);
  for (Place at = root; at.time > 0; at = state.terms[at.time].base) {
    for (std::uint8_t version = at.version; version > 0; --version) {
      seen.log.push_back({at.time, version});
    }
  }
  std::reverse(seen.log.begin(), seen.log.end());
  for (std::uint8_t time = 1; time <= times; ++time) {
    const Term& term = state.terms[time];
    if (term.leader == 0) continue;
    for (std::uint8_t version = 1; version <= term.slots; ++version) {
      const Place place{time, version};
      if (place == root || !anc_or_eq(state, root, place)) continue;
      const Place above{time, static_cast<std::uint8_t>(version - 1)};
      seen.tree.emplace(position(place), position(method_at_or_above(state, above)));
    }
    const std::uint8_t client = static_cast<std::uint8_t>(term.leader - 1);
    seen.active.erase(client);
    const Position active = position(method_at_or_above(state, {time, term.slots}));
    if (seen.has(active)) seen.active[client] = {active, time};
  }
  const std::uint8_t last = newest(state);
  Nodes free = everybody();
  for (std::uint8_t node = 0; node < nodes; ++node) {
    if (state.times[node] > last) free = static_cast<Nodes>(free & ~(1u << node));
  }
  if (last > 0 && commits(free, everybody())) {
    seen.owner = LevelA::Owner{static_cast<std::uint8_t>(state.terms[last].leader - 1), last};
  }
  return seen;
}

/// Whether what a client sees of the step is a step of Level A, or nothing.
bool AdoreModel::simulated(const State& before, const State& after, const Step& step) const {
  LevelA expected = project(before);
  const LevelA found = project(after);
  switch (step.kind) {
    case Step::Kind::Pull: {
      if (step.succeeds) {
        const Position at = position(method_at_or_above(before, step.place));
        return expected.pull(step.node, step.time, at) && expected == found;
      }
      if (expected == found) return true;
      return expected.preempt() && expected == found;
    }
    case Step::Kind::Invoke: {
      // On a branch that is pruned nobody sees it.
      if (!expected.active.contains(step.node)) return expected == found;
      return expected.invoke(step.node).has_value() && expected == found;
    }
    case Step::Kind::Push:
      if (!step.succeeds) return expected == found;
      return expected.push(step.node, position(step.place)) && expected == found;
    case Step::Kind::Reconfigure:
      break;
  }
  return false;
}

/// The least encoding over all names. Those names that give it again leave the
/// state as it is, so the others stand for that many fewer states.
std::uint32_t AdoreModel::encode(const State& state, Bytes& out) const {
  Renaming names{};
  for (std::uint8_t node = 0; node < nodes_max; ++node) names[node] = node;
  if (!symmetric) {
    encode_renamed(state, names, out);
    return 1;
  }
  const std::size_t begin = out.size();
  std::uint32_t all = 0;
  std::uint32_t same = 0;
  Bytes other;
  do {
    ++all;
    // An encoding begins with the times, so that the least one has them in order.
    bool ordered = true;
    for (std::uint8_t one = 0; one < nodes; ++one) {
      for (std::uint8_t two = 0; two < nodes; ++two) {
        if (names[one] < names[two] && state.times[one] > state.times[two]) ordered = false;
      }
    }
    if (!ordered) continue;
    other.clear();
    encode_renamed(state, names, other);
    const auto least = out.begin() + static_cast<std::ptrdiff_t>(begin);
    if (same > 0 && std::equal(other.begin(), other.end(), least, out.end())) ++same;
    const bool less =
        same == 0 || std::lexicographical_compare(other.begin(), other.end(), least, out.end());
    if (!less) continue;
    same = 1;
    out.resize(begin);
    out.insert(out.end(), other.begin(), other.end());
  } while (std::next_permutation(names.begin(), names.begin() + nodes));
  return all / same;
}

void AdoreModel::encode_renamed(const State& state, const Renaming& names, Bytes& out) const {
  const auto renamed = [&](Nodes set) {
    Nodes result = 0;
    for (; set != 0; set = static_cast<Nodes>(set & (set - 1))) {
      result =
          static_cast<Nodes>(result | 1u << names[static_cast<unsigned>(std::countr_zero(set))]);
    }
    return result;
  };
  const std::size_t begin = out.size();
  out.resize(begin + nodes);
  for (std::uint8_t node = 0; node < nodes; ++node) out[begin + names[node]] = state.times[node];
  for (std::uint8_t time = 1; time <= times; ++time) {
    const Term& term = state.terms[time];
    out.push_back(term.leader == 0 ? std::uint8_t{0}
                                   : static_cast<std::uint8_t>(names[term.leader - 1u] + 1));
    if (term.leader == 0) continue;
    out.push_back(static_cast<std::uint8_t>(term.base.time << 4 | term.base.version));
    out.push_back(term.slots);
    for (std::uint8_t version = 1; version <= term.slots; ++version) {
      out.push_back(static_cast<std::uint8_t>(renamed(term.members[version - 1u]) << 4 |
                                              renamed(term.committed[version - 1u])));
    }
  }
}

AdoreModel::State AdoreModel::decode(ByteView bytes) const {
  State state;
  std::size_t at = 0;
  const auto next = [&] {
    PARLEY_ASSERT(at < bytes.size());
    return bytes[at++];
  };
  for (std::uint8_t node = 0; node < nodes; ++node) state.times[node] = next();
  for (std::uint8_t time = 1; time <= times; ++time) {
    Term& term = state.terms[time];
    term.leader = next();
    if (term.leader == 0) continue;
    const std::uint8_t base_at = next();
    term.base = {static_cast<std::uint8_t>(base_at >> 4), static_cast<std::uint8_t>(base_at & 15)};
    term.slots = next();
    for (std::uint8_t version = 1; version <= term.slots; ++version) {
      const std::uint8_t both = next();
      term.members[version - 1u] = both >> 4;
      term.committed[version - 1u] = both & 15;
    }
  }
  return state;
}

}  // namespace parley
