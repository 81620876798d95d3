// SPDX-License-Identifier: Apache-2.0
//
// Who feeds whom in an epoch. Members hang on each other as the shape says; who is
// no member hangs on the head.
#include <algorithm>

#include "plugins/backend/chain/chain.h"

namespace parley::chain {

/// Whose log this node's follows. Precondition: it is not the head.
PrincipalId Chain::upstream() const {
  const auto& order = membership().order;
  if (!links_members() || !is_member()) return order.front();
  return *std::prev(std::find(order.begin(), order.end(), self_));
}

std::optional<PrincipalId> Chain::successor() const {
  const auto& order = membership().order;
  const auto place = std::find(order.begin(), order.end(), self_);
  if (place == order.end() || std::next(place) == order.end()) return std::nullopt;
  return *std::next(place);
}

/// Effect: those that this node feeds are known, and nothing about them.
void Chain::begin_feeds() {
  feeds_.clear();
  image_.reset();
  const Feed fresh{.next = verified_ + 1};
  if (links_members()) {
    if (const auto next = successor()) feeds_.emplace(*next, fresh);
  }
  if (!head_) return;
  PrincipalSet fed = membership().learners;
  if (!links_members()) fed |= membership().members;
  fed.erase(self_);
  fed.for_each([&](PrincipalId to) { feeds_.emplace(to, fresh); });
  head_->members.clear();
  head_->joiners.clear();
  for (const PrincipalId member : membership().order) {
    if (member != self_) head_->members.emplace(member, Listener{});
  }
}

/// Up to where this node and all members that depend on it for it have the log.
Index Chain::stable() const {
  Index index = verified_;
  for (const auto& [id, feed] : feeds_) {
    if (!membership().members.contains(id)) continue;
    index = std::min(index, mutated(Mutation::CommitsBeforeTail) ? feed.match : feed.stable);
  }
  return index;
}

}  // namespace parley::chain
