// SPDX-License-Identifier: Apache-2.0
#include "apps/lab/world/injector.h"

#include <algorithm>

namespace parley {
namespace {

// What is done to a disk or network at its worst, relative to its normal pace.
constexpr std::int64_t slowdown_max = 50;
// Protocols that are done in milliseconds want faults at their pace.
constexpr std::uint64_t tempos_count = 8;
constexpr std::int32_t drift_beyond_ppm_max = 500'000;

bool is_share(FaultClass fault) {
  return fault == FaultClass::Loss || fault == FaultClass::Duplicate ||
         fault == FaultClass::Reorder || fault == FaultClass::Corrupt;
}

std::uint64_t stream_of(std::uint64_t seed, FaultClass fault, std::uint64_t ordinal) {
  Fingerprint sum;
  sum.add(seed);
  sum.add(static_cast<std::uint64_t>(fault));
  sum.add(ordinal);
  return sum.value();
}

}  // namespace

Injector::Injector(World& world, const InjectorSetting& setting)
    : world_(world), setting_(setting), network_(world.network().setting) {
  for (const FaultPlan& plan : setting.faults) {
    const auto same = [&](const Entry& entry) { return entry.plan.fault == plan.fault; };
    const auto ordinal =
        static_cast<std::uint64_t>(std::count_if(entries_.begin(), entries_.end(), same));
    entries_.push_back({plan, Prng{stream_of(setting.seed, plan.fault, ordinal)}});
    entries_.back().tempo = 1u << entries_.back().prng.below(tempos_count);
  }
}

void Injector::begin() {
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    Entry& entry = entries_[i];
    const Duration from = ticks(entry.plan.ticks.from);
    if (is_share(entry.plan.fault)) {
      const auto share =
          static_cast<std::uint32_t>(entry.prng.below(std::uint64_t{entry.plan.per_million} + 1));
      set_alarm(from, What::StartShare, i, share);
      set_alarm(window_end(entry.plan), What::EndShare, i);
    } else {
      set_alarm(
          from + paced(entry, entry.prng.below(2 * std::uint64_t{entry.plan.every_ticks} + 1)),
          What::Episode, i);
    }
  }
}

Duration Injector::window_end(const FaultPlan& plan) const {
  return ticks(plan.ticks.to == 0 ? setting_.hurt_ticks
                                  : std::min(plan.ticks.to, setting_.hurt_ticks));
}

void Injector::set_alarm(Duration at, What what, std::size_t entry, std::uint32_t detail) {
  const Alarm alarm{Alarm::Owner::Injector, static_cast<std::uint8_t>(what),
                    static_cast<std::uint16_t>(entry), detail};
  world_.alarm(at, alarm.token());
}

void Injector::on_alarm(const Alarm& alarm) {
  if (healed_) return;
  switch (static_cast<What>(alarm.what)) {
    case What::StartShare:
      return set_share(entries_[alarm.entry].plan.fault, alarm.detail);
    case What::EndShare:
      return set_share(entries_[alarm.entry].plan.fault, 0);
    case What::Episode:
      return begin_episode(alarm.entry);
    case What::EndEpisode:
      return end_episode(alarm.entry, PrincipalId{alarm.detail});
  }
}

void Injector::set_share(FaultClass fault, std::uint32_t per_million) {
  NetworkSetting& network = world_.network().setting;
  switch (fault) {
    case FaultClass::Loss:
      network.loss = per_million;
      return;
    case FaultClass::Duplicate:
      network.duplicate = per_million;
      return;
    case FaultClass::Reorder:
      network.reorder = per_million;
      return;
    default:
      network.corrupt = per_million;
      return;
  }
}

