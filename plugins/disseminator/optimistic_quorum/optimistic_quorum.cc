// SPDX-License-Identifier: Apache-2.0
#include "plugins/disseminator/optimistic_quorum/optimistic_quorum.h"

#include <algorithm>

#include "core/api/membership.h"

namespace parley::optimistic_quorum {
namespace {

/// Effect: moves up to `count` members of `from` to `to`, starting behind
/// `self`, so that the nodes of a deployment do not all choose the same few.
void take(PrincipalSet& from, std::size_t count, PrincipalId self, PrincipalSet& to) {
  std::vector<PrincipalId> ring = from.members();
  std::rotate(ring.begin(), std::upper_bound(ring.begin(), ring.end(), self), ring.end());
  for (std::size_t i = 0; i < std::min(count, ring.size()); ++i) {
    from.erase(ring[i]);
    to.insert(ring[i]);
  }
}

}  // namespace

std::size_t OptimisticQuorum::wanted(std::size_t verifiers_count) const {
  if (size_ > 0) return size_;
  return majority(verifiers_count + 1) - 1;
}

PrincipalSet OptimisticQuorum::targets(const PrincipalSet& verifiers) {
  PrincipalSet left = verifiers - PrincipalSet{self_};
  const std::size_t count = wanted(left.size());
  PrincipalSet chosen;
  for (const PrincipalId peer : answering_) {
    if (chosen.size() == count) return chosen;
    if (!left.contains(peer)) continue;
    left.erase(peer);
    chosen.insert(peer);
  }
  PrincipalSet unknown = left - silent_;
  PrincipalSet known_silent = left & silent_;
  take(unknown, count - chosen.size(), self_, chosen);
  take(known_silent, count - chosen.size(), self_, chosen);
  return chosen;
}

void OptimisticQuorum::on_answer(PrincipalId peer) {
  silent_.erase(peer);
  if (std::find(answering_.begin(), answering_.end(), peer) == answering_.end()) {
    answering_.push_back(peer);
  }
}

void OptimisticQuorum::on_escalation(const PrincipalSet& silent) {
  silent_ |= silent;
  std::erase_if(answering_, [&](PrincipalId peer) { return silent.contains(peer); });
}

void OptimisticQuorum::encode(StateWriter& out) const {
  out.varint(answering_.size());
  for (const PrincipalId peer : answering_) out.principal(peer);
  out.principals(silent_);
}

}  // namespace parley::optimistic_quorum
