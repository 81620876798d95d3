// SPDX-License-Identifier: Apache-2.0
//
// A toy CASPaxos: registers without a log, each a partition of its own.
#pragma once

#include "tests/unit/kernel/objects/toy_backend.h"

namespace parley::testing {

class ToyCasPaxos final : public Toy {
 public:
  static constexpr std::uint32_t nodes_count = 3;
  static constexpr std::uint32_t keys_count = 2;

  ToyCasPaxos(std::uint64_t seed, Mistake mistake)
      : Toy(seed, mistake, {.members = first_nodes(nodes_count)}) {}

  void step() override {
    if (below(8) == 0) return change(below(nodes_count), below(keys_count));
    if (const auto message = receive(flight_)) deliver(*message);
  }

 private:
  enum class Type { Prepare, Promise, Accept, Accepted };
  struct Message {
    Type type;
    std::uint32_t from;
    std::uint32_t to;
    std::uint32_t key;
    std::uint64_t ballot;
    std::uint64_t accepted;
  };
  struct Register {
    std::uint64_t promised = 0;
    std::uint64_t accepted = 0;
    std::uint64_t ballot = 0;  ///< As a proposer; 0: none.
    bool accepting = false;
    PrincipalSet voters{};
    std::uint64_t base = 0;
  };

  static Position place(std::uint64_t ballot) {
    return ballot == 0 ? Position{} : Position{ballot, 1};
  }

  void to_all(const Message& message) {
    for (std::uint32_t to = 0; to < nodes_count; ++to) {
      flight_.push_back(message);
      flight_.back().to = to;
    }
  }

  void change(std::uint32_t id, std::uint32_t key) {
    Register& own = registers_[id][key];
    const std::uint64_t ballot = (own.promised / nodes_count + 1) * nodes_count + id;
    own.ballot = ballot;
    own.accepting = false;
    own.voters.clear();
    own.base = 0;
    to_all({Type::Prepare, id, 0, key, ballot, 0});
  }

  void deliver(const Message& message) {
    Register& own = registers_[message.to][message.key];
    const std::uint64_t partition = message.key + 1;
    switch (message.type) {
      case Type::Prepare:
        if (message.ballot <= own.promised) return;
        own.promised = message.ballot;
        tell(in_partition(partition,
                          promise(message.to, message.ballot, message.from, place(own.accepted))));
        return answer(Type::Promise, message, own.accepted);
      case Type::Promise:
        if (own.ballot == message.ballot && !own.accepting) on_promise(message, own);
        return;
      case Type::Accept:
        if (message.ballot < own.promised || message.ballot == own.accepted) return;
        own.promised = own.accepted = message.ballot;
        tell(in_partition(partition, accept(message.to, place(message.ballot))));
        return answer(Type::Accepted, message, message.ballot);
      case Type::Accepted:
        if (own.ballot != message.ballot || !own.accepting) return;
        own.voters.insert(PrincipalId{message.from});
        if (own.voters.size() < 2) return;
        own.ballot = 0;
        tell(in_partition(partition, claim(message.to, place(message.ballot))));
        return;
    }
  }

  void on_promise(const Message& message, Register& own) {
    const bool takes = makes(Mistake::AdoptsMinimum)
                           ? own.voters.empty() || message.accepted < own.base
                           : message.accepted > own.base;
    if (takes) own.base = message.accepted;
    own.voters.insert(PrincipalId{message.from});
    if (own.voters.size() < 2 || !own.voters.contains(PrincipalId{message.to})) return;
    const std::uint64_t partition = message.key + 1;
    tell(in_partition(partition, elected(message.to, message.ballot, place(own.base), own.voters)));
    tell(in_partition(partition, append(message.to, place(message.ballot))));
    own.accepting = true;
    own.voters.clear();
    to_all({Type::Accept, message.to, 0, message.key, message.ballot, 0});
  }

  void answer(Type type, const Message& message, std::uint64_t accepted) {
    flight_.push_back({type, message.to, message.from, message.key, message.ballot, accepted});
  }

  Register registers_[nodes_count][keys_count];
  std::vector<Message> flight_;
};

}  // namespace parley::testing
