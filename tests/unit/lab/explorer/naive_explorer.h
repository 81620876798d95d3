// SPDX-License-Identifier: Apache-2.0
//
// The explorer as one would write it first: whole states, whole encodings, a set
// of byte strings. Slow, and its own account of the semantics; the real explorer
// must count what this one counts.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "apps/lab/explorer/explorer.h"

namespace parley::testing {

class NaiveExplorer {
 public:
  NaiveExplorer(const System& system, const ExploreOptions& options)
      : system_(system), route_(system.instances.front()), options_(options) {}

  struct Count {
    std::uint64_t states = 0;
    std::uint64_t transitions = 0;
    std::uint64_t depth = 0;
    std::optional<std::uint64_t> violated_after;  ///< Steps of a shortest counterexample.
  };

  Count run() {
    begin(State{{}, {}, {}, options_.crashes, false}, 0);
    Count count;
    while (!queue_.empty() && !broken_at_) {
      const auto [state, depth] = std::move(queue_.front());
      queue_.pop_front();
      count.depth = depth;
      depth_ = depth + 1;
      expand(state);
    }
    count.states = seen_.size();
    count.transitions = transitions_;
    count.violated_after = broken_at_;
    return count;
  }

 private:
  struct Node {
    std::shared_ptr<const Machine> machine;
    std::map<TimerId, LeaseTag> timers;
    std::vector<Bytes> log;
    std::uint64_t decides_next = 0;
  };
  using Flying = std::tuple<std::uint32_t, std::uint32_t, std::uint16_t, Bytes>;
  struct State {
    std::vector<Node> nodes;
    std::multiset<Flying> flying;
    std::map<std::uint64_t, Bytes> decided;
    std::uint32_t crashes_left;
    bool broken;
  };

  void begin(const State& state, std::uint32_t next) {
    if (next == system_.principals.size()) return found(state, 0);
    State longer = state;
    longer.nodes.push_back({});
    restart(longer, next, [&](const State& started) { begin(started, next + 1); });
  }

  template <class Then>
  void restart(State& state, std::uint32_t self, Then&& then) {
    Node& node = state.nodes[self];
    node.machine = route_.create(PrincipalId{self});
    node.timers.clear();
    node.decides_next = 0;
    Recovered recovered;
    for (std::size_t i = 0; i < node.log.size(); ++i) {
      recovered.records.push_back({LogIndex{i + 1}, node.log[i]});
    }
    step(state, self, Start{PrincipalId{self}, route_.membership, recovered}, {}, then);
  }

  /// Steps one machine, once for each answer to each Draw.
  template <class Then>
  void step(const State& before, std::uint32_t self, const Input& input, Effects withheld,
            Then&& then) {
    std::unique_ptr<Machine> machine = before.nodes[self].machine->clone();
    Effects effects;
    machine->step(input, effects);
    std::optional<std::uint64_t> bound;
    for (const Effect& effect : effects) {
      if (const Draw* draw = std::get_if<Draw>(&effect)) {
        bound = draw->bound;
      } else {
        withheld.push_back(effect);
      }
    }
    State after = before;
    after.nodes[self].machine = std::move(machine);
    if (bound) {
      for (std::uint64_t value = 0; value < *bound; ++value) {
        step(after, self, Drawn{value}, withheld, then);
      }
      return;
    }
    for (const Effect& effect : withheld) perform(after, self, effect);
    then(after);
  }

