// SPDX-License-Identifier: Apache-2.0
#include "apps/lab/world/world.h"

#include <algorithm>

#include "core/base/overloaded.h"
#include "core/kernel/trace.h"

namespace parley {

namespace {

constexpr Duration hello_retry = 10ms;
constexpr std::int64_t ppm = 1'000'000;

/// A node's own time as the world's: a clock that gains fires early.
Duration world_time(Duration own, std::int32_t drift_ppm) {
  if (drift_ppm == 0) return own;
  // In parts of a million of the whole and of the rest: no overflow, no rounding up.
  const std::int64_t rate = ppm + drift_ppm;
  const std::int64_t whole = own.count() / rate;
  const std::int64_t rest = own.count() % rate;
  return Duration{whole * ppm + rest * ppm / rate};
}

std::unique_ptr<NodeOutput> take_spare(std::vector<std::unique_ptr<NodeOutput>>& spares) {
  if (spares.empty()) return std::make_unique<NodeOutput>();
  std::unique_ptr<NodeOutput> spare = std::move(spares.back());
  spares.pop_back();
  return spare;
}

bool moves_machine(const NodeInput& input) {
  if (const auto* arrived = std::get_if<Arrived>(&input)) {
    return arrived->frame.type != type_acknowledgement;
  }
  if (const auto* fired = std::get_if<NodeTimerFired>(&input)) {
    return fired->key.owner == TimerKey::Owner::Machine;
  }
  return std::holds_alternative<Boot>(input) || std::holds_alternative<Request>(input) ||
         std::holds_alternative<NodeMembershipChanged>(input);
}

}  // namespace

/// A node's disk, and the outputs that wait for it, in order.
struct DiskQueue {
  struct Waiting {
    std::uint64_t batches;  ///< Durable once this many are.
    std::unique_ptr<NodeOutput> output;
  };
  Disk disk;
  std::deque<Waiting> waiting;
  std::uint64_t syncing = 0;  ///< What the sync under way covers; 0: none is.
};

std::uint64_t World::Choices::choose(InstanceId /*instance*/, std::uint64_t bound) {
  const std::uint64_t choice = prng_.below(bound);
  chosen.push_back(choice);
  return choice;
}

World::World(const WorldSetting& setting, MakeNode make_node, WorldObserver& observer)
    : setting_(setting),
      make_node_(std::move(make_node)),
      observer_(observer),
      timer_prng_(setting.seed ^ 0x74696D6572),
      disk_prng_(setting.seed ^ 0x6469736B),
      choices_(Prng{setting.seed ^ 0x64726177}),
      network_(setting.nodes_count, Prng{setting.seed ^ 0x6E6574}),
      slots_(setting.nodes_count) {
  network_.setting = setting.network;
  if (Network::tells_links_apart(setting.nodes_count)) {
    heard_.resize(std::size_t{setting.nodes_count} * setting.nodes_count);
  }
}

std::uint32_t* World::heard(PrincipalId receiver, PrincipalId sender) {
  if (heard_.empty()) return nullptr;
  return &heard_[std::size_t{receiver.value} * slots_.size() + sender.value];
}

World::~World() = default;

void World::boot(PrincipalId node) {
  Slot& slot = slots_[node.value];
  PARLEY_ASSERT(slot.machine == nullptr);
  slot.machine = make_node_(node, choices_);
  ++slot.incarnation;
  step(node,
       Boot{slot.disk == nullptr ? std::map<InstanceId, Recovered>{} : slot.disk->disk.recover()});
  observer_.on_booted(node);
}

void World::run(Duration until) {
  stopped_ = false;
  while (!stopped_ && !queue_.empty() && queue_.next().at <= until) {
    const Event event = queue_.pop();
    now_ = event.at;
    ++events_;
    happen(event);
  }
  if (!stopped_) now_ = std::max(now_, until);
}

void World::happen(const Event& event) {
  switch (event.kind) {
    case EventKind::Delivery:
      return deliver(event);
    case EventKind::Timer:
      return fire(event);
    case EventKind::Synced:
      return synced(event);
    case EventKind::Request:
      return request(event);
    case EventKind::Hello:
      return hello(event);
    case EventKind::Alarm:
      return observer_.on_alarm(alarms_.take(event.payload));
  }
}

/// Whether the event waits because its node is paused.
bool World::postponed(const Event& event, const Slot& slot) {
  if (slot.paused_until <= now_) return false;
  queue_.push(slot.paused_until, event.kind, event.payload);
  return true;
}

void World::deliver(const Event& event) {
  if (postponed(event, slots_[deliveries_[event.payload].to.value])) return;
  const DeliveryEntry entry = deliveries_.take(event.payload);
  Slot& slot = slots_[entry.to.value];
  if (slot.machine == nullptr) return;
  // A link that has said hello anew carries nothing of the old one.
  const std::uint32_t* latest = heard(entry.to, entry.from);
  if (latest != nullptr && entry.incarnation < *latest) return;
  if (entry.flips != 0 && !setting_.evidence_detects_damage) return;
  received_.clear();
  append_frame(received_, entry.frame);
  if (entry.flips != 0) flip_bits(entry.flips);
  const NodeInput input = slot.machine->admit(entry.from, received_);
  if (entry.flips != 0 && std::holds_alternative<Arrived>(input)) observer_.on_forged(entry.to);
  step(entry.to, input);
}

void World::flip_bits(std::uint32_t seed) {
  Prng prng{seed};
  const std::uint64_t bit = prng.below(received_.size() * 8);
  received_[bit / 8] = static_cast<std::uint8_t>(received_[bit / 8] ^ (1u << (bit % 8)));
}

void World::fire(const Event& event) {
  const TimerEntry& entry = timers_[event.payload];
  if (entry.node == none) {
    timers_.take(event.payload);
    return;
  }
  Slot& slot = slots_[entry.node];
  if (postponed(event, slot)) return;
  const PrincipalId node{entry.node};
  const TimerKey key = entry.key;
  cancel_timer(slot, key);
  timers_.take(event.payload);
  step(node, NodeTimerFired{key});
}

void World::synced(const Event& event) {
  Slot& slot = slots_[node_events_[event.payload].node.value];
  if (postponed(event, slot)) return;
  const NodeEvent finished = node_events_.take(event.payload);
  if (finished.incarnation != slot.incarnation || slot.machine == nullptr) return;
  DiskQueue& queue = *slot.disk;
  queue.disk.sync(queue.syncing);
  const std::uint64_t durable = queue.syncing;
  queue.syncing = 0;
  // An observer of a release may crash the node, which empties the queue.
  while (!queue.waiting.empty() && queue.waiting.front().batches <= durable) {
    std::unique_ptr<NodeOutput> output = std::move(queue.waiting.front().output);
    queue.waiting.pop_front();
    release(finished.node, *output);
    spare_outputs_.push_back(std::move(output));
  }
  if (!queue.waiting.empty() && queue.syncing == 0) begin_sync(finished.node, slot);
}

void World::request(const Event& event) {
  if (postponed(event, slots_[requests_[event.payload].node.value])) return;
  const RequestEntry entry = requests_.take(event.payload);
  const Slot& slot = slots_[entry.node.value];
  if (slot.machine == nullptr || slot.incarnation != entry.incarnation) return;
  step(entry.node, Request{entry.instance, entry.request, entry.port, entry.value});
}

void World::hello(const Event& event) {
  const NodeEvent& entry = node_events_[event.payload];
  Slot& slot = slots_[entry.node.value];
  if (postponed(event, slot)) return;
  if (network_.blocked(entry.peer, entry.node)) {
    queue_.push(now_ + hello_retry, EventKind::Hello, event.payload);
    return;
  }
  const NodeEvent said = node_events_.take(event.payload);
  // A node that has itself restarted since knows nothing that it could forget.
  if (slot.machine == nullptr || slot.incarnation != said.incarnation) return;
  if (std::uint32_t* latest = heard(said.node, said.peer)) {
    *latest = std::max(*latest, said.peer_incarnation);
  }
  step(said.node, PeerRestarted{said.peer});
}

void World::step(PrincipalId node, const NodeInput& input) {
  Slot& slot = slots_[node.value];
  choices_.chosen.clear();
  slot.machine->step(input, output_);
  ++node_steps_;
  if (moves_machine(input)) ++machine_steps_;
  if (setting_.digest) digest_step(node, input, output_);
  if (setting_.observe_steps) observer_.on_step(node, input, choices_.chosen, output_);
  if (!output_.notes.empty()) observer_.on_notes(node, output_.notes);
  apply_timers(node, output_);
  const bool waits = slot.disk != nullptr && !slot.disk->waiting.empty();
  if (waits || !output_.persists.empty()) return enqueue_durable(node, slot);
  release(node, output_);
}

void World::digest_step(PrincipalId node, const NodeInput& input, const NodeOutput& output) {
  digest_.add(static_cast<std::uint64_t>(now_.count()));
  digest_.add((std::uint64_t{node.value} << 8) | input.index());
  std::visit(overloaded{
                 [&](const Arrived& arrived) { digest_.add(arrived.frame.body); },
                 [&](const Dropped& dropped) { digest_.add(view_of(dropped.reason->name)); },
                 [&](const Request& asked) {
                   digest_.add(asked.request.value);
                   digest_.add(asked.value);
                 },
                 [&](const NodeTimerFired& fired) {
                   digest_.add(fired.key.timer);
                   digest_.add((std::uint64_t{fired.key.instance.value} << 8) |
                               static_cast<std::uint64_t>(fired.key.owner));
                 },
                 [&](const PeerRestarted& restarted) { digest_.add(restarted.peer.value); },
                 [&](const Boot& boot) { digest_.add(boot.recovered.size()); },
                 [&](const NodeMembershipChanged& changed) {
                   digest_.add(changed.membership->epoch.value);
                 },
             },
             input);
  digest_.add(digest_of(output));
}

void World::apply_timers(PrincipalId node, const NodeOutput& output) {
  Slot& slot = slots_[node.value];
  for (const NodeOutput::TimerChange& change : output.timers) {
    cancel_timer(slot, change.key);
    if (!change.set) continue;
    const Duration own{timer_prng_.between(change.min.count(), change.max.count())};
    slot.timers = timers_.add({change.key, node.value, slot.timers});
    queue_.push(now_ + world_time(own, slot.drift_ppm), EventKind::Timer, slot.timers);
  }
}

/// Effect: unlinks the timer; its entry stays until its event comes up.
void World::cancel_timer(Slot& slot, const TimerKey& key) {
  std::uint32_t* link = &slot.timers;
  while (*link != none) {
    TimerEntry& entry = timers_[*link];
    if (entry.key == key) {
      *link = entry.next;
      entry.node = none;
      return;
    }
    link = &entry.next;
  }
}

void World::enqueue_durable(PrincipalId node, Slot& slot) {
  if (slot.disk == nullptr) slot.disk = std::make_unique<DiskQueue>();
  DiskQueue& queue = *slot.disk;
  if (!output_.persists.empty()) queue.disk.append(std::move(output_.persists));
  std::unique_ptr<NodeOutput> output = take_spare(spare_outputs_);
  std::swap(*output, output_);
  queue.waiting.push_back({queue.disk.appended(), std::move(output)});
  if (queue.syncing == 0) begin_sync(node, slot);
}

void World::begin_sync(PrincipalId node, Slot& slot) {
  slot.disk->syncing = slot.disk->disk.appended();
  const Duration time{disk_prng_.between(setting_.sync_min.count(), setting_.sync_max.count())};
  queue_.push(now_ + time * sync_factor_, EventKind::Synced,
              node_events_.add({node, slot.incarnation}));
}

void World::release(PrincipalId node, const NodeOutput& output) {
  const std::uint32_t incarnation = slots_[node.value].incarnation;
  if (!output.notes.empty()) observer_.on_durable_notes(node, output.notes);
  for (const NodeOutput::Outgoing& outgoing : output.sends) {
    PARLEY_ASSERT(outgoing.to.value < slots_.size());
    network_.route(node, outgoing.to, now_, [&](const Arrival& arrival) {
      queue_.push(arrival.at, EventKind::Delivery,
                  deliveries_.add({outgoing.frame, node, outgoing.to, incarnation, arrival.flips}));
    });
  }
  if (!output.replies.empty() || !output.decides.empty()) observer_.on_released(node, output);
}

void World::submit(PrincipalId node, InstanceId instance, RequestId request, PortId port,
                   SharedBytes value) {
  const std::uint32_t incarnation = slots_[node.value].incarnation;
  queue_.push(now_, EventKind::Request,
              requests_.add({node, incarnation, instance, port, request, std::move(value)}));
}

void World::alarm(Duration at, std::uint64_t token) {
  queue_.push(std::max(at, now_), EventKind::Alarm, alarms_.add(token));
}

void World::crash(PrincipalId node, bool torn) {
  Slot& slot = slots_[node.value];
  PARLEY_ASSERT(slot.machine != nullptr);
  slot.machine.reset();
  slot.paused_until = {};
  while (slot.timers != none) {
    TimerEntry& entry = timers_[slot.timers];
    slot.timers = entry.next;
    entry.node = none;
  }
  if (slot.disk != nullptr) {
    slot.disk->disk.crash(disk_prng_, torn);
    for (const auto& [batches, output] : slot.disk->waiting) {
      if (batches > slot.disk->disk.appended()) break;
      if (!output->notes.empty()) observer_.on_durable_notes(node, output->notes);
    }
    slot.disk->waiting.clear();
    slot.disk->syncing = 0;
  }
  observer_.on_crashed(node);
}

void World::restart(PrincipalId node) {
  boot(node);
  for (std::uint32_t other = 0; other < slots_.size(); ++other) {
    if (other == node.value || slots_[other].machine == nullptr) continue;
    const Duration delay{timer_prng_.between(network_.setting.delay_min.count(),
                                             network_.setting.delay_max.count())};
    queue_.push(now_ + delay, EventKind::Hello,
                node_events_.add({PrincipalId{other}, slots_[other].incarnation, node,
                                  slots_[node.value].incarnation}));
  }
}

}  // namespace parley
