// SPDX-License-Identifier: Apache-2.0
//
// A suite that lets a bad plugin pass is worth nothing: for each kind one that
// breaks a rule, and the rule that must say so.
#include <gtest/gtest.h>

#include "apps/lab/conformance/conformance.h"

namespace parley {
namespace {

template <class Factory>
Findings findings_of(parley_kind kind, std::uint64_t guarantees = 0) {
  parley_plugin descriptor{};
  descriptor.kind = kind;
  descriptor.name = "faulty";
  descriptor.guarantees = guarantees;
  return run_conformance({&descriptor, std::make_shared<Factory>()});
}

bool broken(const Findings& findings, std::string_view rule) {
  bool known = false;
  for (const Finding& finding : findings) {
    if (finding.rule != rule) continue;
    known = true;
    if (!finding.passed) return true;
  }
  EXPECT_TRUE(known) << "no such rule: " << rule;
  return false;
}

/// Appends whatever it is given; one fault at a time is built in.
enum class ObjectFault { None, SharedClone, ForgetfulSnapshot, HarmfulRestore };

template <ObjectFault fault>
class Pile final : public Object {
 public:
  Bytes apply(ByteView method) override {
    pile_->insert(pile_->end(), method.begin(), method.end());
    ++applied_;
    return fault == ObjectFault::ForgetfulSnapshot ? Bytes{applied_} : *pile_;
  }
  void snapshot(Bytes& out) const override { out.insert(out.end(), pile_->begin(), pile_->end()); }
  bool restore(ByteView snapshot) override {
    const bool sound = snapshot.size() < 3 || snapshot[0] != snapshot[1];
    if (sound || fault == ObjectFault::HarmfulRestore) *pile_ = to_bytes(snapshot);
    return sound || fault != ObjectFault::HarmfulRestore;
  }
  std::unique_ptr<Object> clone() const override {
    auto copy = std::make_unique<Pile>(*this);
    if (fault != ObjectFault::SharedClone) copy->pile_ = std::make_shared<Bytes>(*pile_);
    return copy;
  }
  std::optional<Bytes> parse_method(std::string_view words) const override {
    return to_bytes(words);
  }
  std::string describe(ByteView) const override { return {}; }

 private:
  std::shared_ptr<Bytes> pile_ = std::make_shared<Bytes>();
  std::uint8_t applied_ = 0;
};

template <ObjectFault fault>
class PileFactory final : public ObjectFactory {
 public:
  std::unique_ptr<Object> create(const Config&) const override {
    return std::make_unique<Pile<fault>>();
  }
};

TEST(FaultyObjectTest, CloneThatSharesItsStateIsFound) {
  EXPECT_TRUE(broken(findings_of<PileFactory<ObjectFault::SharedClone>>(PARLEY_KIND_OBJECT),
                     "methods of a clone do not touch the original"));
}

TEST(FaultyObjectTest, SnapshotThatForgetsIsFound) {
  EXPECT_TRUE(broken(findings_of<PileFactory<ObjectFault::ForgetfulSnapshot>>(PARLEY_KIND_OBJECT),
                     "a restored object goes on like the original"));
}

TEST(FaultyObjectTest, RefusedSnapshotThatHarmsIsFound) {
  EXPECT_TRUE(broken(findings_of<PileFactory<ObjectFault::HarmfulRestore>>(PARLEY_KIND_OBJECT),
                     "a snapshot that is refused changes nothing"));
}

enum class DisseminatorFault { Nobody, Itself, Strangers, Memory };

template <DisseminatorFault fault>
class Misleading final : public Disseminator {
 public:
  explicit Misleading(PrincipalId self) : self_(self) {}
  PrincipalSet targets(const PrincipalSet& verifiers) override {
    PrincipalSet chosen = verifiers;
    chosen.erase(self_);
    if (fault == DisseminatorFault::Nobody) chosen.clear();
    if (fault == DisseminatorFault::Itself) chosen.insert(self_);
    if (fault == DisseminatorFault::Strangers) chosen.insert(PrincipalId{4711});
    return chosen;
  }
  void on_answer(PrincipalId) override {}
  void on_escalation(const PrincipalSet&) override {}
  void encode(Writer& out) const override {
    if (fault == DisseminatorFault::Memory) out.u64(reinterpret_cast<std::uintptr_t>(this));
  }

