// SPDX-License-Identifier: Apache-2.0
//
// One caller of one object at one node, pure: pulls, invokes its method on the
// branch that the pull opened, pushes that branch, and starts over when any of
// them fails, as often as it may. It has one call outstanding at most. Whoever drives it (world,
// explorer) carries its calls to the node as Requests and the replies back.
#pragma once

#include <cstdint>
#include <optional>

#include "core/api/object.h"
#include "core/base/assert.h"
#include "core/base/bytes.h"
#include "core/base/codec.h"
#include "core/base/ids.h"

namespace parley {

class ObjectClient {
 public:
  struct Call {
    PortId port;
    Bytes value;
  };

  /// `attempts` counts pulls; at least one. `pull` is how it pulls each time.
  ObjectClient(Bytes method, std::uint32_t attempts, PullCall pull = {})
      : method_(std::move(method)), pull_(std::move(pull)), attempts_left_(attempts) {
    PARLEY_ASSERT(attempts > 0);
  }

  /// Effect: the call that is due becomes outstanding. nullopt: one is already
  /// outstanding, or the client is done.
  std::optional<Call> next();

  /// The answer to the outstanding call. An answer that does not decode counts
  /// as Unknown; one without a call is ignored.
  void on_reply(ByteView outcome);

  /// The node forgot the outstanding call: it will never be answered.
  void on_lost();

  bool waiting() const { return waiting_; }
  /// Whether the next call begins an attempt.
  bool pulling() const { return stage_ == Stage::Pull; }
  /// Whether the method was pushed, or the attempts are used up.
  bool done() const { return stage_ == Stage::Done; }
  /// Whether a push is outstanding, succeeded, or failed with no definite refusal:
  /// the method may be committed. False: it is not, and will not be unless this
  /// client pushes it.
  bool perhaps_pushed() const { return perhaps_pushed_ || (waiting_ && stage_ == Stage::Push); }
  /// When done: the successful push, or the last failure.
  std::optional<Outcome> result() const { return done() ? result_ : std::nullopt; }
  /// When done with success: what invoke returned for the method.
  const Bytes& returned() const { return returned_; }
  const Bytes& method() const { return method_; }

  /// Canonical: equal clients, equal bytes. Leaves out perhaps_pushed, which looks
  /// back and steers nothing.
  void encode(Writer& out) const;

 private:
  enum class Stage : std::uint8_t { Pull, Invoke, Push, Done };

  void advance(Outcome outcome);
  void start_over(Outcome failure);

  Bytes method_;
  PullCall pull_;
  std::uint32_t attempts_left_;
  Stage stage_ = Stage::Pull;
  bool waiting_ = false;
  bool perhaps_pushed_ = false;
  Branch branch_ = 0;  ///< Of the present attempt, once it has pulled.
  Bytes returned_;
  std::optional<Outcome> result_;
};

}  // namespace parley
