// SPDX-License-Identifier: Apache-2.0
//
// A suite that lets a bad plugin pass is worth nothing: for each kind one that
// breaks a rule, and the rule that must say so.
#include <gtest/gtest.h>

#include <set>

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
  void encode(StateWriter& out) const override {
    if (fault == DisseminatorFault::Memory) out.u64(reinterpret_cast<std::uintptr_t>(this));
  }
  std::unique_ptr<Disseminator> clone() const override {
    return std::make_unique<Misleading>(*this);
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
  void contribute(SharedBytes value, const Fold&, AggregationEffects&) override {
    value_ = std::move(value);
  }
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
  void encode(StateWriter& out) const override { out.varint(round_); }
  std::unique_ptr<Aggregation> clone() const override {
    return std::make_unique<CarelessStar>(*this);
  }

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
      const auto call = decode_invoke(submit->value);
      method_ = SharedBytes{call ? call->method : Bytes{}};
      outcome.value = state_->apply(method_);
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

/// What the first member alone decides is decided; everybody else is refused, so
/// that nothing can be disagreed upon. One way of mistaking branches is built in.
enum class BranchFault { None, Ignored, Reused, KeptOverACrash, Unbounded };

template <BranchFault fault>
class Hermit final : public Machine {
 public:
  void step(const Input& input, Effects& effects) override {
    if (const auto* start = std::get_if<Start>(&input)) return on_start(*start, effects);
    const auto* submit = std::get_if<Submit>(&input);
    if (submit == nullptr) return;
    Outcome outcome{.kind = OutcomeKind::Stale};
    if (submit->port == port_pull) outcome = pull(decode_pull(submit->value));
    if (submit->port == port_invoke) outcome = invoke(decode_invoke(submit->value));
    if (submit->port == port_push) outcome = push(decode_push(submit->value), effects);
    effects.push_back(Reply{submit->request, SharedBytes{encode_outcome(outcome)}});
  }
  void encode(StateWriter& out) const override {
    out.principal(self_);
    out.varint(lives_);
    out.varint(branch_);
    out.bytes(method_.value_or(Bytes{}));
    out.bytes(decided_.value_or(Bytes{}));
  }
  std::unique_ptr<Machine> clone() const override { return std::make_unique<Hermit>(*this); }

 private:
  void on_start(const Start& start, Effects& effects) {
    self_ = start.self;
    for (const Recovered::Record& record : start.recovered.records) {
      if (record.bytes.empty()) {
        ++lives_;
      } else {
        decided_ = record.bytes;
      }
    }
    if (fault != BranchFault::Reused) branch_ = ++lives_ << 32;
    effects.push_back(Persist{Append{SharedBytes{Bytes{}}}});
    if (decided_) effects.push_back(Decide{1, SharedBytes{*decided_}});
  }

  Outcome pull(const std::optional<PullCall>& call) {
    if (!call || self_ != PrincipalId{0}) return {.kind = OutcomeKind::NoQuorum};
    ++branch_;
    open_ = true;
    method_.reset();
    Outcome outcome{.branch = branch_, .position = {decided_ ? 1u : 0u, 0}};
    if (call->with_state && decided_) outcome.value = *decided_;
    return outcome;
  }

  Outcome invoke(const std::optional<InvokeCall>& call) {
    const bool full = method_ && fault != BranchFault::Unbounded;
    if (!call || !serves(call->branch) || full) return {.kind = OutcomeKind::Stale};
    method_ = call->method;
    return {.position = {branch_ + 1, 1}, .value = decided_.value_or(call->method)};
  }

  Outcome push(const std::optional<PushCall>& call, Effects& effects) {
    if (!call || !serves(call->branch) || !method_) return {.kind = OutcomeKind::Stale};
    if (!decided_) {
      decided_ = method_;
      effects.push_back(Persist{Append{SharedBytes{*decided_}}});
      effects.push_back(Decide{1, SharedBytes{*decided_}});
    }
    open_ = false;
    return {.position = {branch_ + 1, 1}, .value = *decided_};
  }

  bool serves(Branch branch) const {
    if (fault == BranchFault::KeptOverACrash && branch >> 32 < lives_ && branch > 0) return true;
    return open_ && (branch == branch_ || fault == BranchFault::Ignored);
  }

  PrincipalId self_{};
  std::uint64_t lives_ = 0;
  Branch branch_ = 0;
  bool open_ = false;
  std::optional<Bytes> method_;
  std::optional<Bytes> decided_;
};

template <BranchFault fault>
class HermitFactory final : public BackendFactory {
 public:
  std::uint32_t invokes_per_pull_max() const override { return 1; }
  std::unique_ptr<Machine> create(const BackendSpec&) const override {
    return std::make_unique<Hermit<fault>>();
  }
};

/// The rules about branches that a hermit with this fault breaks.
template <BranchFault fault>
std::set<std::string> broken_branch_rules() {
  const Findings findings = findings_of<HermitFactory<fault>>(PARLEY_KIND_BACKEND);
  std::set<std::string> rules;
  for (const char* rule :
       {"callers on one node never answer for each other",
        "invoke extends the caller's own branch alone", "a push that is Stale is never committed",
        "every pull opens a branch of its own, also after a crash",
        "a branch of an earlier life is Stale", "a branch that no pull opened is Stale",
        "a branch takes as many methods as the factory says, no more",
        "a call that does not decode is answered, and refused"}) {
    if (broken(findings, rule)) rules.insert(rule);
  }
  return rules;
}

TEST(FaultyBackendTest, BranchesThatAreKeptApartAreFine) {
  EXPECT_EQ(broken_branch_rules<BranchFault::None>(), std::set<std::string>{});
}

TEST(FaultyBackendTest, IgnoringTheBranchIsFound) {
  const auto rules = broken_branch_rules<BranchFault::Ignored>();
  EXPECT_TRUE(rules.contains("callers on one node never answer for each other"));
  EXPECT_TRUE(rules.contains("a branch that no pull opened is Stale"));
}

TEST(FaultyBackendTest, NamingABranchTwiceIsFound) {
  EXPECT_TRUE(broken_branch_rules<BranchFault::Reused>().contains(
      "every pull opens a branch of its own, also after a crash"));
}

TEST(FaultyBackendTest, ServingABranchOfAnEarlierLifeIsFound) {
  EXPECT_TRUE(broken_branch_rules<BranchFault::KeptOverACrash>().contains(
      "a branch of an earlier life is Stale"));
}

TEST(FaultyBackendTest, TakingMoreMethodsThanPromisedIsFound) {
  EXPECT_TRUE(broken_branch_rules<BranchFault::Unbounded>().contains(
      "a branch takes as many methods as the factory says, no more"));
}

}  // namespace
}  // namespace parley
