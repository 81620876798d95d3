// SPDX-License-Identifier: Apache-2.0
#include "apps/lab/models/level_a.h"

#include <algorithm>

#include "core/base/assert.h"
#include "core/base/codec.h"

namespace parley {
namespace {

void encode(Writer& out, Position place) {
  out.varint(place.time);
  out.varint(place.version);
}

Position decode_place(Reader& in) {
  const std::uint64_t time = in.varint();
  return {time, static_cast<std::uint32_t>(in.varint())};
}

}  // namespace

std::vector<Position> LevelA::path(Position place) const {
  std::vector<Position> places;
  for (auto at = tree.find(place); at != tree.end(); at = tree.find(at->second)) {
    places.push_back(at->first);
  }
  std::reverse(places.begin(), places.end());
  return places;
}

bool LevelA::pull(std::uint8_t client, std::uint64_t time, Position base) {
  if ((owner && time <= owner->time) || !has(base)) return false;
  owner = Owner{client, time};
  active[client] = {base, time};
  return true;
}

bool LevelA::preempt() {
  owner.reset();
  return true;
}

std::optional<Position> LevelA::invoke(std::uint8_t client) {
  const auto at = active.find(client);
  if (at == active.end()) return std::nullopt;
  auto& [parent, time] = at->second;
  const Position place{time, parent.time == time ? parent.version + 1 : 1};
  if (!tree.emplace(place, parent).second) return std::nullopt;
  parent = place;
  return place;
}

bool LevelA::push(std::uint8_t client, Position place) {
  if (owner != Owner{client, place.time} || !tree.contains(place)) return false;
  const std::vector<Position> added = path(place);
  log.insert(log.end(), added.begin(), added.end());
  // Parents have smaller places, so one pass in order finds all descendants.
  std::map<Position, Position> below;
  for (const auto& [child, parent] : tree) {
    if (parent == place || below.contains(parent)) below.emplace(child, parent);
  }
  tree = std::move(below);
  std::erase_if(active, [&](const auto& entry) { return !has(entry.second.place); });
  return true;
}

bool LevelAModel::push(LevelA& object, std::uint8_t client, Position place) const {
  const LevelA before = object;
  if (mistake == Mistake::PushesWithoutOwning) {
    const auto at = object.active.find(client);
    if (at == object.active.end() || at->second.time != place.time) return false;
    const std::optional<LevelA::Owner> owner = object.owner;
    object.owner = LevelA::Owner{client, place.time};
    const bool pushed = object.push(client, place);
    object.owner = owner;
    return pushed;
  }
  if (!object.push(client, place)) return false;
  if (mistake == Mistake::KeepsSiblings) {
    for (const auto& [child, parent] : before.tree) {
      const bool in_log =
          std::find(object.log.begin(), object.log.end(), child) != object.log.end();
      if (!in_log) object.tree.emplace(child, parent);
    }
  }
  return true;
}

const char* LevelAModel::fault(const State& before, const State& after) {
  const LevelA& old = before.object;
  const LevelA& now = after.object;
  if (now.log.size() < old.log.size() ||
      !std::equal(old.log.begin(), old.log.end(), now.log.begin())) {
    return "I9 the log only extends";
  }
  if (!std::is_sorted(now.log.begin(), now.log.end())) return "I1 the log is in order";
  for (const auto& [child, parent] : now.tree) {
    if (!now.has(parent) || !(parent < child)) return "I13 every branch extends the log";
  }
  for (const auto& [client, active] : now.active) {
    if (!now.has(active.place)) return "I13 every active place extends the log";
  }
  const bool pushed = now.log.size() > old.log.size();
  if (pushed && (!old.owner || old.owner->time != now.root().time)) {
    return "I14 only the owner pushes";
  }
  return nullptr;
}

std::uint32_t LevelAModel::encode(const State& state, Bytes& out) const {
  Writer writer{out};
  const LevelA& object = state.object;
  writer.varint(state.time);
  writer.varint(object.owner ? object.owner->client + 1u : 0u);
  writer.varint(object.owner ? object.owner->time : 0);
  writer.varint(object.log.size());
  for (const Position place : object.log) parley::encode(writer, place);
  writer.varint(object.tree.size());
  for (const auto& [child, parent] : object.tree) {
    parley::encode(writer, child);
    parley::encode(writer, parent);
  }
  writer.varint(object.active.size());
  for (const auto& [client, active] : object.active) {
    writer.varint(client);
    parley::encode(writer, active.place);
    writer.varint(active.time);
  }
  return 1;
}

LevelAModel::State LevelAModel::decode(ByteView bytes) const {
  Reader reader{bytes};
  State state;
  state.time = reader.varint();
  const std::uint64_t client = reader.varint();
  const std::uint64_t owned = reader.varint();
  if (client > 0) state.object.owner = LevelA::Owner{static_cast<std::uint8_t>(client - 1), owned};
  for (std::uint64_t left = reader.varint(); left > 0; --left) {
    state.object.log.push_back(decode_place(reader));
  }
  for (std::uint64_t left = reader.varint(); left > 0; --left) {
    const Position child = decode_place(reader);
    state.object.tree.emplace(child, decode_place(reader));
  }
  for (std::uint64_t left = reader.varint(); left > 0; --left) {
    const auto who = static_cast<std::uint8_t>(reader.varint());
    const Position place = decode_place(reader);
    state.object.active[who] = {place, reader.varint()};
  }
  PARLEY_ASSERT(reader.finished());
  return state;
}

}  // namespace parley
