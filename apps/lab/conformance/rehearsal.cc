// SPDX-License-Identifier: Apache-2.0
#include "apps/lab/conformance/rehearsal.h"

#include <algorithm>
#include <deque>
#include <iterator>
#include <map>
#include <optional>

#include "apps/lab/conformance/effect_text.h"
#include "apps/lab/conformance/equal_states.h"
#include "core/api/object.h"
#include "core/base/overloaded.h"
#include "core/base/prng.h"

namespace parley {
namespace {

constexpr std::uint32_t members_count = 3;
constexpr std::uint32_t steps_count = 600;
constexpr std::uint32_t draws_per_step_max = 64;
constexpr unsigned local_request_bits = 47;  // As core/api/effects.h says.

constexpr const char* rule_twin = "equal inputs give equal effects";
constexpr const char* rule_encode = "equal states encode to equal bytes";
constexpr const char* rule_clone = "a clone is a deep copy";
constexpr const char* rule_timer = "a timer's range is not negative and not inverted";
constexpr const char* rule_draw = "a step draws at most once, from a positive bound";
constexpr const char* rule_durable = "a durable publication is persisted with its step";
constexpr const char* rule_note = "every note is declared in the descriptor";
constexpr const char* rule_type = "every published statement type is declared";
constexpr const char* rule_log = "the log is cut only where it is";
constexpr const char* rule_recover = "a machine starts again from what it persisted";
constexpr const char* rule_equal = "machines of equal bytes do the same from there";
constexpr const char* rule_local = "the request of a Local is below 2^47";
constexpr const char* rule_epoch = "a change of members is to a later epoch";

SharedMembership three_members() {
  auto membership = std::make_shared<Membership>();
  membership->epoch = Epoch{1};
  for (std::uint32_t i = 0; i < members_count; ++i) {
    membership->members.insert(PrincipalId{i});
    membership->order.push_back(PrincipalId{i});
  }
  return membership;
}

Bytes some_bytes(Prng& random) {
  Bytes bytes(static_cast<std::size_t>(random.below(33)));
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random.next());
  return bytes;
}

/// Rules broken so far, each with its first occasion.
class Breaches {
 public:
  void check(const char* rule, bool kept, const std::string& detail) {
    if (!kept) first_.try_emplace(rule, detail);
  }
  void report(Findings& findings) const {
    for (const char* rule :
         {rule_twin, rule_encode, rule_clone, rule_timer, rule_draw, rule_durable, rule_note,
          rule_type, rule_log, rule_recover, rule_equal, rule_local, rule_epoch}) {
      const auto broken = first_.find(rule);
      expect(findings, rule, broken == first_.end(), broken == first_.end() ? "" : broken->second);
    }
  }

 private:
  std::map<std::string, std::string> first_;
};

/// What a store would hold for one machine.
class Log {
 public:
  /// Effect: applies the change. False when it names records that are not there.
  bool apply(const Persist& persist) {
    return std::visit(
        overloaded{
            [&](const Append& append) {
              recovered_.records.push_back({LogIndex{++last_}, to_bytes(append.record.view())});
              return true;
            },
            [&](const TruncateSuffix& cut) { return truncate(cut.index); },
            [&](const TrimPrefix& trim) { return trim_to(trim.index); },
            [&](const Snapshot& snapshot) { return keep(snapshot); }},
        persist.change);
  }
  const Recovered& recovered() const { return recovered_; }

 private:
  bool truncate(LogIndex index) {
    if (index.value == 0 || index.value > last_ + 1) return false;
    auto& records = recovered_.records;
    while (!records.empty() && records.back().index >= index) records.pop_back();
    last_ = index.value - 1;
    return true;
  }
  bool trim_to(LogIndex index) {
    if (index.value > last_) return false;
    std::erase_if(recovered_.records, [&](const auto& record) { return record.index <= index; });
    return true;
  }
  bool keep(const Snapshot& snapshot) {
    recovered_.snapshot_index = snapshot.index;
    recovered_.snapshot_chunks.clear();
    for (const SharedBytes& chunk : snapshot.chunks) {
      recovered_.snapshot_chunks.push_back(to_bytes(chunk.view()));
    }
    last_ = std::max(last_, snapshot.index.value);
    return trim_to(snapshot.index);
  }

