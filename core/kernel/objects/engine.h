// SPDX-License-Identifier: Apache-2.0
//
// The object engine: a machine around a backend's machine that serves whole
// calls (core/api/call.h). It pulls, invokes and pushes until the call's mode is
// satisfied, gives calls the session and sequence under which the replicated
// state memoises them, and sends calls to the member that owns the object's
// time, where the backend says who that is. Everything else passes through.
//
// The loop is around the whole triple, with one request id: once preempted,
// repeating the push alone never succeeds (the macro on the ADO slides spins).
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>

#include "core/api/call.h"
#include "core/api/machine.h"
#include "core/api/object.h"
#include "core/kernel/objects/session_object.h"

namespace parley {

/// Statement types from here on are the kernel's own; a machine uses lower ones.
inline constexpr StatementType type_forward{0xFF00};
inline constexpr StatementType type_forward_answer{0xFF01};
/// The engine's own timer; a backend uses lower ones.
inline constexpr TimerId timer_engine_tick{0x8000'0000};
/// Requests of the engine to its backend carry this bit; nobody else's do.
inline constexpr std::uint64_t engine_request_bit = std::uint64_t{1} << 62;

struct EngineSpec {
  /// Must be the SessionObject that the backend was made with, or outlive both;
  /// answers what a method reads and touches.
  const Object& object;
  /// Backend commits any number of methods (PARLEY_GUARANTEE_LOG), so sessions exist.
  bool memoises = true;
  /// Backend keeps partitions apart (PARLEY_GUARANTEE_PARTITIONS).
  bool partitions = false;
};

class ObjectEngine final : public Machine {
 public:
  static constexpr Duration tick = 10ms;
  static constexpr std::size_t calls_max = 4'096;
  static constexpr std::uint32_t forward_ticks = 50;  ///< A forwarded attempt is given up after.

  ObjectEngine(const EngineSpec& spec, std::unique_ptr<Machine> backend)
      : spec_(spec), backend_(std::move(backend)) {}

  void step(const Input& input, Effects& effects) override;
  void encode(StateWriter& out) const override;
  std::unique_ptr<Machine> clone() const override;
  SharedBytes rename(StatementType type, const SharedBytes& record,
                     const Renaming& renaming) const override;

  const Machine& backend() const { return *backend_; }

 private:
  using CallId = std::uint64_t;

  /// Who is to be told: a caller on this node, or another member's engine.
  struct Asker {
    std::optional<PrincipalId> member;  ///< None: this node.
    std::uint64_t life = 0;             ///< The member's.
    std::uint64_t request = 0;          ///< The caller's request id, or the member's forward.
    friend bool operator==(const Asker&, const Asker&) = default;
  };

  /// Which forwards of one life of a member were taken, so that a repeated
  /// statement is no second attempt: all below the window, and some in it.
  struct Taken {
    std::uint64_t life = 0;
    std::uint64_t highest = 0;
    std::uint64_t before = 0;  ///< Bit i: highest - 1 - i was taken.
  };

  enum class Stage : std::uint8_t { Waiting, Pulling, Invoking, Pushing, Forwarded };

  struct ActiveCall {
    Asker asker;
    CallMode mode;
    std::uint32_t attempts_left;
    std::uint32_t ticks_left;
    Bytes method;          ///< As the caller gave it.
    bool memoised;         ///< Sent under the session, so that every attempt counts once.
    bool opens = false;    ///< The engine's own: opens the session.
    bool wrapped = false;  ///< Already as the backend takes it (a forwarded call).
    Stage stage = Stage::Waiting;
    std::uint32_t wait_ticks = 0;  ///< Waiting, or Forwarded: until the next attempt.
    std::uint32_t failures = 0;
    SessionId session = 0;           ///< Of the attempt under way.
    Branch branch = 0;               ///< Pulled by it.
    bool pushed = false;             ///< Some attempt was pushed and not refused.
    bool pushed_before = false;      ///< The same, without the attempt under way.
    std::uint32_t stage_number = 0;  ///< Tells the answers of different attempts apart.
    PrincipalId owner{};             ///< Forwarded: to whom.
    std::uint64_t forward = 0;       ///< Forwarded: under which number.
  };

  // Inputs.
  void on_call(const Submit& submit, Effects& effects);
  void on_forward(const Deliver& deliver, Effects& effects);
  void on_forward_answer(const Deliver& deliver, Effects& effects);
  void on_tick(Effects& effects);
  void begin_life(const Drawn& drawn, Effects& effects);
  bool take_forward(PrincipalId member, std::uint64_t life, std::uint64_t number);

  // The backend: steps it with what is queued until nothing is.
  void pass(const Input& input, Effects& effects);
  void drain(Effects& effects);
  void sort_out(Effects& from_backend, Effects& effects);
  void ask(CallId id, ActiveCall& call, PortId port, Bytes value);
  void on_outcome(RequestId request, ByteView value, Effects& effects);

  // One call.
  void add(ActiveCall call, Effects& effects);
  void attempt(CallId id, ActiveCall& call, Effects& effects);
  void after_pull(CallId id, ActiveCall& call, const Outcome& outcome, Effects& effects);
  void after_push(CallId id, ActiveCall& call, const Outcome& outcome, Effects& effects);
  void forward(CallId id, ActiveCall& call, PrincipalId owner, Effects& effects);
  void succeed(CallId id, ActiveCall& call, ByteView result, Effects& effects);
  void attempt_failed(CallId id, ActiveCall& call, OutcomeKind why, Effects& effects);
  void end(CallId id, const CallResult& result, Effects& effects);
  void session_forgotten(CallId id, ActiveCall& call, Effects& effects);
  void open_session(Effects& effects);
  void resume_waiting(Effects& effects);
  CallResult failure_of(const ActiveCall& call) const;
  static bool understands(const ActiveCall& call, ByteView result);
  Bytes wrapped_method(CallId id, const ActiveCall& call) const;
  std::uint64_t answered_below() const;
  void keep_ticking(Effects& effects);

  EngineSpec spec_;
  std::unique_ptr<Machine> backend_;
  PrincipalId self_{};

  SessionId session_ = 0;  ///< 0: none yet.
  bool opening_ = false;
  bool ticking_ = false;
  CallId next_call_ = 1;  ///< Also the sequence of the call in its session.
  std::map<CallId, ActiveCall> calls_;
  /// Drawn with the first call: an answer to an earlier life of this node must
  /// not be taken for one to this. 0: not drawn.
  std::uint64_t life_ = 0;
  std::uint64_t forwards_ = 0;          ///< How many this life made.
  std::map<PrincipalId, Taken> taken_;  ///< By member.
  struct EarlyCall {
    RequestId request;
    Bytes value;
  };
  std::optional<EarlyCall> early_;  ///< Waits for the Drawn that follows at once.

  struct Queued {
    RequestId request;
    PortId port;
    Bytes value;
  };
  std::deque<Queued> queue_;  ///< For the backend; empty between inputs, but for a Draw.
};

}  // namespace parley
