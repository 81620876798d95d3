// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "apps/lab/explorer/explorer.h"
#include "tests/unit/lab/explorer/toy_machine.h"

namespace parley::testing {
namespace {

/// p0 asks all others; each draws an answer and tells p0. One that gossips tells
/// the others too, in a record that names it.
System questionnaire(std::uint32_t principals, bool gossips) {
  return toy_system(principals, [=](const Input& input, ToyMemory& memory, Effects& effects) {
    const bool asks = memory.self == PrincipalId{0};
    if (std::holds_alternative<Start>(input) && asks) {
      for (std::uint32_t to = 1; to < principals; ++to) effects.push_back(send_to(to, 1));
    }
    if (const Deliver* deliver = std::get_if<Deliver>(&input)) {
      memory.heard.insert(deliver->issuer);
      if (deliver->type == StatementType{9}) memory.heard.insert(PrincipalId{deliver->record[0]});
      if (!asks && deliver->issuer == PrincipalId{0}) effects.push_back(Draw{2});
    }
    if (const Drawn* drawn = std::get_if<Drawn>(&input)) {
      memory.numbers = {drawn->value};
      effects.push_back(send_to(0, drawn->value));
      if (!gossips) return;
      for (std::uint32_t to = 1; to < principals; ++to) {
        if (to != memory.self.value) effects.push_back(send_to(to, memory.self.value, 9));
      }
    }
  });
}

ExploreOptions options_with(const PrincipalSet& symmetric) {
  ExploreOptions options;
  options.object = toy_instance;
  options.symmetric = symmetric;
  return options;
}

PrincipalSet others(std::uint32_t principals) {
  PrincipalSet set;
  for (std::uint32_t i = 1; i < principals; ++i) set.insert(PrincipalId{i});
  return set;
}

TEST(SymmetryTest, OneOfEachOrbitIsCounted) {
  // Each of three answers: asked, answered 0 or 1, and either of these arrived:
  // five places, so multisets of three out of five.
  const System system = questionnaire(4, false);
  const Exploration all = explore(system, options_with({}));
  const Exploration orbits = explore(system, options_with(others(4)));
  EXPECT_EQ(all.states, 125u);
  EXPECT_EQ(orbits.states, 35u);
  EXPECT_EQ(orbits.states_unreduced, 125u);
  EXPECT_TRUE(orbits.exhausted());
}

TEST(SymmetryTest, OrbitsAddUpWhereStatesAndRecordsNamePrincipals) {
  const System system = questionnaire(4, true);
  const Exploration all = explore(system, options_with({}));
  const Exploration orbits = explore(system, options_with(others(4)));
  EXPECT_EQ(orbits.states_unreduced, all.states);
  EXPECT_LT(orbits.states, all.states / 4);
  EXPECT_EQ(orbits.depth, all.depth);
}

TEST(SymmetryTest, ACounterexampleIsAsShortAsWithoutSymmetry) {
  const System system = toy_system(4, [](const Input& input, ToyMemory& memory, Effects& effects) {
    if (std::holds_alternative<Start>(input) && memory.self == PrincipalId{0}) {
      for (std::uint32_t to = 1; to < 4; ++to) effects.push_back(send_to(to, 1));
    }
    const Deliver* deliver = std::get_if<Deliver>(&input);
    if (deliver == nullptr) return;
    if (memory.self != PrincipalId{0}) return effects.push_back(send_to(0, 1));
    memory.heard.insert(deliver->issuer);
    if (memory.heard.size() == 1) effects.push_back(Decide{1, record_of(0)});
    if (memory.heard.size() == 3) effects.push_back(Decide{1, record_of(1)});
  });
  const Exploration all = explore(system, options_with({}));
  const Exploration orbits = explore(system, options_with(others(4)));
  ASSERT_TRUE(all.counterexample && orbits.counterexample);
  EXPECT_EQ(orbits.counterexample->steps.size(), 6u);
  EXPECT_EQ(all.counterexample->steps.size(), 6u);
  // One behaviour, told throughout under the names that the principals have in it.
  std::size_t deliveries = 0;
  for (const Counterexample::Step& step : orbits.counterexample->steps) {
    if (step.principal != "p0") continue;
    ++deliveries;
    EXPECT_NE(step.event.find("from p"), std::string::npos);
  }
  EXPECT_EQ(deliveries, 3u);
}

TEST(SymmetryTest, WhatCannotBeRenamedIsRefused) {
  const System system = questionnaire(4, false);
  ExploreOptions options = options_with(others(4));
  options.crashes = 1;
  EXPECT_EQ(options_fault(system, options),
            "symmetric: expected no crashes, for the records of a log cannot be renamed");
  options.crashes = 0;
  options.clients = {{PrincipalId{2}, {}}};
  EXPECT_EQ(options_fault(system, options),
            "symmetric: expected principals that run no client, found p2");
}

}  // namespace
}  // namespace parley::testing
