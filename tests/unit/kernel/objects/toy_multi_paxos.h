// SPDX-License-Identifier: Apache-2.0
//
// A toy Multi-Paxos: whole-log adoption, prefix-ordered accepts, crashes. What a
// node promised and accepted is durable; that it leads is not.
#pragma once

#include "tests/unit/kernel/objects/toy_backend.h"

namespace parley::testing {

class ToyMultiPaxos final : public Toy {
 public:
  static constexpr std::uint32_t nodes_count = 3;

  ToyMultiPaxos(std::uint64_t seed, Mistake mistake)
      : Toy(seed, mistake, setting(mistake)), nodes_(nodes_count) {}

  void step() override {
    const std::uint32_t what = below(40);
    const std::uint32_t who = below(nodes_count);
    if (what == 0) return campaign(who);
    if (what == 1) return crash(who);
    if (what < 6) return append_at(who);
    if (what < 10) return push(who);
    if (const auto message = receive(flight_)) deliver(*message);
  }

 private:
  enum class Type { Prepare, Promise, Accept, Accepted };
  struct Message {
    Type type;
    std::uint32_t from;
    std::uint32_t to;
    std::uint64_t time;
    Log log;
  };
  struct Node {
    std::uint64_t time = 0;
    Log log{};
    std::uint64_t candidate = 0;  ///< Time it campaigns for; 0: none.
    PrincipalSet voters{};
    Log best{};
    std::uint64_t leads = 0;  ///< Time it owns; 0: none.
    Log own{};                ///< As the owner; may be ahead of what it accepted.
    std::map<Position, PrincipalSet> acks{};
    Position claimed{};
  };

  static RefinementSetting setting(Mistake mistake) {
    RefinementSetting made{.members = first_nodes(nodes_count)};
    if (mistake == Mistake::OneElectsTwoCommit) made.rule = std::make_shared<SizedRule>(1, 2);
    return made;
  }

  std::size_t electing() const {
    return makes(Mistake::MinorityElects) || makes(Mistake::OneElectsTwoCommit) ? 1 : 2;
  }

  void to_all(const Message& message) {
    for (std::uint32_t to = 0; to < nodes_count; ++to) {
      flight_.push_back(message);
      flight_.back().to = to;
    }
  }

  void campaign(std::uint32_t id) {
    Node& node = nodes_[id];
    const bool reuses = makes(Mistake::ReusesTime) && node.time > 0 && below(2) == 0;
    if (reuses) {
      // An owner that counts an old quorum once more.
      if (node.leads > 0) tell(elected(id, node.leads, last_of(node.best), node.voters));
      return;
    }
    const std::uint64_t time = (node.time / nodes_count + 1) * nodes_count + id;
    node.leads = 0;
    node.candidate = time;
    node.voters.clear();
    node.best.clear();
    to_all({Type::Prepare, id, 0, time, {}});
  }

  void crash(std::uint32_t id) {
    Node& node = nodes_[id];
    node.candidate = node.leads = 0;
    if (makes(Mistake::ForgetsPromise)) node.time = last_of(node.log).time;
    if (makes(Mistake::ForgetsLog) && !node.log.empty()) node.log.pop_back();
  }

  void append_at(std::uint32_t id) {
    Node& node = nodes_[id];
    if (node.leads == 0) return;
    const Position last = last_of(node.own);
    const Position place{node.leads, last.time == node.leads ? last.version + 1 : 1};
    node.own.push_back(place);
    tell(append(id, place));
  }

  void push(std::uint32_t id) {
    Node& node = nodes_[id];
    const bool own_entry = last_of(node.own).time == node.leads;
    if (node.leads == 0 || node.own.empty()) return;
    if (own_entry || makes(Mistake::ClaimsInheritedEntry)) {
      to_all({Type::Accept, id, 0, node.leads, node.own});
    }
  }

  void deliver(const Message& message) {
    switch (message.type) {
      case Type::Prepare:
        return on_prepare(message);
      case Type::Promise:
        return on_promise(message);
      case Type::Accept:
        return on_accept(message);
      case Type::Accepted:
        return on_accepted(message);
    }
  }

  void on_prepare(const Message& message) {
    Node& node = nodes_[message.to];
    const bool refuses =
        makes(Mistake::VotesForOlderTime) ? message.time == node.time : message.time <= node.time;
    if (refuses) return;
    node.time = message.time;
    if (message.from != message.to) node.leads = node.candidate = 0;
    tell(promise(message.to, message.time, message.from, last_of(node.log)));
    flight_.push_back({Type::Promise, message.to, message.from, message.time, node.log});
  }

  void on_promise(const Message& message) {
    Node& node = nodes_[message.to];
    if (node.candidate != message.time || node.time != message.time) return;
    const bool longer = last_of(message.log) > last_of(node.best);
    const bool takes = makes(Mistake::AdoptsLesserLog) ? !longer || node.voters.empty() : longer;
    if (takes) node.best = message.log;
    node.voters.insert(PrincipalId{message.from});
    // The candidate is one of its voters.
    if (!node.voters.contains(PrincipalId{message.to}) || node.voters.size() < electing()) return;
    node.candidate = 0;
    node.leads = message.time;
    node.own = node.best;
    node.acks.clear();
    tell(elected(message.to, message.time, last_of(node.best), node.voters));
  }

  void on_accept(const Message& message) {
    Node& node = nodes_[message.to];
    if (message.time < node.time && !makes(Mistake::AcceptsBelowPromise)) return;
    const Position last = last_of(message.log);
    const bool moves = last > last_of(node.log);
    if (!moves && last.time != last_of(node.log).time) return;
    if (message.time > node.time) node.leads = node.candidate = 0;
    node.time = std::max(node.time, message.time);
    if (moves) {
      node.log = message.log;
      if (last.time == message.time) {
        tell(accept(message.to, last));
      } else {
        tell(install(message.to, message.time, last));
      }
    }
    flight_.push_back({Type::Accepted, message.to, message.from, message.time, message.log});
  }

  void on_accepted(const Message& message) {
    Node& node = nodes_[message.to];
    if (node.leads != message.time) return;
    const Position last = last_of(message.log);
    PrincipalSet& acks = node.acks[last];
    acks.insert(PrincipalId{message.from});
    const std::size_t needed = makes(Mistake::ClaimsAfterOneAccept) ? 1 : 2;
    if (acks.size() >= needed && last > node.claimed) {
      node.claimed = last;
      tell(claim(message.to, last));
    }
  }

  std::vector<Node> nodes_;
  std::vector<Message> flight_;
};

}  // namespace parley::testing
