// SPDX-License-Identifier: Apache-2.0
//
// Machines small enough to count their behaviours by hand: a few numbers, a set
// of principals, and a pure function of an input and those.
#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "apps/lab/explorer/explorer.h"
#include "core/api/machine.h"
#include "core/base/prng.h"

namespace parley::testing {

struct ToyMemory {
  PrincipalId self{};
  std::vector<std::uint64_t> numbers{};
  PrincipalSet heard{};
};

using ToyScript = std::function<void(const Input&, ToyMemory&, Effects&)>;

class ToyMachine : public Machine {
 public:
  explicit ToyMachine(ToyScript script) : script_(std::move(script)) {}
  void step(const Input& input, Effects& effects) override {
    if (const Start* start = std::get_if<Start>(&input)) memory_.self = start->self;
    script_(input, memory_, effects);
  }
  void encode(StateWriter& out) const override {
    out.principal(memory_.self);
    out.varint(memory_.numbers.size());
    for (const std::uint64_t number : memory_.numbers) out.varint(number);
    out.principals(memory_.heard);
  }
  std::unique_ptr<Machine> clone() const override { return std::make_unique<ToyMachine>(*this); }
  /// Records of type 9 are one byte: the number of a principal.
  SharedBytes rename(StatementType type, const SharedBytes& record,
                     const Renaming& renaming) const override {
    if (type != StatementType{9}) return record;
    const PrincipalId named = renaming(PrincipalId{record.view()[0]});
    const auto byte = static_cast<std::uint8_t>(named.value);
    return SharedBytes{ByteView{&byte, 1}};
  }

 private:
  ToyScript script_;
  ToyMemory memory_;
};

inline SharedBytes record_of(std::uint64_t number) {
  Bytes bytes;
  Writer{bytes}.varint(number);
  return SharedBytes{bytes};
}

inline Send send_to(std::uint32_t to, std::uint64_t number, std::uint16_t type = 1) {
  return {PrincipalId{to}, StatementType{type}, record_of(number)};
}

inline SetTimer timer(std::uint32_t number, LeaseTag lease = {}) {
  return {TimerId{number}, 1ms, 2ms, lease};
}

inline constexpr InstanceId toy_instance{1};

/// `count` principals that all run the script, in one instance.
inline System toy_system(std::uint32_t count, const ToyScript& script) {
  System system;
  PrincipalSet all;
  for (std::uint32_t i = 0; i < count; ++i) {
    system.principals.push_back("p" + std::to_string(i));
    all.insert(PrincipalId{i});
  }
  InstanceRoute route{
      .id = toy_instance,
      .name = "toy",
      .membership =
          std::make_shared<const Membership>(Membership{.members = all, .order = all.members()}),
      .hosts = all,
      .create = [script](PrincipalId) { return std::make_unique<ToyMachine>(script); },
      .store = {},
      .wires = {}};
  system.instances.push_back(std::move(route));
  return system;
}

/// A machine made of dice that always fall the same way: what it does depends on
/// the seed, itself, its state and the input, and ends after `steps` steps.
inline ToyScript dice(std::uint64_t seed, std::uint64_t steps, std::uint32_t principals) {
  return [=](const Input& input, ToyMemory& memory, Effects& effects) {
    if (const Start* start = std::get_if<Start>(&input)) {
      memory.numbers = {steps, start->recovered.records.size() % 3};
    }
    std::uint64_t detail = input.index();
    if (const Deliver* deliver = std::get_if<Deliver>(&input)) {
      detail = detail * 31 + deliver->issuer.value * 7 + deliver->record[0];
    }
    if (const TimerFired* fired = std::get_if<TimerFired>(&input))
      detail += fired->timer.value * 57;
    if (const Drawn* drawn = std::get_if<Drawn>(&input)) detail += drawn->value * 91;
    if (memory.numbers[0] == 0) return;
    --memory.numbers[0];
    Prng die{seed ^ (memory.self.value * 1'000'003) ^ (memory.numbers[1] * 7'919) ^ (detail << 32)};
    die.next();
    memory.numbers[1] = die.below(3);
    for (std::uint32_t to = 0; to < principals; ++to) {
      if (to != memory.self.value && die.below(2) == 0)
        effects.push_back(send_to(to, die.below(3)));
    }
    if (die.below(3) == 0) effects.push_back(timer(static_cast<std::uint32_t>(die.below(2))));
    if (die.below(4) == 0) effects.push_back(CancelTimer{TimerId{0}});
    if (die.below(3) == 0) effects.push_back(Persist{Append{record_of(die.below(3))}});
    if (die.below(9) == 0) effects.push_back(Persist{TruncateSuffix{LogIndex{1}}});
    if (die.below(4) == 0) effects.push_back(Draw{1 + die.below(3)});
    if (die.below(12) == 0) effects.push_back(Decide{die.below(2) + 1, record_of(die.below(2))});
  };
}

}  // namespace parley::testing
