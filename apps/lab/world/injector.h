// SPDX-License-Identifier: Apache-2.0
//
// Hurts a world as a plan says, from a seed, and heals it. Every fault draws
// from a generator of its own, so that leaving one out changes no other.
#pragma once

#include <cstdint>
#include <vector>

#include "apps/lab/plan.h"
#include "apps/lab/world/alarm.h"
#include "apps/lab/world/world.h"

namespace parley {

struct InjectorSetting {
  std::vector<FaultPlan> faults;
  std::uint64_t seed = 0;
  Duration tick = 1ms;
  std::uint32_t hurt_ticks = 0;
  std::uint32_t drift_bound_ppm = 0;
  /// Nodes that a restart gives back what they had synced.
  PrincipalSet crashable{};
};

class Injector {
 public:
  /// `world` outlives it.
  Injector(World& world, const InjectorSetting& setting);

  /// Effect: from now on the faults happen, through alarms owned by Injector.
  void begin();
  void on_alarm(const Alarm& alarm);
  /// Effect: ends every fault for good and restarts whoever is down.
  void heal();

 private:
  enum class What : std::uint8_t { StartShare, EndShare, Episode, EndEpisode };
  struct Entry {
    FaultPlan plan;
    Prng prng;
    std::uint32_t tempo = 1;  ///< Episodes are this many times as dense and as short.
    std::vector<std::pair<PrincipalId, PrincipalId>> cut{};  ///< Links this entry blocks.
  };

  Duration ticks(std::uint64_t count) const {
    return setting_.tick * static_cast<std::int64_t>(count);
  }
  Duration paced(const Entry& entry, std::uint64_t count) const {
    return ticks(count) / entry.tempo;
  }
  Duration window_end(const FaultPlan& plan) const;
  void set_alarm(Duration at, What what, std::size_t entry, std::uint32_t detail = 0);
  void set_share(FaultClass fault, std::uint32_t per_million);
  void begin_episode(std::size_t index);
  void end_episode(std::size_t index, PrincipalId node);
  void cut_links(Entry& entry);
  bool pick_alive(Entry& entry, PrincipalId& node, bool crashable_only);

  World& world_;
  InjectorSetting setting_;
  NetworkSetting network_;  ///< As it is without faults.
  std::vector<Entry> entries_;
  bool healed_ = false;
};

}  // namespace parley