  Recovered recovered_;
  std::uint64_t last_ = 0;
};

struct Message {
  PrincipalId issuer;
  PrincipalId to;
  StatementType type;
  SharedBytes record;
};

struct Member {
  PrincipalId self{};
  std::unique_ptr<Machine> machine{};
  std::unique_ptr<Machine> twin{};
  Log log{};
  std::set<TimerId> timers{};
  std::set<RequestId> asked{};     ///< Locals that have no answer yet.
  std::deque<OwnedInput> heard{};  ///< The latest deliveries, over all lives.
  std::vector<Branch> branches{};  ///< What pulls of this member opened.
  Epoch epoch{};
  EqualStates states{};
};

class Rehearsal {
 public:
  Rehearsal(const MakeMachine& make, const parley_plugin& plugin,
            const std::set<StatementType>& types)
      : make_(make), types_(types) {
    for (std::uint32_t i = 0; i < plugin.notes_count; ++i) notes_.insert(plugin.notes[i]->name);
    for (std::uint32_t i = 0; i < members_count; ++i) members_[i].self = PrincipalId{i};
  }

  void run() {
    for (Member& member : members_) start(member);
    for (std::uint32_t i = 0; i < steps_count; ++i) one_step();
  }

  const Breaches& breaches() const { return breaches_; }

 private:
  void start(Member& member) {
    member.machine = make_();
    member.twin = make_();
    member.timers.clear();
    member.asked.clear();
    member.epoch = membership_->epoch;
    step(member, Start{member.self, membership_, member.log.recovered()});
  }

  void one_step() {
    Member& member = members_[random_.below(members_count)];
    const std::uint64_t dice = random_.below(100);
    if (dice < 45) {
      deliver_something(member);
    } else if (dice < 62) {
      fire_timer(member);
    } else if (dice < 65) {
      answer(member);
    } else if (dice < 80) {
      step(member, call(member, random_).input);
    } else if (dice < 95) {
      hear(member, forgery(random_));
    } else if (dice < 98) {
      check_clone(member);
    } else {
      restart(member);
    }
  }

