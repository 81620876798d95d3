// SPDX-License-Identifier: Apache-2.0
//
// Frames whose evidence takes long to check: checked by the workers, handed on in
// the order in which each peer sent them. Used on the loop's thread only.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "core/host/runtime/event_loop.h"
#include "core/kernel/node.h"

namespace parley {

class Workers;

class CheckQueue {
 public:
  /// A frame and what its check said. The view is valid during the call.
  using Deliver = std::function<void(PrincipalId from, const FrameView& frame, bool convinced)>;
  /// That was all for now; `relieved`: the peer is no longer congested.
  using Finished = std::function<void(PrincipalId from, bool relieved)>;

  CheckQueue(EventLoop& loop, Workers& workers, const Node& node, const SealDomain& domain,
             std::size_t peers_count, Deliver deliver, Finished finished);

  /// Whether frames of this peer are under way, so that later ones must queue.
  bool busy(PrincipalId from) const { return !peers_[from.value].waiting.empty(); }
  bool congested(PrincipalId from) const;
  /// Effect: `frame` is copied, checked and delivered in its turn. Precondition:
  /// inspect accepted it.
  void submit(PrincipalId from, ByteView frame, bool costly);
  /// Effect: what the peer sent so far is never delivered.
  void forget(PrincipalId from);
  bool idle() const { return unfinished_ == 0; }

 private:
  struct Item {
    Bytes bytes;
    CheckJob job;
    bool done = false;
    bool convinced = false;
  };
  struct Peer {
    std::deque<std::shared_ptr<Item>> waiting;
    std::size_t bytes = 0;
  };

  void hand_on(PrincipalId from);

  EventLoop& loop_;
  Workers& workers_;
  const Node& node_;
  const SealDomain& domain_;
  std::vector<Peer> peers_;
  Deliver deliver_;
  Finished finished_;
  std::size_t unfinished_ = 0;
  Bytes scratch_;
};

}  // namespace parley
