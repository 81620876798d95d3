// SPDX-License-Identifier: Apache-2.0
//
// A deployment's nodes in virtual time: one seeded event queue, a network, a
// disk and a clock for each node. Equal seeds and equal calls give equal runs,
// on every compiler; the digest says so. It knows the faults there can be, not
// when to inject them: whoever drives it does that from alarms.
//
// Timer changes of a step take effect at once, everything else of it when its
// persists are durable; syncs cover all that was appended when they began.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "apps/lab/world/disk.h"
#include "apps/lab/world/event_queue.h"
#include "apps/lab/world/network.h"
#include "apps/lab/world/pool.h"
#include "apps/lab/world/simulated_node.h"
#include "core/base/digest.h"

namespace parley {

struct WorldSetting {
  std::uint32_t nodes_count = 0;
  std::uint64_t seed = 0;
  NetworkSetting network{};
  Duration sync_min = 100us;
  Duration sync_max = 2ms;
  bool digest = true;          ///< Keep the running trace digest.
  bool observe_steps = false;  ///< Call WorldObserver::on_step.
  /// Whether every frame's evidence tells flipped bits; otherwise the link's
  /// checksum is taken to drop damaged frames.
  bool evidence_detects_damage = false;
};

/// Who watches and drives a world. May call the world's submit and alarm at any
/// time, everything else from on_alarm only.
class WorldObserver {
 public:
  virtual ~WorldObserver() = default;
  /// Everything a step took in and put out, before any of it is durable.
  virtual void on_step(PrincipalId /*node*/, const NodeInput& /*input*/,
                       const std::vector<std::uint64_t>& /*chosen*/, const NodeOutput& /*output*/) {
  }
  /// What left the node. Its notes, replies and decides are for the observer.
  virtual void on_released(PrincipalId /*node*/, const NodeOutput& /*output*/) {}
  virtual void on_notes(PrincipalId /*node*/, const std::vector<NodeOutput::Noted>& /*notes*/) {}
  /// The same notes, once no crash can undo their step any more: before anything of
  /// it leaves the node, or at a crash that it survives on disk.
  virtual void on_durable_notes(PrincipalId /*node*/,
                                const std::vector<NodeOutput::Noted>& /*notes*/) {}
  /// A damaged frame was taken for an authentic one.
  virtual void on_forged(PrincipalId /*node*/) {}
  virtual void on_crashed(PrincipalId /*node*/) {}
  /// The node has taken its first input, for the first time or again.
  virtual void on_booted(PrincipalId /*node*/) {}
  virtual void on_alarm(std::uint64_t /*token*/) {}
};

class World {
 public:
  using MakeNode = std::function<std::unique_ptr<SimulatedNode>(PrincipalId self, Chooser&)>;

  /// `observer` outlives the world.
  World(const WorldSetting& setting, MakeNode make_node, WorldObserver& observer);
  ~World();

  /// Effect: boots the node for the first time, now.
  void boot(PrincipalId node);
  /// Effect: events happen in order until `until` has passed, the queue is empty,
  /// or stop() was called.
  void run(Duration until);
  void stop() { stopped_ = true; }

  void submit(PrincipalId node, InstanceId instance, RequestId request, PortId port,
              SharedBytes value);
  void alarm(Duration at, std::uint64_t token);

  /// Faults, and their ends. A crashed node loses memory, timers, callers and,
  /// as Disk::crash says, what was not synced.
  void crash(PrincipalId node, bool torn);
  void restart(PrincipalId node);
  bool alive(PrincipalId node) const { return slots_[node.value].machine != nullptr; }
  void pause(PrincipalId node, Duration until) { slots_[node.value].paused_until = until; }
  /// From now on the node's clock gains this many parts per million.
  void drift(PrincipalId node, std::int32_t ppm) { slots_[node.value].drift_ppm = ppm; }
  /// From now on a sync takes this many times as long as the setting says.
  void slow_disks(std::int64_t factor) { sync_factor_ = factor; }
  Network& network() { return network_; }