  /// A message in flight, any of them; it stays there half of the time.
  void deliver_something(Member& member) {
    std::vector<std::size_t> mine;
    for (std::size_t i = 0; i < network_.size(); ++i) {
      if (network_[i].to == member.self) mine.push_back(i);
    }
    if (mine.empty()) return;
    const std::size_t chosen = mine[random_.below(mine.size())];
    const Message message = network_[chosen];
    if (random_.chance(500'000)) {
      network_.erase(network_.begin() + static_cast<std::ptrdiff_t>(chosen));
    }
    hear(member, {message.record, Deliver{message.issuer, message.type, message.record.view()}});
  }

  void hear(Member& member, const OwnedInput& delivery) {
    constexpr std::size_t heard_max = 64;
    if (member.heard.size() == heard_max) member.heard.pop_front();
    member.heard.push_back(delivery);
    step(member, delivery.input);
  }

  /// What only a faulty member would say: authentic, and nonsense inside.
  static OwnedInput forgery(Prng& random) {
    const SharedBytes record{some_bytes(random)};
    const PrincipalId issuer{static_cast<std::uint32_t>(random.below(members_count + 1))};
    const StatementType type{static_cast<std::uint16_t>(random.below(12))};
    return {record, Deliver{issuer, type, record.view()}};
  }

  /// A call of an object, well-formed more often than not, or noise on some port.
  OwnedInput call(const Member& member, Prng& random) {
    const PortId port{static_cast<std::uint16_t>(random.below(6))};
    const Branch branch = member.branches.empty() || random.chance(100'000)
                              ? random.below(4)
                              : member.branches[random.below(member.branches.size())];
    Bytes value = some_bytes(random);
    if (!random.chance(250'000)) {
      if (port == port_pull) value = encode_call(PullCall{.with_state = random.chance(500'000)});
      if (port == port_invoke) value = encode_call(InvokeCall{.branch = branch, .method = value});
      if (port == port_push) value = encode_call(PushCall{branch});
    }
    const SharedBytes bytes{value};
    return {bytes, Submit{RequestId{++requests_count_}, port, bytes.view()}};
  }

  /// The Reply to one of the member's Locals comes, with whatever inside.
  void answer(Member& member) {
    if (member.asked.empty()) return;
    const RequestId request = *member.asked.begin();
    member.asked.erase(member.asked.begin());
    const Bytes value = some_bytes(random_);
    step(member, Answered{request, value});
  }

  /// What two machines of equal bytes are asked: what came before, as a duplicate,
  /// what is on its way, and everything else that may happen to the member.
  OwnedInput probe(const Member& member) {
    const std::uint64_t dice = probes_.below(100);
    if (dice < 40 && !member.heard.empty()) {
      return member.heard[probes_.below(member.heard.size())];
    }
    if (dice < 60 && !network_.empty()) {
      const Message& message = network_[probes_.below(network_.size())];
      return {message.record, Deliver{message.issuer, message.type, message.record.view()}};
    }
    if (dice < 75 && !member.timers.empty()) {
      auto chosen = member.timers.begin();
      std::advance(chosen, static_cast<std::ptrdiff_t>(probes_.below(member.timers.size())));
      return {{}, TimerFired{*chosen}};
    }
    if (dice < 80 && !member.asked.empty()) {
      const SharedBytes value{some_bytes(probes_)};
      return {value, Answered{*member.asked.begin(), value.view()}};
    }
    return dice < 95 ? call(member, probes_) : forgery(probes_);
  }

  void fire_timer(Member& member) {
    if (member.timers.empty()) return;
    auto chosen = member.timers.begin();
    std::advance(chosen, static_cast<std::ptrdiff_t>(random_.below(member.timers.size())));
    const TimerId timer = *chosen;
    member.timers.erase(chosen);
    step(member, TimerFired{timer});
  }

  void check_clone(Member& member) {
    const Bytes before = encoded(*member.machine);
    const auto copy = member.machine->clone();
    breaches_.check(rule_clone, copy != nullptr && encoded(*copy) == before,
                    "the clone encodes to other bytes");
    if (copy == nullptr) return;
    Effects ignored;
    const Bytes value = some_bytes(random_);
    copy->step(Submit{RequestId{++requests_count_}, PortId{1}, value}, ignored);
    breaches_.check(rule_clone, encoded(*member.machine) == before,
                    "a step of the clone moved the original");
  }

  void restart(Member& member) {
    start(member);
    const auto again = make_();
    Effects effects;
    again->step(Start{member.self, membership_, member.log.recovered()}, effects);
    const bool draws = std::any_of(effects.begin(), effects.end(), [](const Effect& effect) {
      return std::holds_alternative<Draw>(effect);
    });
    // A Draw or a record written at the start leads away from a bare restart.
    if (draws || persists(effects)) return;
    breaches_.check(rule_recover, encoded(*again) == encoded(*member.machine),
                    "two starts from one log gave two states");
  }

  static bool persists(const Effects& effects) {
    return std::any_of(effects.begin(), effects.end(), [](const Effect& effect) {
      return std::holds_alternative<Persist>(effect);
    });
  }

  /// One input to the machine and its twin, and the answers to what they draw.
  void step(Member& member, const Input& input) {
    Effects effects;
    std::optional<std::uint64_t> bound = one_input(member, input, effects);
    for (std::uint32_t i = 0; bound && i < draws_per_step_max; ++i) {
      bound = one_input(member, Drawn{random_.below(*bound)}, effects);
    }
    perform(member, effects);
    const auto difference = member.states.add(*member.machine, [&] { return probe(member); });
    breaches_.check(rule_equal, !difference, difference.value_or(""));
  }

  /// Appends the effects; returns the bound of a Draw, if there was one.
  std::optional<std::uint64_t> one_input(Member& member, const Input& input, Effects& all) {
    Effects effects;
    Effects of_twin;
    member.machine->step(input, effects);
    member.twin->step(input, of_twin);
    breaches_.check(rule_twin, describe(effects) == describe(of_twin),
                    describe(effects) + "and\n" + describe(of_twin));
    breaches_.check(rule_encode, encoded(*member.machine) == encoded(*member.twin),
                    "two machines with one history differ");

    std::optional<std::uint64_t> bound;
    for (const Effect& effect : effects) {
      const auto* draw = std::get_if<Draw>(&effect);
      if (draw == nullptr) continue;
      breaches_.check(rule_draw, !bound && draw->bound > 0, describe(effect));
      bound = std::max<std::uint64_t>(draw->bound, 1);
    }
    all.insert(all.end(), effects.begin(), effects.end());
    return bound;
  }

  void perform(Member& member, const Effects& effects) {
    const bool appends = std::any_of(effects.begin(), effects.end(), [](const Effect& effect) {
      const auto* persist = std::get_if<Persist>(&effect);
      return persist != nullptr && std::holds_alternative<Append>(persist->change);
    });
    for (const Effect& effect : effects) {
      std::visit(overloaded{
                     [&](const Publish& publish) {
                       breaches_.check(rule_durable, !publish.durable || appends, describe(effect));
                       spread(member.self, publish.verifiers, publish.type, publish.record);
                     },
                     [&](const Send& send) {
                       spread(member.self, PrincipalSet{send.to}, send.type, send.record);
                     },
                     [&](const Persist& persist) {
                       breaches_.check(rule_log, member.log.apply(persist), describe(effect));
                     },
                     [&](const SetTimer& timer) {
                       breaches_.check(rule_timer, timer.min.count() >= 0 && timer.min <= timer.max,
                                       describe(effect));
                       member.timers.insert(timer.timer);
                     },
                     [&](const CancelTimer& timer) { member.timers.erase(timer.timer); },
                     [&](const Note& note) {
                       breaches_.check(rule_note, notes_.contains(note.declaration->name),
                                       note.declaration->name);
                     },
                     [&](const Local& local) {
                       const bool fits = local.request.value >> local_request_bits == 0;
                       breaches_.check(rule_local, fits, describe(effect));
                       member.asked.insert(local.request);
                     },
                     [&](const ChangeMembership& change) {
                       breaches_.check(rule_epoch, change.membership->epoch > member.epoch,
                                       describe(effect));
                       member.epoch = change.membership->epoch;
                     },
                     [&](const Reply& reply) { learn_branch(member, reply); },
                     [](const auto&) {},
                 },
                 effect);
    }
  }

  static void learn_branch(Member& member, const Reply& reply) {
    constexpr std::size_t branches_max = 4;
    const std::optional<Outcome> outcome = decode_outcome(reply.value);
    if (!outcome || outcome->branch == 0) return;
    if (member.branches.size() == branches_max) member.branches.erase(member.branches.begin());
    member.branches.push_back(outcome->branch);
  }

  void spread(PrincipalId from, const PrincipalSet& verifiers, StatementType type,
              const SharedBytes& record) {
    constexpr std::size_t in_flight_max = 512;
    breaches_.check(rule_type, types_.empty() || types_.contains(type),
                    "type " + std::to_string(type.value));
    verifiers.for_each([&](PrincipalId to) {
      if (to == from || to.value >= members_count || random_.chance(100'000)) return;
      if (network_.size() < in_flight_max) network_.push_back({from, to, type, record});
    });
  }

  const MakeMachine& make_;
  const std::set<StatementType>& types_;
  std::set<std::string> notes_;
  SharedMembership membership_ = three_members();
  Member members_[members_count];
  std::vector<Message> network_;
  Breaches breaches_;
  Prng random_{20'260'101};
  Prng probes_{20'260'102};  ///< Its own, so that probing does not change what happens.
  std::uint64_t requests_count_ = 0;
};

}  // namespace

void rehearse(const MakeMachine& make, const parley_plugin& plugin,
              const std::set<StatementType>& types, Findings& findings) {
  Rehearsal rehearsal{make, plugin, types};
  rehearsal.run();
  rehearsal.breaches().report(findings);
}

}  // namespace parley
