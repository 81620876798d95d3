// SPDX-License-Identifier: Apache-2.0
//
// Makes a node's changes durable: in a thread of its own where that takes time,
// so that the node goes on stepping and the next batch grows meanwhile.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "core/api/store.h"
#include "core/base/duration.h"
#include "core/host/runtime/event_loop.h"

namespace parley {

class Stores;

class Committer {
 public:
  /// The batch is durable, or the store is not to be trusted any more.
  using Done = std::function<void(const Status& status, Duration took)>;

  virtual ~Committer() = default;
  /// Effect: writes and syncs the batch; then `done` is called on the loop's
  /// thread, possibly before this returns. One batch at a time.
  virtual void commit(std::vector<StoreChange> batch, Done done) = 0;
};

/// Where a sync means nothing: on the caller's thread.
std::unique_ptr<Committer> make_inline_committer(Stores& stores);
/// With a thread that hands back through `loop`. Both outlive the committer; its
/// destructor waits for the batch that is being written.
std::unique_ptr<Committer> make_threaded_committer(Stores& stores, EventLoop& loop);

}  // namespace parley
