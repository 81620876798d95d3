// SPDX-License-Identifier: Apache-2.0
//
// A toy chain: a configuration master that suspects members, rightly or not, and
// lets them join again; a log passed from each member to the next.
#pragma once

#include "tests/unit/kernel/objects/toy_backend.h"

namespace parley::testing {

class ToyChain final : public Toy {
 public:
  static constexpr std::uint32_t nodes_count = 4;

  ToyChain(std::uint64_t seed, Mistake mistake)
      : ToyChain(seed, mistake, std::make_shared<TimedRule>()) {}

  void step() override {
    switch (below(24)) {
      case 0:
        return reconfigure_chain();
      case 1:
      case 2:
      case 3:
        return append_at_head();
      default:
        if (const auto message = receive(flight_)) deliver(*message);
    }
  }

 private:
  struct Message {
    std::uint32_t to;
    std::uint64_t epoch;
    Log log;
  };
  struct Node {
    std::uint64_t epoch = 0;
    std::vector<std::uint32_t> chain{};  ///< Of its epoch.
    Log log{};
  };

  ToyChain(std::uint64_t seed, Mistake mistake, std::shared_ptr<TimedRule> rule)
      : Toy(seed, mistake, {.members = first_nodes(nodes_count), .rule = rule}),
        rule_(std::move(rule)),
        nodes_(nodes_count) {
    chain_ = {0, 1, 2};
    begin_epoch(chain_, {});
  }

  void reconfigure_chain() {
    std::vector<std::uint32_t> survivors = chain_;
    if (survivors.size() > 1) {
      survivors.erase(survivors.begin() + below(survivors.size()));
    }
    if (makes(Mistake::ShufflesSurvivors)) {
      std::swap(survivors.front(), survivors[below(survivors.size())]);
    }
    std::optional<std::uint32_t> joiner;
    const std::uint32_t candidate = below(nodes_count);
    const bool outside = std::find(chain_.begin(), chain_.end(), candidate) == chain_.end();
    if (outside) joiner = candidate;
    begin_epoch(survivors, joiner);
  }

  /// Effect: the survivors are fenced, the first of them is the head, and the
  /// joiner has the log of the last of them.
  void begin_epoch(const std::vector<std::uint32_t>& survivors,
                   std::optional<std::uint32_t> joiner) {
    ++epoch_;
    chain_ = survivors;
    if (joiner) chain_.push_back(*joiner);
    PrincipalSet members;
    for (const std::uint32_t id : chain_) members.insert(PrincipalId{id});
    rule_->configure_chain(epoch_, members);

    const std::uint32_t head = survivors.front();
    PrincipalSet voters;
    for (const std::uint32_t id : survivors) {
      voters.insert(PrincipalId{id});
      tell(promise(id, epoch_, head, last_of(nodes_[id].log)));
    }
    tell(elected(head, epoch_, last_of(nodes_[head].log), voters));
    if (joiner) {
      nodes_[*joiner].log = nodes_[survivors.back()].log;
      tell(install(*joiner, epoch_, last_of(nodes_[*joiner].log)));
    }
    rule_->complete(epoch_);
    for (const std::uint32_t id : chain_) {
      nodes_[id].epoch = epoch_;
      nodes_[id].chain = chain_;
    }
    versions_ = 0;
    if (!makes(Mistake::NoBarrier)) {
      append_at_head();
    } else {
      pass_on(head);
    }
  }

  void append_at_head() {
    const std::uint32_t head = chain_.front();
    const Position place{epoch_, ++versions_};
    nodes_[head].log.push_back(place);
    tell(append(head, place));
    tell(accept(head, place));
    pass_on(head);
  }

  void pass_on(std::uint32_t id) {
    const Node& node = nodes_[id];
    const auto own = std::find(node.chain.begin(), node.chain.end(), id);
    if (own == node.chain.end() || node.log.empty()) return;
    if (own + 1 != node.chain.end()) {
      flight_.push_back({*(own + 1), node.epoch, node.log});
    } else if (node.log.back().time == node.epoch || makes(Mistake::NoBarrier)) {
      tell(claim(id, node.log.back()));
    }
  }

  void deliver(const Message& message) {
    Node& node = nodes_[message.to];
    if (message.epoch != node.epoch && !makes(Mistake::NoEpochCheck)) return;
    const Position last = last_of(message.log);
    if (last <= last_of(node.log) && !makes(Mistake::NoEpochCheck)) return pass_on(message.to);
    if (last == last_of(node.log)) return;
    node.log = message.log;
    if (last.time == message.epoch) {
      tell(accept(message.to, last));
    } else {
      tell(install(message.to, message.epoch, last));
    }
    pass_on(message.to);
  }

  std::shared_ptr<TimedRule> rule_;
  std::vector<Node> nodes_;
  std::vector<std::uint32_t> chain_;
  std::uint64_t epoch_ = 0;
  std::uint32_t versions_ = 0;
  std::vector<Message> flight_;
};

}  // namespace parley::testing
