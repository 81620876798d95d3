// SPDX-License-Identifier: Apache-2.0
//
// A few threads for work that would hold up an event loop: costly checks, name
// look-ups. Tasks hand their results back by EventLoop::post.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "core/host/runtime/event_loop.h"

namespace parley {

class Workers {
 public:
  explicit Workers(std::size_t threads_count);
  /// Waits for running tasks; those not begun are dropped.
  ~Workers();
  Workers(const Workers&) = delete;

  /// Any thread.
  void submit(Task task);

 private:
  void work();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Task> tasks_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace parley
