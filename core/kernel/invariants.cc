// SPDX-License-Identifier: Apache-2.0
#include "core/kernel/invariants.h"

#include "core/base/digest.h"

namespace parley {
namespace {

constexpr std::size_t shown_bytes_max = 24;

std::string shown(ByteView value) {
  const bool cut = value.size() > shown_bytes_max;
  return to_hex(cut ? value.first(shown_bytes_max) : value) + (cut ? "..." : "");
}

std::string place(InstanceId instance, std::uint64_t position) {
  return "instance " + std::to_string(instance.value) + " position " + std::to_string(position);
}

std::string node_name(PrincipalId node) {
  return "node " + std::to_string(node.value);
}

}  // namespace

std::optional<Violation> Invariants::on_decide(PrincipalId node,
                                               const NodeOutput::Decided& decided) {
  const auto& [instance, position, value, shared_partition] = decided;
  const std::string partition{text_of(shared_partition.view())};
  const auto [decision, is_first] =
      decisions_.try_emplace({instance, partition, position}, Decision{value, node});
  if (!is_first && decision->second.value != value) {
    return Violation{"agreement", place(instance, position) + ": " +
                                      node_name(decision->second.first) + " decided " +
                                      shown(decision->second.value) + ", " + node_name(node) +
                                      " decided " + shown(value)};
  }
  const auto [latest, is_start] = latest_.try_emplace({node, instance, partition}, position);
  // A node that has restarted may begin where its snapshot ends, and one that was
  // away may go on where a state that it took over ends.
  std::uint64_t next = is_start ? position : latest->second + 1;
  while (next < position && decisions_.contains({instance, partition, next})) ++next;
  if (position != next) {
    return Violation{"decide_order", place(instance, position) + ": expected " + node_name(node) +
                                         " to decide position " + std::to_string(next) + " next"};
  }
  latest->second = position;
  return std::nullopt;
}

std::optional<Violation> Invariants::on_pushed(PrincipalId node, InstanceId instance,
                                               ByteView method, const Object& initial) const {
  const std::unique_ptr<Object> state = initial.clone();
  if (changes_nothing(*state, method)) return std::nullopt;
  for (auto at = decisions_.lower_bound({instance, {}, 0});
       at != decisions_.end() && at->first.instance == instance; ++at) {
    if (equal(at->second.value, method)) return std::nullopt;
    state->apply(at->second.value);
    if (changes_nothing(*state, method)) return std::nullopt;
  }
  return Violation{"push_decided", "instance " + std::to_string(instance.value) + ": " +
                                       node_name(node) + " answered Ok to a push of " +
                                       shown(method) + ", which nobody decided"};
}

std::optional<Violation> Invariants::on_result(PrincipalId node, InstanceId instance,
                                               ByteView method, ByteView result,
                                               const Object& initial) const {
  const std::unique_ptr<Object> state = initial.clone();
  const auto gives = [&] { return equal(state->clone()->apply(method), result); };
  if (changes_nothing(*state, method) && gives()) return std::nullopt;
  for (auto at = decisions_.lower_bound({instance, {}, 0});
       at != decisions_.end() && at->first.instance == instance; ++at) {
    if (equal(at->second.value, method) && gives()) return std::nullopt;
    state->apply(at->second.value);
    if (changes_nothing(*state, method) && gives()) return std::nullopt;
  }
  return Violation{"push_result", "instance " + std::to_string(instance.value) + ": " +
                                      node_name(node) + " answered a push of " + shown(method) +
                                      " with " + shown(result) +
                                      ", which it gives after none of the decided methods"};
}

bool Invariants::changes_nothing(const Object& state, ByteView method) {
  const std::unique_ptr<Object> changed = state.clone();
  changed->apply(method);
  Bytes before;
  Bytes after;
  state.snapshot(before);
  changed->snapshot(after);
  return before == after;
}

void Invariants::on_restart(PrincipalId node) {
  const auto first = latest_.lower_bound({node, InstanceId{0}, {}});
  auto last = first;
  while (last != latest_.end() && last->first.node == node) ++last;
  latest_.erase(first, last);
}

bool Invariants::decided(InstanceId instance, std::uint64_t position) const {
  return decisions_.contains({instance, {}, position});
}

}  // namespace parley
