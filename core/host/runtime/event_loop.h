// SPDX-License-Identifier: Apache-2.0
//
// One thread's event loop: tasks, timers, descriptors that become ready, signals.
// Boost.Asio lies behind it and is seen nowhere else. Everything but post and
// stop is for the loop's own thread (or before it runs).
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

namespace parley {

using Task = std::function<void()>;
using SteadyClock = std::chrono::steady_clock;

class EventLoop {
 public:
  EventLoop();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;

  /// Effect: runs tasks on this thread until stop. May be called again.
  void run();
  /// Any thread. Effect: run returns after the task it is in.
  void stop();
  /// Any thread. Tasks of one thread run in the order they were posted.
  void post(Task task);
  /// Effect: the process's signals of these numbers come to `handler`, here.
  void handle_signals(const std::vector<int>& signals, std::function<void(int)> handler);

 private:
  friend class Descriptor;
  friend class LoopTimer;
  struct State;
  std::unique_ptr<State> state_;
};

/// Owns a non-blocking file descriptor and says when it is ready. The tasks may
/// destroy the Descriptor that calls them. Must not outlive the loop.
class Descriptor {
 public:
  Descriptor();
  Descriptor(EventLoop& loop, int fd, Task on_readable, Task on_writable);
  ~Descriptor();
  Descriptor(Descriptor&&) noexcept;
  Descriptor& operator=(Descriptor&&) noexcept;

  /// Effect: calls the task once, when reading (writing) would not block or would
  /// fail. Asking again while waiting has no effect.
  void await_readable();
  void await_writable();

  int fd() const;
  bool is_open() const { return state_ != nullptr; }
  /// Effect: closes the descriptor; no task is called any more.
  void close();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// Calls its task at one moment; starting again moves the moment.
class LoopTimer {
 public:
  LoopTimer(EventLoop& loop, Task task);
  ~LoopTimer();
  LoopTimer(const LoopTimer&) = delete;

  void start_at(SteadyClock::time_point moment);
  void start_after(std::chrono::nanoseconds delay);
  void cancel();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace parley
