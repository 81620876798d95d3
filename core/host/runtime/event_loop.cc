// SPDX-License-Identifier: Apache-2.0
#include "core/host/runtime/event_loop.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <utility>

namespace parley {

namespace asio = boost::asio;
using Executor = asio::io_context::executor_type;
using boost::system::error_code;

struct EventLoop::State {
  asio::io_context context{1};
  asio::executor_work_guard<Executor> work{context.get_executor()};
  asio::basic_signal_set<Executor> signals{context.get_executor()};
  std::function<void(int)> on_signal;

  void await_signal() {
    signals.async_wait([this](const error_code& error, int signal) {
      if (error) return;
      await_signal();
      on_signal(signal);
    });
  }
};

EventLoop::EventLoop() : state_(std::make_unique<State>()) {}
EventLoop::~EventLoop() = default;

void EventLoop::run() {
  state_->context.restart();  // It may have been stopped before.
  state_->context.run();
}

void EventLoop::stop() {
  state_->context.stop();
}

void EventLoop::post(Task task) {
  asio::post(state_->context.get_executor(), std::move(task));
}

void EventLoop::handle_signals(const std::vector<int>& signals, std::function<void(int)> handler) {
  state_->on_signal = std::move(handler);
  for (const int signal : signals) state_->signals.add(signal);
  state_->await_signal();
}

struct Descriptor::State : std::enable_shared_from_this<Descriptor::State> {
  using Wait = asio::posix::descriptor_base::wait_type;

  State(EventLoop::State& loop, int fd, Task readable, Task writable)
      : descriptor(loop.context.get_executor(), fd),
        on_readable(std::move(readable)),
        on_writable(std::move(writable)) {
    descriptor.native_non_blocking(true);
  }

  // The handler keeps the state, and with it the running task, alive even when
  // the task destroys the Descriptor.
  void await(Wait kind, bool State::*waiting, Task State::*task) {
    if (this->*waiting) return;
    this->*waiting = true;
    descriptor.async_wait(kind, [self = shared_from_this(), waiting, task](const error_code&) {
      (*self).*waiting = false;
      if (self->open) ((*self).*task)();
    });
  }

  asio::posix::basic_stream_descriptor<Executor> descriptor;
  Task on_readable;
  Task on_writable;
  bool reads = false;
  bool writes = false;
  bool open = true;
};

Descriptor::Descriptor() = default;
Descriptor::Descriptor(EventLoop& loop, int fd, Task on_readable, Task on_writable)
    : state_(std::make_shared<State>(*loop.state_, fd, std::move(on_readable),
                                     std::move(on_writable))) {}
Descriptor::~Descriptor() {
  close();
}
Descriptor::Descriptor(Descriptor&&) noexcept = default;
Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  close();
  state_ = std::move(other.state_);
  return *this;
}

void Descriptor::await_readable() {
  state_->await(State::Wait::wait_read, &State::reads, &State::on_readable);
}

void Descriptor::await_writable() {
  state_->await(State::Wait::wait_write, &State::writes, &State::on_writable);
}

int Descriptor::fd() const {
  return state_ == nullptr ? -1 : state_->descriptor.native_handle();
}

void Descriptor::close() {
  if (state_ == nullptr) return;
  state_->open = false;
  error_code ignored;
  state_->descriptor.close(ignored);
  state_.reset();
}

struct LoopTimer::State : std::enable_shared_from_this<LoopTimer::State> {
  using Timer = asio::basic_waitable_timer<SteadyClock, asio::wait_traits<SteadyClock>, Executor>;

  State(EventLoop::State& loop, Task run)
      : timer(loop.context.get_executor()), task(std::move(run)) {}

  void start(SteadyClock::time_point moment) {
    timer.expires_at(moment);
    timer.async_wait([self = shared_from_this(), number = ++starts](const error_code& error) {
      // A wait that was already queued when the timer moved is not an error.
      if (!error && number == self->starts) self->task();
    });
  }

  Timer timer;
  Task task;
  std::uint64_t starts = 0;
};

LoopTimer::LoopTimer(EventLoop& loop, Task task)
    : state_(std::make_shared<State>(*loop.state_, std::move(task))) {}

LoopTimer::~LoopTimer() {
  cancel();
}

void LoopTimer::start_at(SteadyClock::time_point moment) {
  state_->start(moment);
}

void LoopTimer::start_after(std::chrono::nanoseconds delay) {
  start_at(SteadyClock::now() + delay);
}

void LoopTimer::cancel() {
  ++state_->starts;
  state_->timer.cancel();
}

}  // namespace parley
