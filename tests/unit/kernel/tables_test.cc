// SPDX-License-Identifier: Apache-2.0
#include "core/kernel/tables.h"

#include <gtest/gtest.h>

#include "tests/fixtures/fake_deployment.h"

namespace parley {
namespace {

using testing::FakeDeployment;
using testing::Script;

constexpr InstanceId thing{1};
constexpr PrincipalId r1{0};
constexpr PrincipalId r2{1};
constexpr PrincipalId r3{2};

FakeDeployment deployment_of(const char* mechanism = "naming") {
  return FakeDeployment{[] { return Script{}; }, false, mechanism};
}

RuleScope between(PrincipalSet from, PrincipalSet to) {
  return {
      .from = std::move(from), .to = std::move(to), .both_ways = false, .types = {}, .line = {}};
}

std::shared_ptr<const Tables> tables_of(const FakeDeployment& fake) {
  return make_tables(fake.deployment, fake.catalogue, nullptr).value();
}

TEST(TablesTest, TheFirstRuleThatCoversThePairWins) {
  FakeDeployment fake = deployment_of();
  auto& rules = fake.deployment.authentication;
  rules.insert(rules.begin(), {between({r1}, {r2}), {{"patient", {}}, {"naming", {}}}});
  const auto tables = tables_of(fake);
  const auto* special = tables->authentication(r1, r2, thing, false);
  const auto* general = tables->authentication(r2, r1, thing, false);
  ASSERT_NE(special, nullptr);
  ASSERT_NE(general, nullptr);
  EXPECT_EQ(tables->mechanisms[special->seals].name, "patient");
  EXPECT_EQ(special->accepts.size(), 2u);
  EXPECT_EQ(tables->mechanisms[general->seals].name, "naming");
}

TEST(TablesTest, ARuleForATypeCoversOnlyThatType) {
  FakeDeployment fake = deployment_of();
  fake.deployment.authentication.front().scope.types = {"another"};
  EXPECT_EQ(tables_of(fake)->authentication(r1, r2, thing, false), nullptr);
  fake.deployment.authentication.front().scope.types = {"another", "thing"};
  EXPECT_NE(tables_of(fake)->authentication(r1, r2, thing, false), nullptr);
}

// What convinces everyone convinces the verifier too; the reverse does not hold.
TEST(TablesTest, NonRepudiationServesAuthenticationButNotTheReverse) {
  FakeDeployment fake = deployment_of();
  EXPECT_EQ(tables_of(fake)->authentication(r1, r2, thing, true), nullptr);
  std::swap(fake.deployment.authentication, fake.deployment.non_repudiation);
  EXPECT_NE(tables_of(fake)->authentication(r1, r2, thing, true), nullptr);
  EXPECT_NE(tables_of(fake)->authentication(r1, r2, thing, false), nullptr);
}

// Otherwise sealing a mechanism's own message would need that mechanism first.
TEST(TablesTest, AMechanismsOwnStatementsAreSealedByOneThatNeedsNone) {
  const FakeDeployment fake = deployment_of("patient");
  const auto* own = fake.tables->authentication(r1, r2, mechanism_instance(0), false);
  ASSERT_NE(own, nullptr);
  EXPECT_EQ(fake.tables->mechanisms[own->seals].name, "naming");
}

TEST(TablesTest, DisseminationWithoutARuleIsUnicastToAllAtOnce) {
  const FakeDeployment fake = deployment_of();
  EXPECT_TRUE(fake.tables->dissemination(r1, thing, {r2, r3}).stages.empty());
}

TEST(TablesTest, ADisseminationRuleBetweenTwoSidesServesBoth) {
  FakeDeployment fake = deployment_of();
  RuleScope scope = between({r1}, {r2, r3});
  scope.line = {"x.toml", 7};
  fake.deployment.dissemination.push_back({scope, {}});
  EXPECT_EQ(tables_of(fake)->dissemination(r1, thing, {r2, r3}).line.line, 7u);
  EXPECT_EQ(tables_of(fake)->dissemination(r2, thing, {r1}).line.line, 0u);
  fake.deployment.dissemination.front().scope.both_ways = true;
  EXPECT_EQ(tables_of(fake)->dissemination(r2, thing, {r1}).line.line, 7u);
  EXPECT_EQ(tables_of(fake)->dissemination(r2, thing, {r1, r3}).line.line, 0u);
}

TEST(TablesTest, AMissingPluginIsNamedWithItsUser) {
  FakeDeployment fake = deployment_of();
  fake.deployment.objects.front().backend.name = "absent";
  const auto tables = make_tables(fake.deployment, fake.catalogue, nullptr);
  ASSERT_FALSE(tables);
  EXPECT_EQ(tables.error().code, ErrorCode::Configuration);
  EXPECT_EQ(tables.error().message,
            "[[object]] thing: expected a plugin of kind backend, found none named 'absent'; "
            "parley plugins list shows what there is");
}

TEST(TablesTest, InstancesAreFoundByNameAndNumber) {
  const FakeDeployment fake = deployment_of();
  EXPECT_EQ(fake.tables->instance("thing"), fake.tables->instance(thing));
  EXPECT_EQ(fake.tables->instance("nothing"), nullptr);
  EXPECT_EQ(fake.tables->instance(InstanceId{0}), nullptr);
  EXPECT_EQ(fake.tables->instance(InstanceId{2}), nullptr);
}

}  // namespace
}  // namespace parley
