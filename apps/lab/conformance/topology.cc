// SPDX-License-Identifier: Apache-2.0
//
// The rules of a topology: whatever is lost, repeated, reordered or forged, a
// finished aggregate is the fold over exactly the contributors it names, what
// comes from an older epoch changes nothing, and once the network works everybody
// gets the fold over everybody.
#include <map>
#include <vector>

#include "apps/lab/conformance/conformance.h"
#include "apps/lab/conformance/default_config.h"
#include "core/base/prng.h"

namespace parley {
namespace {

constexpr std::uint32_t members_count = 7;
constexpr std::uint32_t seeds_count = 60;
constexpr std::uint32_t steps_before = 60;  ///< In the first epoch.
constexpr std::uint32_t steps_per_seed = 500;
constexpr std::uint32_t heal_rounds = 60;

Bytes number(std::uint64_t value) {
  Bytes out;
  Writer{out}.u64(value);
  return out;
}

std::uint64_t number_of(ByteView bytes) {
  Reader in{bytes};
  const std::uint64_t value = in.u64();
  return in.finished() ? value : 0;
}

/// Members contribute in eight bits each, so a sum tells who is in it, how often,
/// and of which epoch.
class Sum final : public Fold {
 public:
  Bytes neutral() const override { return number(0); }
  Bytes combine(ByteView left, ByteView right) const override {
    return number(number_of(left) + number_of(right));
  }
  bool idempotent() const override { return false; }
};

class Max final : public Fold {
 public:
  Bytes neutral() const override { return number(0); }
  Bytes combine(ByteView left, ByteView right) const override {
    return number(std::max(number_of(left), number_of(right)));
  }
  bool idempotent() const override { return true; }
};

std::uint64_t value_of(PrincipalId member, Epoch epoch) {
  // Later is less, so that a maximum gives away what is left of an older epoch.
  return (epoch.value == 1 ? std::uint64_t{16} : std::uint64_t{1}) << (8 * member.value);
}

SharedMembership membership_of(std::uint64_t epoch, std::uint32_t leader) {
  auto membership = std::make_shared<Membership>();
  membership->epoch = Epoch{epoch};
  for (std::uint32_t i = 0; i < members_count; ++i) {
    membership->members.insert(PrincipalId{i});
    membership->order.push_back(PrincipalId{(leader + i) % members_count});
  }
  return membership;
}

struct Breaches {
  std::map<std::string, std::string> first;
  void check(const char* rule, bool kept, const std::string& detail) {
    if (!kept) first.try_emplace(rule, detail);
  }
};

constexpr const char* rule_fold = "a finished aggregate is the fold over its contributors";
constexpr const char* rule_versions = "the versions a member finishes only grow";
constexpr const char* rule_members = "contributors are members of the epoch";
constexpr const char* rule_tokens = "tokens go to other members only";
constexpr const char* rule_complete = "once the network heals, every member gets the whole fold";
constexpr const char* rule_encode = "equal histories encode to equal bytes";
constexpr const char* rule_fresh = "later rounds take the values of later moments";
constexpr const char* rule_epochs = "tokens of an older epoch finish and change nothing";
constexpr const char* rule_clone = "a clone is a deep copy";

Bytes encoded(const Aggregation& aggregation) {
  Bytes out;
  StateWriter writer{out};
  aggregation.encode(writer);
  return out;
}

/// One entity: its members and the tokens between them.
class Entity {
 public:
  Entity(const TopologyFactory& factory, const Config& config, const Fold& fold, std::uint64_t seed,
         Breaches& breaches)
      : fold_(fold), random_(seed), breaches_(breaches), seed_(seed) {
    for (std::uint32_t i = 0; i < members_count; ++i) {
      members_.push_back({factory.create(config), factory.create(config), {}, {}});
    }
    // Rounds of an earlier epoch, led by the same member or by another, are under
    // way when this one begins.
    configure(Epoch{1}, static_cast<std::uint32_t>(seed % 2));
    for (std::uint32_t i = 0; i < steps_before; ++i) one_step();
    configure(Epoch{2}, 0);
  }

  void run() {
    for (std::uint32_t i = 0; i < steps_per_seed; ++i) one_step();
    const std::uint64_t reached = latest_round();
    for (std::uint32_t i = 0; i < heal_rounds; ++i) {
      for (std::uint32_t member = 0; member < members_count; ++member) tick(member);
      while (!tokens_.empty()) arrive(0, false);
    }
    std::uint64_t expected = number_of(fold_.neutral());
    for (std::uint32_t i = 0; i < members_count; ++i) {
      const std::uint64_t value = value_of(PrincipalId{i}, epoch_);
      expected = number_of(fold_.combine(number(expected), number(value)));
    }
    for (const Member& member : members_) {
      const bool whole = member.finished && member.finished->version.round > reached &&
                         number_of(member.finished->aggregate) == expected;
      breaches_.check(rule_complete, whole, at_seed());
    }
  }

