// SPDX-License-Identifier: Apache-2.0
//
// Drives one pure node in real time: feeds it frames, requests and timers, and
// performs what it puts out. What a step sends, answers or decides leaves only
// when all that it and every step before it wrote is durable. Steps go on while
// a sync runs; what they write makes up the next batch (adaptive group commit).
//
// Timers and notes take effect at once: nobody outside can see them. Belongs to
// one loop's thread.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "core/base/prng.h"
#include "core/host/runtime/check_queue.h"
#include "core/host/runtime/committer.h"
#include "core/host/runtime/event_loop.h"
#include "core/host/runtime/histogram.h"
#include "core/host/runtime/links.h"
#include "core/host/runtime/timer_heap.h"
#include "core/kernel/node.h"

namespace parley {

class TraceWriter;
class Workers;

struct DriverStatistics {
  std::array<std::uint64_t, std::variant_size_v<NodeInput>> inputs{};
  std::uint64_t persists = 0;
  std::uint64_t sends = 0;
  std::uint64_t timer_changes = 0;
  std::uint64_t replies = 0;
  std::uint64_t decides = 0;
  std::uint64_t draws = 0;
  std::uint64_t requests_expired = 0;
  std::map<std::pair<InstanceId, const NoteDeclaration*>, std::uint64_t> notes;
  std::map<InstanceId, std::uint64_t> decided_position;
  DurationHistogram commit_seconds{std::chrono::microseconds{62}};
  DurationHistogram step_seconds{std::chrono::microseconds{1}};  ///< Of one step in 64.
};

class Driver final : public LinkReceiver, private Chooser {
 public:
  /// The answer to a request; nullopt: none came in time, the outcome is unknown.
  using Answer = std::function<void(std::optional<SharedBytes> value)>;

  struct Parts {
    const Tables& tables;
    PrincipalId self;
    const Keys& keys;
    EventLoop& loop;
    Workers& workers;
    Committer& committer;
    TraceWriter* trace;  ///< May be null.
    /// The store cannot be trusted: called once, and nothing happens after it.
    std::function<void(const Error&)> failed;
  };

  explicit Driver(Parts parts);
  ~Driver() override;

  /// Effect: where frames go from now on. Precondition: before boot.
  void attach(FrameOutlet& outlet) { outlet_ = &outlet; }
  /// The node's first step.
  void boot(const Boot& boot);

  void on_frame(PrincipalId from, ByteView frame) override;
  void on_peer_restarted(PrincipalId peer) override;
  bool congested(PrincipalId peer) const override;
  /// Effect: what the last steps wrote begins to be synced, what they sent
  /// leaves. To be called when a wake-up's inputs are through.
  void settle() override;

  void request(InstanceId instance, PortId port, ByteView value, Duration deadline, Answer answer);
  void change_membership(InstanceId instance, SharedMembership membership);

  /// Nothing is being checked, synced or held back.
  bool idle() const {
    return !committing_ && collected_.empty() && held_.empty() && checks_.idle();
  }
  bool has_failed() const { return failed_; }
  const DriverStatistics& statistics() const { return statistics_; }
  const Node& node() const { return node_; }
  std::size_t timers_count() const { return timers_.size(); }
  std::size_t requests_count() const { return requests_.size(); }

 private:
  std::uint64_t choose(InstanceId instance, std::uint64_t bound) override;

  void step(const NodeInput& input);
  void record(Bytes input);
  void count_output();
  void change_timers();
  void perform(const std::vector<NodeOutput::Outgoing>& sends,
               const std::vector<NodeOutput::Replied>& replies);
  /// Whether so much waits for a sync that no more frames should be taken in.
  bool stalled() const;
  void begin_commit();
  void on_committed(const Status& status, Duration took);
  void fire_due_timers(std::chrono::steady_clock::time_point now);
  void on_timer();
  void arm();

  Parts parts_;
  Prng prng_;
  SteadyClock::time_point started_ = SteadyClock::now();
  Node node_;
  FrameOutlet* outlet_ = nullptr;
  CheckQueue checks_;
  DriverStatistics statistics_;
  std::vector<std::uint64_t> chosen_;
  NodeOutput output_;
  Bytes scratch_;

  /// What a step does besides writing, until batch number `batch` is durable.
  struct Held {
    std::uint64_t batch;
    std::vector<NodeOutput::Outgoing> sends;
    std::vector<NodeOutput::Replied> replies;
    std::size_t bytes;  ///< With its writes.
  };
  std::deque<Held> held_;
  std::size_t held_bytes_ = 0;  ///< Of all steps in `held_`, writes included.
  std::vector<StoreChange> collected_;
  std::uint64_t batch_ = 1;  ///< Number of the batch that `collected_` will be.
  bool committing_ = false;
  bool failed_ = false;

  struct PendingRequest {
    InstanceId instance;
    Answer answer;
  };
  std::unordered_map<std::uint64_t, PendingRequest> requests_;
  std::uint64_t next_request_;
  TimerHeap<std::uint64_t> deadlines_;

  TimerHeap<TimerKey> timers_;
  LoopTimer loop_timer_;
  std::optional<SteadyClock::time_point> armed_;
};

}  // namespace parley