  void perform(State& state, std::uint32_t self, const Effect& effect) {
    Node& node = state.nodes[self];
    if (const Send* send = std::get_if<Send>(&effect)) {
      const Flying message{self, send->to.value, send->type.value, to_bytes(send->record.view())};
      if (!options_.duplicates || !state.flying.contains(message)) state.flying.insert(message);
    } else if (const SetTimer* set = std::get_if<SetTimer>(&effect)) {
      if (options_.timers) node.timers[set->timer] = set->lease;
    } else if (const CancelTimer* cancel = std::get_if<CancelTimer>(&effect)) {
      node.timers.erase(cancel->timer);
    } else if (const Persist* persist = std::get_if<Persist>(&effect)) {
      if (const Append* append = std::get_if<Append>(&persist->change)) {
        node.log.push_back(to_bytes(append->record.view()));
      } else {
        const auto index = std::get<TruncateSuffix>(persist->change).index.value;
        node.log.resize(std::min<std::size_t>(node.log.size(), index - 1));
      }
    } else if (const Decide* decide = std::get_if<Decide>(&effect)) {
      const Bytes value = to_bytes(decide->value.view());
      const auto at = state.decided.try_emplace(decide->position, value).first;
      if (at->second != value) state.broken = true;
      if (node.decides_next != 0 && decide->position < node.decides_next) state.broken = true;
      for (std::uint64_t skipped = node.decides_next; skipped != 0 && skipped < decide->position;
           ++skipped) {
        if (!state.decided.contains(skipped)) state.broken = true;
      }
      node.decides_next = decide->position + 1;
    }
  }

  bool held(const State& state, std::uint64_t lease) const {
    for (const Node& node : state.nodes) {
      for (const auto& [id, tag] : node.timers) {
        if (tag.side == LeaseTag::Side::Hold && tag.lease == lease) return true;
      }
    }
    return false;
  }

  void expand(const State& state) {
    const auto next = [&](const State& after) {
      ++transitions_;
      found(after, depth_);
    };
    for (auto at = state.flying.begin(); at != state.flying.end();
         at = state.flying.upper_bound(*at)) {
      State without = state;
      if (!options_.duplicates) without.flying.erase(without.flying.find(*at));
      const auto& [from, to, type, record] = *at;
      step(without, to, Deliver{PrincipalId{from}, StatementType{type}, record}, {}, next);
    }
    for (std::uint32_t self = 0; self < state.nodes.size(); ++self) {
      for (const auto& [id, lease] : state.nodes[self].timers) {
        if (lease.side == LeaseTag::Side::Wait && held(state, lease.lease)) continue;
        State without = state;
        without.nodes[self].timers.erase(id);
        step(without, self, TimerFired{id}, {}, next);
      }
      if (state.crashes_left == 0) continue;
      State without = state;
      --without.crashes_left;
      restart(without, self, next);
    }
  }

  void found(const State& state, std::uint64_t depth) {
    if (state.broken) {
      if (!broken_at_) broken_at_ = depth;
      return;
    }
    if (seen_.insert(bytes_of(state)).second) queue_.emplace_back(state, depth);
  }

  Bytes bytes_of(const State& state) const {
    Bytes bytes;
    StateWriter out{bytes};
    for (const Node& node : state.nodes) {
      Bytes machine;
      StateWriter machine_out{machine};
      node.machine->encode(machine_out);
      out.bytes(machine);
      out.varint(node.timers.size());
      for (const auto& [id, lease] : node.timers) {
        out.varint(id.value);
        out.u8(static_cast<std::uint8_t>(lease.side));
        out.varint(lease.lease);
      }
      out.varint(node.decides_next);
      out.varint(options_.crashes == 0 ? 0 : node.log.size());
      if (options_.crashes == 0) continue;
      for (const Bytes& record : node.log) out.bytes(record);
    }
    out.varint(state.flying.size());
    for (const auto& [from, to, type, record] : state.flying) {
      out.varint(from);
      out.varint(to);
      out.varint(type);
      out.bytes(record);
    }
    out.varint(state.decided.size());
    for (const auto& [position, value] : state.decided) {
      out.varint(position);
      out.bytes(value);
    }
    out.varint(state.crashes_left);
    return bytes;
  }

  const System& system_;
  const InstanceRoute& route_;
  const ExploreOptions& options_;
  std::set<Bytes> seen_;
  std::deque<std::pair<State, std::uint64_t>> queue_;
  std::uint64_t transitions_ = 0;
  std::uint64_t depth_ = 0;
  std::optional<std::uint64_t> broken_at_;
};

}  // namespace parley::testing