 private:
  PrincipalId self_;
};

template <DisseminatorFault fault>
class MisleadingFactory final : public DisseminatorFactory {
 public:
  std::unique_ptr<Disseminator> create(PrincipalId self, const Config&) const override {
    return std::make_unique<Misleading<fault>>(self);
  }
};

template <DisseminatorFault fault>
Findings disseminator_findings() {
  return findings_of<MisleadingFactory<fault>>(PARLEY_KIND_DISSEMINATOR);
}

TEST(FaultyDisseminatorTest, EveryBadChoiceIsFound) {
  EXPECT_TRUE(broken(disseminator_findings<DisseminatorFault::Nobody>(),
                     "there is a target whenever there is a verifier"));
  EXPECT_TRUE(
      broken(disseminator_findings<DisseminatorFault::Itself>(), "the sender is no target"));
  EXPECT_TRUE(broken(disseminator_findings<DisseminatorFault::Strangers>(),
                     "targets are a subset of the verifiers"));
  EXPECT_TRUE(broken(disseminator_findings<DisseminatorFault::Memory>(),
                     "equal states encode to equal bytes"));
}

/// A star whose leader adds what comes, however often it comes.
class CarelessStar final : public Aggregation {
 public:
  void configure(PrincipalId self, SharedMembership membership) override {
    self_ = self;
    membership_ = std::move(membership);
    round_ = 0;
  }
  void contribute(SharedBytes value) override { value_ = std::move(value); }
  void tick(const Fold&, AggregationEffects& effects) override {
    if (membership_->order.front() != self_) return;
    ++round_;
    partial_ = to_bytes(value_.view());
    answers_ = 1;
    membership_->members.for_each([&](PrincipalId member) {
      if (member != self_) effects.tokens.push_back({member, SharedBytes{Bytes{1}}});
    });
  }
  void on_token(PrincipalId, ByteView token, const Fold& fold,
                AggregationEffects& effects) override {
    if (token.size() == 1 && token[0] == 1) {
      effects.tokens.push_back({membership_->order.front(), value_});
    } else if (token.size() == 8 && membership_->order.front() == self_) {
      partial_ = fold.combine(partial_, token);
      if (++answers_ != membership_->members.size()) return;
      effects.finished = AggregationEffects::Finished{
          {membership_->epoch, round_}, SharedBytes{partial_}, membership_->members};
    }
  }
  void encode(Writer& out) const override { out.varint(round_); }

 private:
  PrincipalId self_{};
  SharedMembership membership_;
  SharedBytes value_;
  Bytes partial_;
  std::uint64_t round_ = 0;
  std::size_t answers_ = 0;
};

class CarelessStarFactory final : public TopologyFactory {
 public:
  bool folds_repeatedly() const override { return false; }
  std::unique_ptr<Aggregation> create(const Config&) const override {
    return std::make_unique<CarelessStar>();
  }
};

TEST(FaultyTopologyTest, CountingTwiceAndTellingNobodyAreFound) {
  const Findings findings =
      findings_of<CarelessStarFactory>(PARLEY_KIND_TOPOLOGY, PARLEY_GUARANTEE_FOLDS_ONCE);
  EXPECT_TRUE(broken(findings, "a finished aggregate is the fold over its contributors"));
  EXPECT_TRUE(broken(findings, "once the network heals, every member gets the whole fold"));
}

TEST(FaultyTopologyTest, FalseGuaranteeIsFound) {
  EXPECT_TRUE(broken(findings_of<CarelessStarFactory>(PARLEY_KIND_TOPOLOGY),
                     "the descriptor and the factory agree on folding once"));
}

/// Decides on its own: every member is its own majority.
class Autocrat final : public Machine {
 public:
  explicit Autocrat(const Object& initial) : state_(initial.clone()) {}
  Autocrat(const Autocrat& other)
      : Machine(other), state_(other.state_->clone()), method_(other.method_) {}

  void step(const Input& input, Effects& effects) override {
    const Submit* submit = std::get_if<Submit>(&input);
    if (submit == nullptr) return;
    Outcome outcome;
    if (submit->port == port_pull) {
      state_->snapshot(outcome.value);
    } else if (submit->port == port_invoke) {
      outcome.value = state_->apply(submit->value);
      method_ = SharedBytes{submit->value};
    } else {
      outcome.position = {1, 1};
      state_->snapshot(outcome.value);
      effects.push_back(Decide{1, method_});
    }
    effects.push_back(Reply{submit->request, SharedBytes{encode_outcome(outcome)}});
  }
  void encode(StateWriter& out) const override {
    Bytes state;
    state_->snapshot(state);
    out.bytes(state);
    out.bytes(method_);
  }
  std::unique_ptr<Machine> clone() const override { return std::make_unique<Autocrat>(*this); }

 private:
  std::unique_ptr<Object> state_;
  SharedBytes method_;
};

class AutocratFactory final : public BackendFactory {
 public:
  std::uint32_t invokes_per_pull_max() const override { return 1; }
  std::unique_ptr<Machine> create(const BackendSpec& spec) const override {
    return std::make_unique<Autocrat>(spec.initial);
  }
};

TEST(FaultyBackendTest, DecidingAloneIsFound) {
  const Findings findings = findings_of<AutocratFactory>(PARLEY_KIND_BACKEND);
  EXPECT_TRUE(broken(findings,
                     "no two members ever decide differently, whatever is lost, repeated, "
                     "reordered or crashes"));
  EXPECT_TRUE(broken(findings, "what was committed is there after all members crashed"));
  EXPECT_TRUE(broken(findings, "every member learns what was committed, from position 1"));
  EXPECT_TRUE(broken(findings, "invoke without a pull is answered Stale"));
}

}  // namespace
}  // namespace parley
