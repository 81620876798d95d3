// SPDX-License-Identifier: Apache-2.0
//
// The workload of a world: object clients that come at random times to random
// members and call until they succeed. A caller whose node is down waits for it.
// In some runs the first two callers of a workload come together to one node and
// take their time between their calls, so that those interleave there.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "apps/lab/object_client.h"
#include "apps/lab/plan.h"
#include "apps/lab/world/alarm.h"
#include "apps/lab/world/world.h"
#include "core/kernel/tables.h"

namespace parley {

class Callers {
 public:
  /// `world` and `tables` outlive it. Workloads name objects of the tables.
  Callers(World& world, const Tables& tables, const Plan& plan, std::uint64_t seed);

  /// Effect: every caller comes in its time, through alarms owned by Callers.
  void begin();
  void on_alarm(const Alarm& alarm) { call(alarm.detail); }
  void on_crashed(PrincipalId node);
  void on_booted(PrincipalId node);

  /// A push that was answered Ok.
  struct Pushed {
    InstanceId instance;
    std::size_t object;  ///< Its position in the deployment.
    ByteView method;     ///< Lives as long as the callers.
    Bytes result;
  };
  std::optional<Pushed> on_reply(const NodeOutput::Replied& reply);

  /// Effect: remembers that the method was decided, for refused_yet_decided.
  void on_decided(InstanceId instance, ByteView method);
  /// A caller whose method is decided although every push of it was definitely
  /// refused or none was made; in words. nullopt: there is none. Methods that
  /// several callers share are not judged.
  std::optional<std::string> refused_yet_decided() const;

  bool all_done() const { return done_count_ == callers_.size(); }
  std::size_t done_count() const { return done_count_; }
  std::size_t size() const { return callers_.size(); }
  /// Who is not done, for a message.
  std::string unfinished() const;

 private:
  struct Caller {
    ObjectClient client;
    std::size_t object;
    PrincipalId node;
    Duration comes;
    bool pauses = false;      ///< Between its calls, for others to come in between.
    bool shared = false;      ///< Another caller of the object has the same method.
    bool decided = false;     ///< Its method, by whomever.
    bool here = false;        ///< Has come, and its node is or was up since.
    std::uint32_t calls = 0;  ///< Part of the request id: late answers are not its own.
  };

  std::string name_of(std::size_t caller) const;
  void find_shared_methods();
  void add_workload(const WorkloadPlan& workload, const Plan& plan, std::size_t object);
  static void share_node(Caller& first, Caller& second);
  void call(std::uint32_t index);
  void call_at(Duration at, std::uint32_t index);

  World& world_;
  const Tables& tables_;
  Duration tick_;
  Prng prng_;
  Prng pauses_;       ///< A generator of its own, so that sharing changes no other draw.
  bool shares_node_;  ///< The first two callers of each workload.
  std::vector<Caller> callers_;
  std::size_t done_count_ = 0;
};

}  // namespace parley
