// SPDX-License-Identifier: Apache-2.0
//
// The runtime oracle for refinement: takes the notes of core/api/refinement.h as
// nodes emit them and says when what an object's backend does is no behaviour of
// the ADO model. Partitions are checked apart. Pure; fed by the simulated world,
// the explorer, or a production checker.
//
// A note counts when its step is durable: what a crash undid never happened. The
// notes of one node come in the order in which it made them. If they also come
// after those of other nodes that caused them, that is `causal`, and an event
// whose cause is missing is a violation; if not, it waits for its cause.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>

#include "core/api/membership.h"
#include "core/kernel/invariants.h"
#include "core/kernel/objects/quorum_rule.h"
#include "core/kernel/objects/refinement_check.h"
#include "core/kernel/objects/refinement_event.h"

namespace parley {

struct RefinementSetting {
  PrincipalSet members{};  ///< Until a method changes them.
  std::uint64_t epoch = 0;
  std::shared_ptr<const QuorumRule> rule = std::make_shared<const MajorityRule>();
  bool causal = true;
  std::size_t recent_max = 12;  ///< Events told with a violation.
  CacheTree::Keep keep = CacheTree::Keep::Needed;
};

class Refinement {
 public:
  /// Events of one partition that may wait for their cause.
  static constexpr std::size_t waiting_max = 65'536;

  explicit Refinement(RefinementSetting setting);

  /// Effect: the note's event has happened at the node. Notes that are none of
  /// refinement have no effect.
  std::optional<Violation> on_note(PrincipalId node, const Note& note);
  std::optional<Violation> on_event(const RefinementEvent& event);
  /// Effect: the node has restarted from what it made durable: events of it that
  /// still wait never happened.
  void on_restart(PrincipalId node);

  /// All that can come has come. Returns what still waits for its cause, if anything.
  std::optional<Violation> finish() const;

  /// Whether the node's note would be read as an event.
  bool concerns(const Note& note) { return notes_.concerns(note.declaration); }
  /// The partition's tree; null before its first event. Valid until the next event.
  const CacheTree* tree(std::uint64_t partition = 0) const;
  std::uint64_t events() const { return events_; }

  /// Canonical: equal states, equal bytes. What is only told is left out.
  void encode(Bytes& out) const;

 private:
  struct Partition {
    RefinementCheck check;
    std::map<PrincipalId, std::deque<RefinementEvent>> waiting{};
    std::size_t waiting_count = 0;
  };

  Partition& partition(std::uint64_t id);
  std::optional<Violation> take(Partition& partition, const RefinementEvent& event);
  std::optional<Violation> take_waiting(Partition& partition);
  Violation with_recent(Violation violation, std::uint64_t partition) const;

  RefinementSetting setting_;
  RefinementNotes notes_;
  std::map<std::uint64_t, Partition> partitions_;
  std::deque<RefinementEvent> recent_;
  std::uint64_t events_ = 0;
};

}  // namespace parley
