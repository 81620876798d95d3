// SPDX-License-Identifier: Apache-2.0
#include "core/kernel/objects/refinement.h"

#include <utility>
#include <variant>

#include "core/base/codec.h"

namespace parley {

Refinement::Refinement(RefinementSetting setting) : setting_(std::move(setting)) {}

std::optional<Violation> Refinement::on_note(PrincipalId node, const Note& note) {
  if (!notes_.concerns(note.declaration)) return std::nullopt;
  auto read = notes_.read(node, note);
  if (auto* fault = std::get_if<std::string>(&read)) {
    return Violation{"refinement_note", "node " + std::to_string(node.value) + ": " + *fault};
  }
  return on_event(std::get<RefinementEvent>(read));
}

std::optional<Violation> Refinement::on_event(const RefinementEvent& event) {
  Partition& in = partition(event.partition);
  if (setting_.causal) return take(in, event);
  const auto queue = in.waiting.find(event.node);
  if (queue == in.waiting.end() && in.check.ready(event)) {
    if (auto violation = take(in, event)) return violation;
    return take_waiting(in);
  }
  if (in.waiting_count >= waiting_max) {
    return with_recent(
        {"refinement_order", event.in_words() + ": expected its cause to come within " +
                                 std::to_string(waiting_max) + " events, found none"},
        event.partition);
  }
  in.waiting[event.node].push_back(event);
  ++in.waiting_count;
  return std::nullopt;
}

/// Effect: events at the head of their node's queue happen as long as any can.
std::optional<Violation> Refinement::take_waiting(Partition& in) {
  for (bool moved = true; moved;) {
    moved = false;
    for (auto queue = in.waiting.begin(); queue != in.waiting.end();) {
      while (!queue->second.empty() && in.check.ready(queue->second.front())) {
        const RefinementEvent event = std::move(queue->second.front());
        queue->second.pop_front();
        --in.waiting_count;
        moved = true;
        if (auto violation = take(in, event)) return violation;
      }
      queue = queue->second.empty() ? in.waiting.erase(queue) : std::next(queue);
    }
  }
  return std::nullopt;
}

std::optional<Violation> Refinement::take(Partition& in, const RefinementEvent& event) {
  ++events_;
  if (setting_.recent_max > 0) {
    recent_.push_back(event);
    if (recent_.size() > setting_.recent_max) recent_.pop_front();
  }
  std::optional<Violation> violation = in.check.on_event(event);
  if (!violation) return std::nullopt;
  return with_recent(std::move(*violation), event.partition);
}

Violation Refinement::with_recent(Violation violation, std::uint64_t partition) const {
  bool first = true;
  for (const RefinementEvent& event : recent_) {
    if (event.partition != partition) continue;
    violation.message += (first ? "; the last events: " : "; ") + event.in_words();
    first = false;
  }
  return violation;
}

void Refinement::on_restart(PrincipalId node) {
  for (auto& [id, in] : partitions_) {
    const auto queue = in.waiting.find(node);
    if (queue == in.waiting.end()) continue;
    in.waiting_count -= queue->second.size();
    in.waiting.erase(queue);
  }
}

std::optional<Violation> Refinement::finish() const {
  for (const auto& [id, in] : partitions_) {
    if (in.waiting.empty()) continue;
    const RefinementEvent& event = in.waiting.begin()->second.front();
    return Violation{"refinement_order",
                     event.in_words() + ": expected its cause to be among the events, found " +
                         std::to_string(in.waiting_count) + " events that wait for theirs"};
  }
  return std::nullopt;
}

const CacheTree* Refinement::tree(std::uint64_t id) const {
  const auto found = partitions_.find(id);
  return found == partitions_.end() ? nullptr : &found->second.check.tree();
}

Refinement::Partition& Refinement::partition(std::uint64_t id) {
  const auto found = partitions_.find(id);
  if (found != partitions_.end()) return found->second;
  RefinementCheck check{*setting_.rule, {setting_.members, setting_.epoch}, setting_.keep};
  return partitions_.emplace(id, Partition{std::move(check)}).first->second;
}

void Refinement::encode(Bytes& out) const {
  Writer writer{out};
  writer.varint(partitions_.size());
  for (const auto& [id, in] : partitions_) {
    writer.varint(id);
    in.check.encode(out);
    for (const auto& [node, queue] : in.waiting) {
      for (const RefinementEvent& event : queue) writer.text(event.in_words());
    }
  }
}

}  // namespace parley