void Injector::begin_episode(std::size_t index) {
  Entry& entry = entries_[index];
  Prng& prng = entry.prng;
  if (world_.now() >= window_end(entry.plan)) return;
  const auto every = static_cast<std::uint64_t>(entry.plan.every_ticks);
  set_alarm(world_.now() + paced(entry, 1 + prng.below(2 * every + 1)), What::Episode, index);
  const TickRange& lasts = entry.plan.lasts_ticks;
  const Duration end =
      world_.now() + paced(entry, static_cast<std::uint64_t>(prng.between(lasts.from, lasts.to)));

  PrincipalId node{};
  const FaultClass fault = entry.plan.fault;
  if (!pick_alive(entry, node, fault == FaultClass::CrashRestart)) return;
  switch (fault) {
    case FaultClass::Partition:
      cut_links(entry);
      break;
    case FaultClass::CrashRestart:
      world_.crash(node, entry.plan.torn_writes);
      break;
    case FaultClass::Pause:
      world_.pause(node, end);
      return;
    case FaultClass::Delay:
      world_.network().setting.delay_max = network_.delay_max * prng.between(2, slowdown_max);
      break;
    case FaultClass::SlowDisk:
      world_.slow_disks(prng.between(2, slowdown_max));
      break;
    case FaultClass::ClockDrift: {
      const auto bound = static_cast<std::int64_t>(setting_.drift_bound_ppm);
      world_.drift(node, static_cast<std::int32_t>(prng.between(-bound, bound)));
      return;
    }
    case FaultClass::DriftBeyondBound:
      world_.drift(node, static_cast<std::int32_t>(
                             prng.between(-drift_beyond_ppm_max, drift_beyond_ppm_max)));
      return;
    default:
      return;
  }
  set_alarm(end, What::EndEpisode, index, node.value);
}

void Injector::end_episode(std::size_t index, PrincipalId node) {
  Entry& entry = entries_[index];
  switch (entry.plan.fault) {
    case FaultClass::Partition:
      for (const auto& [from, to] : entry.cut) world_.network().block(from, to, false);
      entry.cut.clear();
      return;
    case FaultClass::CrashRestart:
      if (!world_.alive(node)) world_.restart(node);
      return;
    case FaultClass::Delay:
      world_.network().setting.delay_max = network_.delay_max;
      return;
    case FaultClass::SlowDisk:
      world_.slow_disks(1);
      return;
    default:
      return;
  }
}

/// Effect: splits the nodes into two sides, in one direction or in both.
void Injector::cut_links(Entry& entry) {
  if (!entry.cut.empty() || !Network::tells_links_apart(world_.nodes_count())) return;
  const bool one_way = entry.plan.one_way && entry.prng.below(3) == 0;
  std::vector<bool> far(world_.nodes_count());
  for (std::size_t node = 0; node < far.size(); ++node) far[node] = entry.prng.below(2) == 1;
  for (std::uint32_t from = 0; from < far.size(); ++from) {
    for (std::uint32_t to = 0; to < far.size(); ++to) {
      if (far[from] == far[to] || (one_way && far[from])) continue;
      // A link that another partition holds stays that one's to open.
      if (world_.network().blocked(PrincipalId{from}, PrincipalId{to})) continue;
      world_.network().block(PrincipalId{from}, PrincipalId{to}, true);
      entry.cut.emplace_back(PrincipalId{from}, PrincipalId{to});
    }
  }
}

bool Injector::pick_alive(Entry& entry, PrincipalId& node, bool crashable_only) {
  const std::uint32_t count = world_.nodes_count();
  const auto start = static_cast<std::uint32_t>(entry.prng.below(count));
  for (std::uint32_t i = 0; i < count; ++i) {
    node = PrincipalId{(start + i) % count};
    if (!world_.alive(node)) continue;
    if (!crashable_only || setting_.crashable.contains(node)) return true;
  }
  return false;
}

void Injector::heal() {
  healed_ = true;
  world_.network().unblock_all();
  world_.network().setting = network_;
  world_.slow_disks(1);
  for (std::uint32_t i = 0; i < world_.nodes_count(); ++i) {
    const PrincipalId node{i};
    world_.drift(node, 0);
    world_.pause(node, world_.now());
    if (!world_.alive(node)) world_.restart(node);
  }
}

}  // namespace parley
