// SPDX-License-Identifier: Apache-2.0
//
// One principal during exploration: its machines, its client, its running timers
// and, if it may crash, its logs. Takes one event at a time and says what came
// of it. Copies are deep, so a state can be stepped in many directions.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "apps/lab/explorer/durable_log.h"
#include "apps/lab/explorer/system.h"
#include "apps/lab/object_client.h"
#include "core/api/machine.h"
#include "core/kernel/invariants.h"

namespace parley {

/// Answers the Draws of one event, and goes through all their combinations.
class Choices {
 public:
  /// Values of one Draw, and combinations of one event, that are looked at.
  static constexpr std::uint64_t values_max = 4'096;
  static constexpr std::size_t combinations_max = 65'536;

  std::uint64_t choose(std::uint64_t bound);
  /// Effect: the next run of the event gets the next combination. False: all were had.
  bool advance();
  /// Whether there was a Draw too wide to look at all its values.
  bool cut_short() const { return cut_short_; }

 private:
  struct Choice {
    std::uint64_t value;
    std::uint64_t bound;
  };
  std::vector<Choice> choices_;
  std::size_t used_ = 0;
  std::size_t combinations_ = 1;
  bool cut_short_ = false;
};

struct RunningTimer {
  InstanceId instance;
  TimerId timer;
  LeaseTag lease{};
};

/// What one event did beyond the principal itself.
struct Performed {
  struct Noted {
    InstanceId instance;
    Note note;
  };
  /// What the client was told: its method is committed, with this result.
  struct Pushed {
    Bytes method;
    Bytes result;
  };
  struct MembersChanged {
    InstanceId instance;
    SharedMembership membership;
  };
  /// Positions from `from` up to `to`, without it, that were passed over: somebody
  /// else must have decided them.
  struct Skipped {
    InstanceId instance;
    Bytes partition;
    std::uint64_t from;
    std::uint64_t to;
  };
  std::vector<Message> sends;
  std::vector<NodeOutput::Decided> decides;
  std::vector<Skipped> skipped;
  std::vector<Noted> notes;
  std::vector<MembersChanged> changes;
  std::optional<ObjectClient::Call> called;  ///< What the client asked for.
  std::optional<Outcome> answered;           ///< What the client was told.
  std::optional<Pushed> pushed;              ///< The client's push was answered Ok.
  /// The method of a client that gave up, refused in every attempt: it must
  /// never be decided.
  std::optional<Bytes> refused;
  std::optional<Violation> violation;  ///< Of this principal's own decide order or members.
};

class PrincipalState {
 public:
  struct Options {
    InstanceId object;  ///< The instance that clients call.
    bool keeps_logs;    ///< Needed only if principals crash.
    bool keeps_timers;  ///< Needed only if timers fire.
  };

  /// Nothing is started. `system` and `options` outlive the state.
  PrincipalState(const System& system, const Options& options, PrincipalId self,
                 std::optional<ObjectClient> client);
  PrincipalState(const PrincipalState& other);
  PrincipalState& operator=(const PrincipalState&) = delete;

  PrincipalId self() const { return self_; }
  const std::vector<RunningTimer>& timers() const { return timers_; }
  /// Whether the client has a call to make.
  bool wants_to_call() const;
  bool hosts_anything() const { return !hosted_.empty(); }

  // Events. Preconditions: start is the first; the timer runs; the client wants to call.
  void start(Choices& choices, Performed& done);
  void deliver(const Message& message, Choices& choices, Performed& done);
  void fire(InstanceId instance, TimerId timer, Choices& choices, Performed& done);
  void call(Choices& choices, Performed& done);
  void crash(Choices& choices, Performed& done);

  /// Canonical: equal states, equal bytes. With a renaming, the state as it would
  /// look if the principals were exchanged.
  void encode(Bytes& out, const Renaming* renaming = nullptr) const;

  /// The machine of an instance; null when not hosted here.
  const Machine* machine(InstanceId instance) const;

 private:
  struct Hosted {
    const InstanceRoute* route;
    std::unique_ptr<Machine> machine;
    SharedMembership membership;
    /// By partition, the position due next. Absent: none since the start.
    std::map<Bytes, std::uint64_t> decides_next{};
    DurableLog log{};
  };
  /// A Local effect on its way to its instance, or its answer on the way back.
  struct PendingLocal {
    InstanceId to;
    RequestId request;
    std::optional<PortId> port;  ///< None: an answer.
    SharedBytes value;
  };
  /// One event while it is being performed.
  struct Run {
    Choices& choices;
    Performed& done;
    std::deque<PendingLocal> locals{};
  };

  Hosted* hosted(InstanceId id);
  void step(Hosted& hosted, const Input& input, Run& run);
  void drain_locals(Run& run);
  void perform(Hosted& hosted, Effect& effect, Run& run);
  void send(const Hosted& hosted, PrincipalId to, StatementType type, const SharedBytes& record,
            Run& run) const;
  void local(const Hosted& hosted, const Local& local, Run& run) const;
  void decide(Hosted& hosted, const Decide& decide, Run& run);
  void reply(const Hosted& hosted, const Reply& reply, Run& run);
  void answer_client(ByteView outcome, Performed& done);
  void judge_client(Performed& done) const;
  void change_membership(Hosted& hosted, const ChangeMembership& change, Run& run);
  void encode_hosted(const Hosted& hosted, StateWriter& out, const Renaming* renaming) const;
  void set_timer(InstanceId instance, const SetTimer& timer);
  void cancel_timer(InstanceId instance, TimerId timer);

  const System* system_;
  const Options* options_;
  PrincipalId self_;
  std::vector<Hosted> hosted_;        ///< Sorted by instance.
  std::vector<RunningTimer> timers_;  ///< Sorted by instance and timer.
  std::optional<ObjectClient> client_;
};

}  // namespace parley
