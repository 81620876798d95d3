// SPDX-License-Identifier: Apache-2.0
#include "core/kernel/objects/cache_tree.h"

#include <algorithm>

#include "core/base/assert.h"
#include "core/base/codec.h"

namespace parley {
namespace {

void encode(Writer& out, const Configuration& configuration) {
  out.principals(configuration.members);
  out.varint(configuration.epoch);
}

void encode(Writer& out, const CacheTree::Term& term) {
  out.varint(term.leader.value);
  out.varint(term.base.time);
  out.varint(term.base.version);
  out.principals(term.voters);
  out.varint(term.latest);
  out.varint(term.committed);
  out.varint(term.trunk);
  out.u8(static_cast<std::uint8_t>((term.on_trunk ? 1 : 0) | (term.settled ? 2 : 0)));
  encode(out, *term.configuration);
  out.varint(term.changes.size());
  for (const auto& [version, change] : term.changes) {
    out.varint(version);
    encode(out, *change);
  }
  out.varint(term.slots.size());
  for (const SharedBytes& method : term.slots) out.bytes(method);
  out.varint(term.accepted.size());
  for (const auto& [node, version] : term.accepted) {
    out.varint(node.value);
    out.varint(version);
  }
}

/// Effect: methods up to the trunk's end are forgotten.
void drop_committed(CacheTree::Term& term) {
  while (!term.slots.empty() && term.slots_first <= term.trunk) {
    term.slots.pop_front();
    ++term.slots_first;
  }
}

}  // namespace

CacheTree::CacheTree(Configuration initial, Keep keep) : keep_(keep) {
  Term root;
  root.configuration = std::make_shared<const Configuration>(std::move(initial));
  root.on_trunk = true;
  terms_.emplace(0, std::move(root));
}

const CacheTree::Term* CacheTree::term(std::uint64_t time) const {
  const auto found = terms_.find(time);
  return found == terms_.end() ? nullptr : &found->second;
}

bool CacheTree::exists(Position place) const {
  const Term* at = term(place.time);
  return at == nullptr ? place.time <= forgotten_ : place.version <= at->latest;
}

bool CacheTree::anc_or_eq(Position above, Position below) const {
  // Times fall on the way up, so the walk ends.
  for (;;) {
    if (above.time == below.time) return above.version <= below.version;
    if (below.time < above.time) return false;
    const Term* at = term(below.time);
    if (at == nullptr) return below.time <= forgotten_;
    below = at->base;
  }
}

std::vector<Position> CacheTree::branch(Position place) const {
  std::vector<Position> places;
  for (;;) {
    const Term* at = term(place.time);
    if (at == nullptr || place.time == 0) break;
    for (std::uint32_t version = place.version; version >= at->slots_first; --version) {
      places.push_back({place.time, version});
    }
    place = at->base;
  }
  std::reverse(places.begin(), places.end());
  return places;
}

const SharedBytes* CacheTree::method(Position place) const {
  const Term* at = term(place.time);
  if (at == nullptr || place.version < at->slots_first || place.version > at->latest) {
    return nullptr;
  }
  const std::size_t index = place.version - at->slots_first;
  return index < at->slots.size() ? &at->slots[index] : nullptr;
}

const Configuration& CacheTree::configuration(Position place) const {
  const Term* at = term(place.time);
  if (at == nullptr) at = &terms_.begin()->second;
  const auto after = at->changes.upper_bound(place.version);
  return after == at->changes.begin() ? *at->configuration : *std::prev(after)->second;
}

bool CacheTree::committed(Position place) const {
  const Term* at = term(place.time);
  if (at == nullptr) return place.time <= forgotten_;
  return at->on_trunk && place.version <= at->trunk;
}

void CacheTree::elect(std::uint64_t time, PrincipalId leader, Position base, PrincipalSet voters) {
  PARLEY_ASSERT(base.time < time && exists(base));
  Term added;
  added.leader = leader;
  added.base = base;
  added.voters = std::move(voters);
  added.configuration = std::make_shared<const Configuration>(configuration(base));
  const bool is_new = terms_.emplace(time, std::move(added)).second;
  PARLEY_ASSERT(is_new);
}

Position CacheTree::append(std::uint64_t time, SharedBytes method) {
  Term& at = terms_.at(time);
  ++at.latest;
  if (at.settled) {
    at.slots_first = at.latest + 1;
  } else {
    at.slots.push_back(std::move(method));
  }
  return {time, at.latest};
}

Position CacheTree::reconfigure(std::uint64_t time, Configuration next, SharedBytes method) {
  const Position place = append(time, std::move(method));
  terms_.at(time).changes.emplace(place.version,
                                  std::make_shared<const Configuration>(std::move(next)));
  return place;
}

void CacheTree::accept(std::uint64_t time, PrincipalId node, std::uint32_t version) {
  std::uint32_t& accepted = terms_.at(time).accepted[node];
  accepted = std::max(accepted, version);
}

void CacheTree::commit(Position place) {
  Term& own = terms_.at(place.time);
  own.committed = std::max(own.committed, place.version);
  if (place <= committed_) return;
  const std::uint64_t known = committed_.time;
  committed_ = place;
  for (;;) {
    const auto at = terms_.find(place.time);
    if (at == terms_.end()) return;
    at->second.on_trunk = true;
    at->second.trunk = std::max(at->second.trunk, place.version);
    if (keep_ == Keep::Needed) drop_committed(at->second);
    if (place.time <= known) return;
    place = at->second.base;
  }
}

void CacheTree::prune(const std::vector<Position>& needed,
                      const std::function<bool(std::uint64_t, const Term&)>& closed) {
  if (keep_ == Keep::All) return;
  std::set<std::uint64_t> kept{0, committed_.time};
  for (const Position& place : needed) mark_needed(place, kept);
  for (const auto& [time, at] : terms_) {
    if (!at.settled && !kept.contains(time) && !closed(time, at)) {
      kept.insert(time);
      mark_needed(at.base, kept);
    }
  }
  for (auto& [time, at] : terms_) {
    if (at.settled || kept.contains(time)) continue;
    at.settled = true;
    at.slots.clear();
    at.slots_first = at.latest + 1;
    at.accepted.clear();
    ++summaries_;
  }
  while (summaries_ > summaries_max) forget_oldest();
}

/// Effect: the terms on the way from the place up to the trunk are needed. Those
/// at or below the latest commit's time are either on it or lead nowhere.
void CacheTree::mark_needed(Position place, std::set<std::uint64_t>& needed) const {
  while (place.time > committed_.time) {
    const Term* at = term(place.time);
    if (at == nullptr || !needed.insert(place.time).second) return;
    place = at->base;
  }
}

void CacheTree::forget_oldest() {
  const auto oldest = std::find_if(terms_.begin(), terms_.end(),
                                   [](const auto& entry) { return entry.second.settled; });
  PARLEY_ASSERT(oldest != terms_.end());
  forgotten_ = std::max(forgotten_, oldest->first);
  terms_.erase(oldest);
  --summaries_;
}

void CacheTree::encode(Bytes& out) const {
  Writer writer{out};
  writer.varint(committed_.time);
  writer.varint(committed_.version);
  writer.varint(forgotten_);
  writer.varint(terms_.size());
  for (const auto& [time, at] : terms_) {
    writer.varint(time);
    parley::encode(writer, at);
  }
}

}  // namespace parley