 private:
  struct Member {
    std::unique_ptr<Aggregation> aggregation;
    std::unique_ptr<Aggregation> twin;
    std::optional<AggregationEffects::Finished> finished;
    Version latest;
  };
  struct Token {
    PrincipalId from;
    PrincipalId to;
    SharedBytes bytes;
    Epoch sent_in;
  };

  std::string at_seed() const { return "seed " + std::to_string(seed_); }

  void configure(Epoch epoch, std::uint32_t leader) {
    epoch_ = epoch;
    const SharedMembership membership = membership_of(epoch.value, leader);
    for (std::uint32_t i = 0; i < members_count; ++i) {
      const SharedBytes value{number(value_of(PrincipalId{i}, epoch))};
      act(PrincipalId{i}, [&](Aggregation& at, AggregationEffects& effects) {
        at.configure(PrincipalId{i}, membership);
        at.contribute(value, fold_, effects);
      });
    }
  }

  void one_step() {
    const std::uint64_t dice = random_.below(100);
    if (dice < 20) return tick(static_cast<std::uint32_t>(random_.below(members_count)));
    if (dice < 23) return check_clone(members_[random_.below(members_count)]);
    if (dice >= 85 && epoch_ > Epoch{1} && !sent_first_.empty()) {
      return receive(sent_first_[random_.below(sent_first_.size())]);
    }
    if (tokens_.empty()) return;
    const std::size_t index = random_.below(tokens_.size());
    if (dice < 35) return lose(index);
    if (dice < 45) return forge(tokens_[index]);
    arrive(index, dice < 60);
  }

  void tick(std::uint32_t member) {
    act(PrincipalId{member},
        [&](Aggregation& at, AggregationEffects& effects) { at.tick(fold_, effects); });
  }

  void arrive(std::size_t index, bool again) {
    const Token token = tokens_[index];
    if (!again) lose(index);
    receive(token);
  }

  void receive(const Token& token) {
    const Aggregation& receiver = *members_[token.to.value].aggregation;
    const Bytes before = encoded(receiver);
    const bool finished = act(token.to, [&](Aggregation& at, AggregationEffects& effects) {
      at.on_token(token.from, token.bytes, fold_, effects);
    });
    if (token.sent_in == epoch_) return;
    breaches_.check(rule_epochs, !finished && encoded(receiver) == before, at_seed());
  }

  /// A clone goes the way of the original, and neither moves the other.
  void check_clone(const Member& member) {
    const Bytes before = encoded(*member.aggregation);
    const auto first = member.aggregation->clone();
    const auto second = member.aggregation->clone();
    const bool equal = first != nullptr && second != nullptr && encoded(*first) == before;
    if (!equal) return breaches_.check(rule_clone, false, at_seed());
    AggregationEffects of_first;
    AggregationEffects of_second;
    const auto move = [&](Aggregation& at, AggregationEffects& effects) {
      at.contribute(SharedBytes{number(0)}, fold_, effects);
      at.tick(fold_, effects);
      for (const Token& token : tokens_) at.on_token(token.from, token.bytes, fold_, effects);
    };
    move(*first, of_first);
    const bool apart = encoded(*member.aggregation) == before && encoded(*second) == before;
    move(*second, of_second);
    const bool alike = encoded(*first) == encoded(*second) &&
                       of_first.tokens.size() == of_second.tokens.size() &&
                       of_first.finished.has_value() == of_second.finished.has_value();
    breaches_.check(rule_clone, apart && alike, at_seed());
  }

