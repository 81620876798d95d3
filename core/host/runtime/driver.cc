// SPDX-License-Identifier: Apache-2.0
#include "core/host/runtime/driver.h"

#include <algorithm>
#include <utility>

#include "core/base/overloaded.h"
#include "core/host/runtime/entropy.h"
#include "core/host/runtime/trace_writer.h"
#include "core/kernel/kernel_notes.h"
#include "core/kernel/trace.h"

namespace parley {
namespace {

constexpr std::uint64_t steps_per_sample = 64;
/// Due timers of one wake-up; the rest waits for frames to have their turn.
constexpr int timers_per_wakeup_max = 256;
/// Request ids start at random, so that none of an earlier life comes back; the
/// high bits are the kernel's.
constexpr std::uint64_t request_id_mask = (std::uint64_t{1} << 62) - 1;

/// While a sync stalls, inputs are taken until this much waits for it.
constexpr std::size_t held_bytes_max = std::size_t{64} << 20;
constexpr std::size_t held_steps_max = 65'536;

/// About how much memory the outputs of a step take until they may leave.
std::size_t size_of(const NodeOutput& output) {
  std::size_t size = 0;
  for (const StoreChange& change : output.persists) {
    size += sizeof(change);
    if (const Append* append = std::get_if<Append>(&change.persist.change)) {
      size += append->record.size();
    } else if (const Snapshot* snapshot = std::get_if<Snapshot>(&change.persist.change)) {
      for (const SharedBytes& chunk : snapshot->chunks) size += chunk.size();
    }
  }
  for (const NodeOutput::Outgoing& outgoing : output.sends) {
    size += sizeof(outgoing) + frame_size(outgoing.frame);
  }
  for (const NodeOutput::Replied& reply : output.replies) {
    size += sizeof(reply) + reply.value.size();
  }
  return size;
}

}  // namespace

Driver::Driver(Parts parts)
    : parts_(std::move(parts)),
      prng_(random_number()),
      node_(parts_.tables, parts_.self, parts_.keys, *this),
      checks_(
          parts_.loop, parts_.workers, node_, parts_.tables.seal_domain,
          parts_.tables.deployment.principals.size(),
          [this](PrincipalId from, const FrameView& frame, bool convinced) {
            if (convinced) {
              step(Arrived{from, frame});
            } else {
              step(Dropped{from, &kernel_notes::evidence_rejected});
            }
          },
          [this](PrincipalId from, bool relieved) {
            settle();
            if (relieved && !stalled()) outlet_->resume(from);
          }),
      next_request_(random_number() & request_id_mask),
      loop_timer_(parts_.loop, [this] { on_timer(); }) {}

Driver::~Driver() = default;

void Driver::boot(const Boot& boot) {
  step(boot);
  settle();
}

void Driver::on_frame(PrincipalId from, ByteView frame) {
  if (failed_) return;
  const auto inspected = node_.inspect(from, frame);
  if (const Refusal* refusal = std::get_if<Refusal>(&inspected)) {
    return step(Dropped{from, refusal->reason});
  }
  const CheckJob& job = std::get<CheckJob>(inspected);
  if (job.costly || checks_.busy(from)) return checks_.submit(from, frame, job.costly);
  if (job.run(parts_.tables.seal_domain, scratch_)) {
    step(Arrived{from, job.frame});
  } else {
    step(Dropped{from, &kernel_notes::evidence_rejected});
  }
}

void Driver::on_peer_restarted(PrincipalId peer) {
  // An acknowledgement that still waits would be of a life that has forgotten.
  checks_.forget(peer);
  step(PeerRestarted{peer});
  outlet_->resume(peer);
}

bool Driver::congested(PrincipalId peer) const {
  return stalled() || checks_.congested(peer);
}

bool Driver::stalled() const {
  return held_bytes_ >= held_bytes_max || held_.size() >= held_steps_max;
}

void Driver::change_membership(InstanceId instance, SharedMembership membership) {
  step(NodeMembershipChanged{instance, std::move(membership)});
  settle();
}

void Driver::request(InstanceId instance, PortId port, ByteView value, Duration deadline,
                     Answer answer) {
  const std::uint64_t id = next_request_;
  next_request_ = (next_request_ + 1) & request_id_mask;
  requests_.emplace(id, PendingRequest{instance, std::move(answer)});
  deadlines_.set(id, SteadyClock::now() + deadline);
  step(Request{instance, RequestId{id}, port, value});
  settle();
}

std::uint64_t Driver::choose(InstanceId /*instance*/, std::uint64_t bound) {
  ++statistics_.draws;
  const std::uint64_t value = prng_.below(bound);
  if (parts_.trace != nullptr) chosen_.push_back(value);
  return value;
}

void Driver::step(const NodeInput& input) {
  if (failed_) return;
  // A process that slept past the end of its lease must know before it answers:
  // whatever came in meanwhile is newer than a timer that was due.
  const bool may_wait =
      std::holds_alternative<NodeTimerFired>(input) || std::holds_alternative<Boot>(input);
  if (!may_wait) fire_due_timers(SteadyClock::now());
  if (failed_) return;
  const std::uint64_t number = ++statistics_.inputs[input.index()];
  Bytes recorded;
  if (parts_.trace != nullptr) recorded = encode_input(input);
  if (number % steps_per_sample == 0) {
    const auto start = SteadyClock::now();
    node_.step(input, output_);
    statistics_.step_seconds.observe(SteadyClock::now() - start);
  } else {
    node_.step(input, output_);
  }
  if (parts_.trace != nullptr) record(std::move(recorded));
  count_output();
  change_timers();

  const std::size_t bytes = size_of(output_);
  if (!output_.persists.empty()) {
    std::move(output_.persists.begin(), output_.persists.end(), std::back_inserter(collected_));
  } else if (held_.empty()) {
    return perform(output_.sends, output_.replies);
  }
  // Behind its own writes, or behind those of an earlier step.
  const std::uint64_t batch = output_.persists.empty() ? held_.back().batch : batch_;
  held_.push_back({batch, std::move(output_.sends), std::move(output_.replies), bytes});
  held_bytes_ += bytes;
}

void Driver::record(Bytes input) {
  TraceEvent event{.at = SteadyClock::now() - started_,
                   .input = std::move(input),
                   .chosen = std::exchange(chosen_, {}),
                   .output_digest = digest_of(output_)};
  for (const NodeOutput::Noted& noted : output_.notes) {
    const auto& values = noted.note.values;
    event.notes.push_back(
        {noted.instance, noted.note.declaration->name, {values.begin(), values.end()}});
  }
  parts_.trace->record(event);
}

void Driver::count_output() {
  statistics_.persists += output_.persists.size();
  statistics_.sends += output_.sends.size();
  statistics_.timer_changes += output_.timers.size();
  statistics_.replies += output_.replies.size();
  statistics_.decides += output_.decides.size();
  for (const NodeOutput::Noted& noted : output_.notes) {
    ++statistics_.notes[{noted.instance, noted.note.declaration}];
  }
  for (const NodeOutput::Decided& decided : output_.decides) {
    std::uint64_t& highest = statistics_.decided_position[decided.instance];
    highest = std::max(highest, decided.position);
  }
}

void Driver::change_timers() {
  if (output_.timers.empty()) return;
  const auto now = SteadyClock::now();
  for (const NodeOutput::TimerChange& change : output_.timers) {
    if (change.set) {
      timers_.set(change.key,
                  now + Duration{prng_.between(change.min.count(), change.max.count())});
    } else {
      timers_.cancel(change.key);
    }
  }
}

void Driver::perform(const std::vector<NodeOutput::Outgoing>& sends,
                     const std::vector<NodeOutput::Replied>& replies) {
  for (const NodeOutput::Outgoing& outgoing : sends) outlet_->send(outgoing.to, outgoing.frame);
  for (const NodeOutput::Replied& reply : replies) {
    const auto found = requests_.find(reply.request.value);
    if (found == requests_.end() || found->second.instance != reply.instance) continue;
    // From a task of its own: who is answered may ask again at once.
    parts_.loop.post(
        [answer = std::move(found->second.answer), value = reply.value] { answer(value); });
    requests_.erase(found);
    deadlines_.cancel(reply.request.value);
  }
}

void Driver::settle() {
  if (failed_) return;
  begin_commit();
  outlet_->flush();
  arm();
}

void Driver::begin_commit() {
  if (committing_ || collected_.empty()) return;
  committing_ = true;
  ++batch_;
  parts_.committer.commit(
      std::exchange(collected_, {}),
      [this](const Status& status, Duration took) { on_committed(status, took); });
}

void Driver::on_committed(const Status& status, Duration took) {
  committing_ = false;
  if (!status) {
    // What was held is never said: nobody may hear of what may not be durable.
    failed_ = true;
    held_.clear();
    return parts_.failed(status.error());
  }
  statistics_.commit_seconds.observe(took);
  const bool was_stalled = stalled();
  const std::uint64_t durable = batch_ - 1;
  while (!held_.empty() && held_.front().batch <= durable) {
    const Held released = std::move(held_.front());
    held_.pop_front();
    held_bytes_ -= released.bytes;
    perform(released.sends, released.replies);
  }
  settle();
  if (!was_stalled || stalled()) return;
  for (std::uint32_t peer = 0; peer < parts_.tables.deployment.principals.size(); ++peer) {
    outlet_->resume(PrincipalId{peer});
  }
}

void Driver::fire_due_timers(SteadyClock::time_point now) {
  for (int fired = 0; fired < timers_per_wakeup_max; ++fired) {
    const std::optional<TimerKey> due = timers_.take_due(now);
    if (!due) return;
    step(NodeTimerFired{*due});
  }
}

void Driver::on_timer() {
  armed_.reset();
  const auto now = SteadyClock::now();
  fire_due_timers(now);
  while (const std::optional<std::uint64_t> late = deadlines_.take_due(now)) {
    const auto found = requests_.find(*late);
    parts_.loop.post([answer = std::move(found->second.answer)] { answer(std::nullopt); });
    requests_.erase(found);
    ++statistics_.requests_expired;
  }
  settle();
}

void Driver::arm() {
  std::optional<SteadyClock::time_point> next = timers_.next();
  if (const auto deadline = deadlines_.next(); deadline && (!next || *deadline < *next)) {
    next = deadline;
  }
  // Waking up too early once is cheaper than moving the system's timer each time.
  if (!next || (armed_ && *armed_ <= *next)) return;
  armed_ = next;
  loop_timer_.start_at(*next);
}

}  // namespace parley
