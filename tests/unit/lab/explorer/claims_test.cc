// SPDX-License-Identifier: Apache-2.0
//
// What clients are told must be true: an Ok has a decided method and the result
// that the decisions give; what was refused in every attempt is never decided.
#include <gtest/gtest.h>

#include "apps/lab/explorer/explorer.h"
#include "tests/unit/lab/explorer/toy_machine.h"

namespace parley::testing {
namespace {

/// A list of bytes; a method is appended, `?` reads. Both answer the whole list.
class List final : public Object {
 public:
  Bytes apply(ByteView method) override {
    if (!reads_only(method)) list_.insert(list_.end(), method.begin(), method.end());
    return list_;
  }
  void snapshot(Bytes& out) const override { out.insert(out.end(), list_.begin(), list_.end()); }
  bool restore(ByteView snapshot) override {
    list_ = to_bytes(snapshot);
    return true;
  }
  std::unique_ptr<Object> clone() const override { return std::make_unique<List>(*this); }
  bool reads_only(ByteView method) const override { return equal(method, view_of("?")); }
  std::optional<Bytes> parse_method(std::string_view words) const override {
    return to_bytes(words);
  }
  std::string describe(ByteView result) const override { return std::string{text_of(result)}; }

 private:
  Bytes list_;
};

/// How p0 treats its client; p1 has decided `a` at position 1 from the start.
struct Plan {
  OutcomeKind pull = OutcomeKind::Ok;
  OutcomeKind push = OutcomeKind::Ok;
  std::string result{};
  std::string decides{};        ///< At position 2, when pushed; empty: nothing.
  std::string decides_later{};  ///< At position 2, on a timer; empty: nothing.
  std::string partition{};      ///< Of position 2.
};

System planned_system(const Plan& plan, const Object& initial) {
  const auto decide = [partition = plan.partition](const std::string& method) {
    const std::uint64_t position = partition.empty() ? 2 : 1;
    return Decide{position, SharedBytes{view_of(method)}, SharedBytes{view_of(partition)}};
  };
  System system = toy_system(2, [=](const Input& input, ToyMemory& memory, Effects& effects) {
    if (std::holds_alternative<Start>(input) && memory.self == PrincipalId{1}) {
      effects.push_back(Decide{1, SharedBytes{view_of("a")}});
    }
    if (std::holds_alternative<TimerFired>(input)) effects.push_back(decide(plan.decides_later));
    const Submit* submit = std::get_if<Submit>(&input);
    if (submit == nullptr) return;
    Outcome outcome{.branch = 1};
    if (submit->port == port_pull) outcome.kind = plan.pull;
    if (submit->port == port_push) {
      outcome.kind = plan.push;
      outcome.value = to_bytes(plan.result);
      if (!plan.decides.empty()) effects.push_back(decide(plan.decides));
    }
    const bool ends = submit->port == port_push || plan.pull != OutcomeKind::Ok;
    if (ends && !plan.decides_later.empty()) effects.push_back(timer(1));
    effects.push_back(Reply{submit->request, SharedBytes{encode_outcome(outcome)}});
  });
  system.initial = &initial;
  return system;
}

/// The invariant that a client of p0 finds broken; empty: none.
std::string broken(const Plan& plan, std::string_view method,
                   const std::vector<ExploreOptions::Client>& others = {},
                   std::uint32_t attempts = 1) {
  const List initial;
  const System system = planned_system(plan, initial);
  ExploreOptions options;
  options.object = toy_instance;
  options.attempts = attempts;
  options.clients = {{PrincipalId{0}, to_bytes(method)}};
  options.clients.insert(options.clients.end(), others.begin(), others.end());
  const Exploration found = explore(system, options);
  EXPECT_TRUE(found.exhausted() || found.counterexample);
  return found.counterexample ? found.counterexample->violation.invariant : "";
}

TEST(ClaimsTest, AnOkMustBeDecided) {
  EXPECT_EQ(broken({.result = "ab", .decides = "b"}, "b"), "");
  EXPECT_EQ(broken({.result = "ab"}, "b"), "push_decided");
  EXPECT_EQ(broken({.result = "ab", .decides = "c"}, "b"), "push_decided");
}

TEST(ClaimsTest, AnOkMustCarryTheResultOfTheDecisions) {
  EXPECT_EQ(broken({.result = "b", .decides = "b"}, "b"), "push_result");
  EXPECT_EQ(broken({.result = "abb", .decides = "b"}, "b"), "push_result");
}

TEST(ClaimsTest, AReadMayBeOfAnyPrefixAndOfNothingElse) {
  EXPECT_EQ(broken({.result = ""}, "?"), "");
  EXPECT_EQ(broken({.result = "a"}, "?"), "");
  EXPECT_EQ(broken({.result = "ab"}, "?"), "push_result");
}

TEST(ClaimsTest, PartitionsAreFoldedApart) {
  EXPECT_EQ(broken({.result = "ab", .decides = "b", .partition = "p"}, "b"), "");
  EXPECT_EQ(broken({.result = "ab", .decides = "c", .partition = "p"}, "b"), "push_decided");
}

TEST(ClaimsTest, WhatWasRefusedIsNeverDecided) {
  for (const OutcomeKind kind : {OutcomeKind::Preempted, OutcomeKind::NoQuorum}) {
    EXPECT_EQ(broken({.pull = kind, .decides_later = "b"}, "b"), "refusal_final");
    EXPECT_EQ(broken({.pull = kind, .decides_later = "c"}, "b"), "");
  }
  EXPECT_EQ(broken({.push = OutcomeKind::Stale, .decides_later = "b"}, "b"), "refusal_final");
  EXPECT_EQ(broken({.push = OutcomeKind::Stale, .decides = "b"}, "b"), "refusal_final");
  EXPECT_EQ(broken({.push = OutcomeKind::Stale, .decides_later = "b"}, "b", {}, 2),
            "refusal_final");
}

TEST(ClaimsTest, WhatIsUnknownMayBeDecided) {
  EXPECT_EQ(broken({.push = OutcomeKind::Unknown, .decides_later = "b"}, "b"), "");
  EXPECT_EQ(broken({.push = OutcomeKind::Unknown}, "b"), "");
}

TEST(ClaimsTest, ARefusedMethodMayBeDecidedForAnotherClientOfIt) {
  const Plan plan{.push = OutcomeKind::Stale, .decides_later = "b"};
  EXPECT_EQ(broken(plan, "b", {{PrincipalId{1}, to_bytes("b")}}), "");
  EXPECT_EQ(broken(plan, "b", {{PrincipalId{1}, to_bytes("c")}}), "refusal_final");
}

// The first attempt is lost in a crash while its push is outstanding, the second
// is refused: whether the method is decided is open.
TEST(ClaimsTest, ARefusalAfterALostPushSettlesNothing) {
  const List initial;
  const auto explored = [&](bool asks_before) {
    System system = toy_system(1, [=](const Input& input, ToyMemory& /*memory*/, Effects& effects) {
      if (const Start* start = std::get_if<Start>(&input)) {
        if (start->recovered.records.empty()) return;
        effects.push_back(Decide{1, SharedBytes{view_of("b")}});
      }
      const Submit* submit = std::get_if<Submit>(&input);
      if (submit == nullptr) return;
      const bool last = submit->port == (asks_before ? port_push : port_pull);
      if (last) effects.push_back(Persist{Append{record_of(1)}});
      if (last) return;  // Never answered; only a crash frees the client.
      effects.push_back(Reply{submit->request, SharedBytes{encode_outcome({})}});
    });
    system.initial = &initial;
    ExploreOptions options;
    options.object = toy_instance;
    options.crashes = 1;
    options.clients = {{PrincipalId{0}, to_bytes("b")}};
    const Exploration found = explore(system, options);
    return found.counterexample ? found.counterexample->violation.invariant : "";
  };
  EXPECT_EQ(explored(true), "");
  EXPECT_EQ(explored(false), "refusal_final");  // It was never given the method.
}

}  // namespace
}  // namespace parley::testing
