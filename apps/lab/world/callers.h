// SPDX-License-Identifier: Apache-2.0
//
// The workload of a world: object clients that come at random times to random
// members and call until they succeed. A caller whose node is down waits for it.
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
    bool here = false;        ///< Has come, and its node is or was up since.
    std::uint32_t calls = 0;  ///< Part of the request id: late answers are not its own.
  };

  void add_workload(const WorkloadPlan& workload, const Plan& plan, std::size_t object);
  void call(std::uint32_t index);
  void call_at(Duration at, std::uint32_t index);

  World& world_;
  const Tables& tables_;
  Duration tick_;
  Prng prng_;
  std::vector<Caller> callers_;
  std::size_t done_count_ = 0;
};

}  // namespace parley