  /// Of malformed tokens only those whose damage shows: cut ones and noise. What
  /// a member says of its own value is believed.
  void forge(Token token) {
    token.sent_in = epoch_;
    Bytes bytes = to_bytes(token.bytes.view());
    if (random_.chance(500'000)) {
      bytes.resize(random_.below(3));
      if (!bytes.empty()) bytes[0] = 0xFF;
    } else {
      bytes.assign(random_.below(20), 0xFF);
    }
    token.bytes = SharedBytes{bytes};
    receive(token);
  }

  void lose(std::size_t index) {
    tokens_.erase(tokens_.begin() + static_cast<std::ptrdiff_t>(index));
  }

  /// Whether a round finished.
  template <class Action>
  bool act(PrincipalId self, Action action) {
    constexpr std::size_t tokens_max = 400;
    Member& member = members_[self.value];
    AggregationEffects effects;
    AggregationEffects of_twin;
    action(*member.aggregation, effects);
    action(*member.twin, of_twin);
    breaches_.check(rule_encode, encoded(*member.aggregation) == encoded(*member.twin), at_seed());
    for (AggregationEffects::Token& token : effects.tokens) {
      const bool other = token.to != self && token.to.value < members_count;
      breaches_.check(rule_tokens, other, at_seed());
      if (other && tokens_.size() < tokens_max) {
        if (epoch_ == Epoch{1}) sent_first_.push_back({self, token.to, token.bytes, epoch_});
        tokens_.push_back({self, token.to, std::move(token.bytes), epoch_});
      }
    }
    if (!effects.finished) return false;
    finish(member, std::move(*effects.finished));
    return true;
  }

  void finish(Member& member, AggregationEffects::Finished finished) {
    Bytes expected = fold_.neutral();
    finished.contributors.for_each([&](PrincipalId contributor) {
      breaches_.check(rule_members, contributor.value < members_count, at_seed());
      expected = fold_.combine(expected, number(value_of(contributor, finished.version.epoch)));
    });
    breaches_.check(rule_fold, number_of(finished.aggregate) == number_of(expected),
                    at_seed() + ": " + std::to_string(number_of(finished.aggregate)) +
                        " instead of " + std::to_string(number_of(expected)));
    breaches_.check(rule_versions, finished.version > member.latest, at_seed());
    member.latest = finished.version;
    member.finished = std::move(finished);
  }

  std::uint64_t latest_round() const {
    std::uint64_t latest = 0;
    for (const Member& member : members_) latest = std::max(latest, member.latest.round);
    return latest;
  }

  const Fold& fold_;
  Prng random_;
  Breaches& breaches_;
  std::uint64_t seed_;
  Epoch epoch_{};
  std::vector<Member> members_;
  std::vector<Token> tokens_;      ///< In flight.
  std::vector<Token> sent_first_;  ///< All of the first epoch; they may arrive for ever.
};

/// An entity of one member, whose value at the moment of a round is known.
void check_fresh_values(const TopologyFactory& factory, const Config& config, Breaches& breaches) {
  const Max fold;
  const auto alone = factory.create(config);
  auto membership = std::make_shared<Membership>();
  membership->epoch = Epoch{1};
  membership->members = {PrincipalId{0}};
  membership->order = {PrincipalId{0}};
  alone->configure(PrincipalId{0}, membership);
  std::uint64_t seen = 0;
  for (std::uint64_t value = 1; value <= 20; ++value) {
    AggregationEffects effects;
    alone->contribute(SharedBytes{number(value)}, fold, effects);
    alone->tick(fold, effects);
    if (effects.finished) seen = number_of(effects.finished->aggregate);
  }
  breaches.check(rule_fresh, seen >= 10,
                 "an entity of one member, value 20, aggregate " + std::to_string(seen));
}

}  // namespace

Findings check_topology(const Plugin& plugin) {
  const auto& factory = *static_cast<const TopologyFactory*>(plugin.factory.get());
  const Config config = default_config(*plugin.descriptor);
  Findings findings;
  if (!expect(findings, "an aggregation is made", factory.create(config) != nullptr)) {
    return findings;
  }
  const bool once = (plugin.descriptor->guarantees & PARLEY_GUARANTEE_FOLDS_ONCE) != 0;
  expect(findings, "the descriptor and the factory agree on folding once",
         once == !factory.folds_repeatedly());

  const Sum sum;
  const Max max;
  Breaches breaches;
  for (std::uint64_t seed = 1; seed <= seeds_count; ++seed) {
    Entity{factory, config, max, seed, breaches}.run();
    if (!factory.folds_repeatedly()) Entity{factory, config, sum, seed, breaches}.run();
  }
  check_fresh_values(factory, config, breaches);
  for (const char* rule : {rule_fold, rule_versions, rule_members, rule_tokens, rule_complete,
                           rule_encode, rule_fresh, rule_epochs, rule_clone}) {
    const auto broken = breaches.first.find(rule);
    expect(findings, rule, broken == breaches.first.end(),
           broken == breaches.first.end() ? "" : broken->second);
  }
  return findings;
}

}  // namespace parley