  Duration now() const { return now_; }
  std::uint32_t nodes_count() const { return static_cast<std::uint32_t>(slots_.size()); }
  /// Order-dependent over all that happened: time, node, input, output.
  std::uint64_t digest() const { return digest_.value(); }
  std::uint64_t node_steps() const { return node_steps_; }
  /// Inputs that a machine saw: frames other than acknowledgements, requests,
  /// machine timers, boots.
  std::uint64_t machine_steps() const { return machine_steps_; }
  std::uint64_t events() const { return events_; }

 private:
  static constexpr std::uint32_t none = UINT32_MAX;

  /// Kept small: a world may hold a million.
  struct Slot {
    std::unique_ptr<SimulatedNode> machine;  ///< Null: down.
    std::unique_ptr<struct DiskQueue> disk;  ///< Null: never persisted anything.
    Duration paused_until{};
    std::uint32_t timers = none;  ///< First of a list in the pool.
    std::uint32_t incarnation = 0;
    std::int32_t drift_ppm = 0;
  };
  struct TimerEntry {
    TimerKey key;
    std::uint32_t node;  ///< `none`: cancelled.
    std::uint32_t next;
  };
  struct DeliveryEntry {
    Frame frame;
    PrincipalId from;
    PrincipalId to;
    std::uint32_t incarnation;  ///< The sender's.
    std::uint32_t flips;
  };
  struct RequestEntry {
    PrincipalId node;
    std::uint32_t incarnation;
    InstanceId instance;
    PortId port;
    RequestId request;
    SharedBytes value;
  };
  struct NodeEvent {  ///< Sync of, or hello to, one incarnation of a node.
    PrincipalId node;
    std::uint32_t incarnation;
    PrincipalId peer{};
    std::uint32_t peer_incarnation = 0;
  };

  class Choices final : public Chooser {
   public:
    explicit Choices(Prng prng) : prng_(prng) {}
    std::uint64_t choose(InstanceId instance, std::uint64_t bound) override;
    std::vector<std::uint64_t> chosen;

   private:
    Prng prng_;
  };

  void happen(const Event& event);
  void deliver(const Event& event);
  void fire(const Event& event);
  void synced(const Event& event);
  void request(const Event& event);
  void hello(const Event& event);

  bool postponed(const Event& event, const Slot& slot);
  void step(PrincipalId node, const NodeInput& input);
  void digest_step(PrincipalId node, const NodeInput& input, const NodeOutput& output);
  void apply_timers(PrincipalId node, const NodeOutput& output);
  void cancel_timer(Slot& slot, const TimerKey& key);
  void enqueue_durable(PrincipalId node, Slot& slot);
  void begin_sync(PrincipalId node, Slot& slot);
  void release(PrincipalId node, const NodeOutput& output);
  void flip_bits(std::uint32_t seed);
  /// The sender's incarnation that the receiver last heard of; null in worlds
  /// too large to tell links apart.
  std::uint32_t* heard(PrincipalId receiver, PrincipalId sender);

  WorldSetting setting_;
  MakeNode make_node_;
  WorldObserver& observer_;
  Prng timer_prng_;
  Prng disk_prng_;
  Choices choices_;
  Network network_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> heard_;
  EventQueue queue_;
  Pool<TimerEntry> timers_;
  Pool<DeliveryEntry> deliveries_;
  Pool<RequestEntry> requests_;
  Pool<NodeEvent> node_events_;
  Pool<std::uint64_t> alarms_;
  std::vector<std::unique_ptr<NodeOutput>> spare_outputs_;
  NodeOutput output_;
  Bytes received_;
  Duration now_{};
  std::int64_t sync_factor_ = 1;
  bool stopped_ = false;
  Fingerprint digest_;
  std::uint64_t node_steps_ = 0;
  std::uint64_t machine_steps_ = 0;
  std::uint64_t events_ = 0;
};

}  // namespace parley
