// SPDX-License-Identifier: Apache-2.0
#include "apps/lab/world/network.h"

#include <algorithm>

namespace parley {

Network::Network(std::uint32_t nodes_count, Prng prng) : nodes_count_(nodes_count), prng_(prng) {
  if (!tells_links_apart(nodes_count)) return;
  latest_.resize(std::size_t{nodes_count} * nodes_count);
  blocked_.resize(latest_.size());
}

Arrival Network::arrival(PrincipalId from, PrincipalId to, Duration now) {
  Duration delay{prng_.between(setting.delay_min.count(), setting.delay_max.count())};
  if (setting.tail != 0 && prng_.chance(setting.tail)) delay *= 10;
  Arrival arrival{.at = now + delay};
  const bool overtakes = setting.reorder != 0 && prng_.chance(setting.reorder);
  if (setting.fifo && !latest_.empty() && !overtakes) {
    Duration& latest = latest_[link(from, to)];
    arrival.at = latest = std::max(latest, arrival.at);
  }
  if (setting.corrupt != 0 && prng_.chance(setting.corrupt)) {
    arrival.flips = static_cast<std::uint32_t>(prng_.next()) | 1;
  }
  return arrival;
}

void Network::block(PrincipalId from, PrincipalId to, bool is_blocked) {
  PARLEY_ASSERT(!blocked_.empty());
  const std::size_t at = link(from, to);
  if (blocked_[at] == is_blocked) return;
  blocked_[at] = is_blocked;
  blocked_count_ += is_blocked ? 1 : static_cast<std::size_t>(-1);
}

void Network::unblock_all() {
  std::fill(blocked_.begin(), blocked_.end(), false);
  blocked_count_ = 0;
}

}  // namespace parley
