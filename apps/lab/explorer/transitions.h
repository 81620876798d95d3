// SPDX-License-Identifier: Apache-2.0
//
// What one principal can do from where it is, as numbers. Machines are
// deterministic, so each (local state, event) is stepped once and remembered;
// after that, exploring is arithmetic on numbers. Local states and messages are
// numbered by their canonical bytes: equal numbers, equal states.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "apps/lab/explorer/byte_interner.h"
#include "apps/lab/explorer/history.h"
#include "apps/lab/explorer/number_map.h"
#include "apps/lab/explorer/principal_state.h"
#include "apps/lab/explorer/system.h"

namespace parley {

using LocalId = std::uint32_t;
using MessageId = std::uint32_t;

/// Something that can happen to one principal; small enough to be a key.
struct LocalEvent {
  enum class Kind : std::uint8_t { Deliver, Timer, Call, Crash };

  std::uint32_t number = 0;

  static LocalEvent of(Kind kind, std::uint32_t detail = 0) {
    return {(detail << 2) | static_cast<std::uint32_t>(kind)};
  }
  Kind kind() const { return static_cast<Kind>(number & 3); }
  std::uint32_t detail() const { return number >> 2; }
};

/// One outcome of an event: there are several when the machine draws.
struct Consequence {
  LocalId local;
  std::uint32_t sends_first;
  std::uint32_t sends_count;
  std::uint32_t claim;      ///< History::empty: nothing decided.
  std::uint32_t violation;  ///< Index plus one; 0: none.
};

struct Lease {
  InstanceId instance;
  std::uint64_t lease;
  friend bool operator==(const Lease&, const Lease&) = default;
};

/// Timer or call of a local state's own: needs no message.
struct OwnEvent {
  LocalEvent event;
  std::optional<Lease> waits_for{};  ///< Not while this lease is held anywhere.
};

class Transitions {
 public:
  /// `system` outlives it.
  Transitions(const System& system, PrincipalState::Options options, bool refinement = false);
  Transitions(const Transitions&) = delete;  ///< Local states point into it.

  /// The ways in which a principal can begin. Call once per principal.
  std::span<const Consequence> start(PrincipalId principal, std::optional<ObjectClient> client);
  /// What may come of the event. Spans are valid until the next call that steps.
  /// Precondition: the event is possible in this local state.
  std::span<const Consequence> branches(LocalId local, LocalEvent event);

  std::span<const MessageId> sends(const Consequence& branch) const {
    return std::span{sends_}.subspan(branch.sends_first, branch.sends_count);
  }
  const Violation* violation(const Consequence& branch) const {
    return branch.violation == 0 ? nullptr : &violations_[branch.violation - 1];
  }
  std::span<const OwnEvent> own_events(LocalId local) const { return locals_[local].own_events; }
  std::span<const Lease> leases_held(LocalId local) const { return locals_[local].leases_held; }
  bool can_crash(LocalId local) const { return locals_[local].can_crash; }
  const Message& message(MessageId id) const { return messages_[id]; }
  PrincipalId destination(MessageId id) const { return messages_[id].to; }

  History& history() { return history_; }

  /// Numbers of a local state and a message with the principals exchanged.
  /// Precondition: the local state was reached by a step.
  LocalId renamed_local(LocalId local, const Renaming& renaming);
  MessageId renamed_message(MessageId message, const Renaming& renaming);

  /// Steps again, for the story: everything the branch did.
  Performed perform_again(LocalId local, LocalEvent event, std::size_t branch) const;
  Performed start_again(PrincipalId principal, std::optional<ObjectClient> client,
                        std::size_t branch) const;
  RunningTimer timer(std::uint32_t number) const { return timers_[number]; }

  /// Whether some Draw was too wide to look at all its values.
  bool draws_cut_short() const { return draws_cut_short_; }
  std::size_t locals_count() const { return locals_.size(); }
  std::size_t messages_count() const { return messages_.size(); }
  std::size_t memory() const;

 private:
  struct Local {
    /// Null: only ever seen as another one's renaming.
    std::unique_ptr<PrincipalState> state;
    std::vector<OwnEvent> own_events;
    std::vector<Lease> leases_held;
    bool can_crash = false;
  };
  struct BranchList {
    std::uint32_t first;
    std::uint32_t count;
  };
  using Event = std::function<void(PrincipalState&, Choices&, Performed&)>;

  Event event_of(LocalEvent event) const;
  BranchList explore(const PrincipalState& from, const Event& event);
  Consequence take(std::unique_ptr<PrincipalState> state, const Performed& done);
  LocalId intern_local(std::unique_ptr<PrincipalState> state);
  void describe(Local& local);
  MessageId intern_message(const Message& message);
  std::uint32_t intern_timer(const RunningTimer& timer);

  const System& system_;
  PrincipalState::Options options_;
  RefinementStates refinement_;
  History history_;

  ByteInterner local_numbers_;
  std::vector<Local> locals_;
  ByteInterner message_numbers_;
  std::vector<Message> messages_;
  std::vector<RunningTimer> timers_;

  NumberMap lists_by_event_;
  std::vector<BranchList> lists_;
  std::vector<Consequence> branches_;
  std::vector<MessageId> sends_;
  std::vector<Violation> violations_;
  bool draws_cut_short_ = false;
  Bytes scratch_;
};

}  // namespace parley
