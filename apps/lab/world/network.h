// SPDX-License-Identifier: Apache-2.0
//
// The network as a model: when a frame arrives, how often, how damaged, or
// whether at all. Integers only, all choices from one generator.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/duration.h"
#include "core/base/ids.h"
#include "core/base/prng.h"

namespace parley {

/// Chances are per million frames.
struct NetworkSetting {
  Duration delay_min = 200us;
  Duration delay_max = 2ms;
  std::uint32_t tail = 0;  ///< Chance of a delay ten times as long.
  std::uint32_t loss = 0;
  std::uint32_t duplicate = 0;
  std::uint32_t reorder = 0;  ///< Chance of overtaking earlier frames of its link.
  std::uint32_t corrupt = 0;
  bool fifo = true;  ///< Frames of one link arrive in order, reordering apart.
};

/// One arrival of a frame.
struct Arrival {
  Duration at;
  std::uint32_t flips = 0;  ///< Not 0: seeds which bits are flipped.
};

class Network {
 public:
  Network(std::uint32_t nodes_count, Prng prng);

  NetworkSetting setting;

  /// Effect: calls `arrive(Arrival)` once per copy that will arrive.
  template <class Arrive>
  void route(PrincipalId from, PrincipalId to, Duration now, Arrive&& arrive) {
    if (blocked(from, to) || (setting.loss != 0 && prng_.chance(setting.loss))) return;
    arrive(arrival(from, to, now));
    if (setting.duplicate != 0 && prng_.chance(setting.duplicate)) {
      arrive(arrival(from, to, now));
    }
  }

  bool blocked(PrincipalId from, PrincipalId to) const {
    return blocked_count_ != 0 && blocked_[link(from, to)];
  }
  /// Effect: nothing passes from `from` to `to` until unblocked. One way only.
  void block(PrincipalId from, PrincipalId to, bool is_blocked);
  void unblock_all();

  /// Whether links have an order, and partitions, of their own; larger worlds do
  /// without.
  static constexpr bool tells_links_apart(std::uint32_t nodes_count) { return nodes_count <= 512; }

 private:
  std::size_t link(PrincipalId from, PrincipalId to) const {
    return std::size_t{from.value} * nodes_count_ + to.value;
  }
  Arrival arrival(PrincipalId from, PrincipalId to, Duration now);

  std::uint32_t nodes_count_;
  Prng prng_;
  std::vector<Duration> latest_;  ///< Per link: the last arrival in order.
  std::vector<bool> blocked_;
  std::size_t blocked_count_ = 0;
};

}  // namespace parley
