// SPDX-License-Identifier: Apache-2.0
#include "core/host/runtime/committer.h"

#include <utility>

#include "core/base/assert.h"
#include "core/host/runtime/stores.h"

namespace parley {
namespace {

class InlineCommitter final : public Committer {
 public:
  explicit InlineCommitter(Stores& stores) : stores_(stores) {}

  void commit(std::vector<StoreChange> batch, Done done) override {
    const auto start = SteadyClock::now();
    const Status status = stores_.commit(batch);
    done(status, SteadyClock::now() - start);
  }

 private:
  Stores& stores_;
};

class ThreadedCommitter final : public Committer {
 public:
  ThreadedCommitter(Stores& stores, EventLoop& loop)
      : stores_(stores), loop_(loop), thread_([this] { work(); }) {}

  ~ThreadedCommitter() override {
    {
      const std::lock_guard lock{mutex_};
      stopping_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }

  void commit(std::vector<StoreChange> batch, Done done) override {
    {
      const std::lock_guard lock{mutex_};
      PARLEY_ASSERT(!job_.has_value());
      job_ = Job{std::move(batch), std::move(done)};
    }
    wake_.notify_one();
  }

 private:
  struct Job {
    std::vector<StoreChange> batch;
    Done done;
  };

  void work() {
    std::unique_lock lock{mutex_};
    for (;;) {
      wake_.wait(lock, [this] { return stopping_ || job_.has_value(); });
      if (!job_) return;
      Job job = *std::exchange(job_, std::nullopt);
      lock.unlock();
      const auto start = SteadyClock::now();
      Status status = stores_.commit(job.batch);
      const Duration took = SteadyClock::now() - start;
      loop_.post(
          [done = std::move(job.done), status = std::move(status), took] { done(status, took); });
      lock.lock();
    }
  }

  Stores& stores_;
  EventLoop& loop_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::optional<Job> job_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<Committer> make_inline_committer(Stores& stores) {
  return std::make_unique<InlineCommitter>(stores);
}

std::unique_ptr<Committer> make_threaded_committer(Stores& stores, EventLoop& loop) {
  return std::make_unique<ThreadedCommitter>(stores, loop);
}

}  // namespace parley
