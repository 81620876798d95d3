// SPDX-License-Identifier: Apache-2.0
//
// The conformance suite must find what is wrong: each flawed authenticator here
// has one flaw, and the suite names the rule it breaks.
#include <gtest/gtest.h>

#include <map>

#include "apps/lab/conformance/conformance.h"
#include "plugins/authenticator/ed25519/ed25519.h"
#include "plugins/authenticator/hmac_sha256/hmac_sha256.h"
#include "plugins/authenticator/ideal/ideal.h"
#include "plugins/authenticator/plain/plain.h"
#include "tests/fixtures/authenticator_interactive/interactive.h"

namespace parley {
namespace {

constexpr std::uint64_t authenticates = PARLEY_GUARANTEE_AUTHENTICATES;
constexpr std::uint64_t auditable = authenticates | PARLEY_GUARANTEE_CONVINCES_AUDITORS;

/// The rules that the factory breaks when it declares those guarantees.
std::vector<std::string> broken_rules(std::shared_ptr<AuthenticatorFactory> factory,
                                      std::uint64_t guarantees,
                                      std::vector<parley_field> fields = {}) {
  parley_plugin descriptor{};
  descriptor.kind = PARLEY_KIND_AUTHENTICATOR;
  descriptor.name = "tested";
  descriptor.guarantees = guarantees;
  descriptor.fields = fields.data();
  descriptor.fields_count = static_cast<std::uint32_t>(fields.size());
  std::vector<std::string> broken;
  for (const Finding& finding : check_authenticator({&descriptor, std::move(factory)})) {
    if (!finding.passed) broken.push_back(finding.rule + ": " + finding.detail);
  }
  return broken;
}

bool mentions(const std::vector<std::string>& rules, std::string_view words) {
  for (const std::string& rule : rules) {
    if (rule.find(words) != std::string::npos) return true;
  }
  return false;
}

using Strings = std::vector<std::string>;

TEST(AuthenticatorSuiteTest, OursPass) {
  EXPECT_EQ(broken_rules(std::make_shared<plain::Factory>(), PARLEY_GUARANTEE_NEEDS_PRIVATE_LINK),
            Strings{});
  EXPECT_EQ(broken_rules(std::make_shared<ideal::Factory>(),
                         auditable | PARLEY_GUARANTEE_EXPLORATION_ONLY),
            Strings{});
  EXPECT_EQ(broken_rules(std::make_shared<hmac_sha256::Factory>(), authenticates), Strings{});
  EXPECT_EQ(broken_rules(std::make_shared<ed25519::Factory>(), auditable), Strings{});
}

TEST(AuthenticatorSuiteTest, DrivesInteractiveMechanisms) {
  const parley_field party{"party", PARLEY_FIELD_GROUP, 1, nullptr, 0, 0, "Who countersigns."};
  EXPECT_EQ(broken_rules(std::make_shared<interactive::Factory>(),
                         auditable | PARLEY_GUARANTEE_INTERACTIVE, {party}),
            Strings{});
  EXPECT_TRUE(mentions(broken_rules(std::make_shared<interactive::Factory>(), auditable, {party}),
                       "exactly when declared interactive"));
}

TEST(AuthenticatorSuiteTest, FindsFalseDeclarations) {
  EXPECT_TRUE(mentions(broken_rules(std::make_shared<hmac_sha256::Factory>(), auditable),
                       "exactly when that is declared"));
  EXPECT_TRUE(mentions(broken_rules(std::make_shared<ed25519::Factory>(), authenticates),
                       "exactly when that is declared"));
  EXPECT_TRUE(
      mentions(broken_rules(std::make_shared<plain::Factory>(), authenticates), "any bit flipped"));
  EXPECT_TRUE(mentions(broken_rules(std::make_shared<ideal::Factory>(), auditable),
                       "has keys, another party"));
}

/// hmac_sha256 with one flaw in how it checks.
class Flawed final : public Authenticator {
 public:
  using Check = bool (*)(const Authenticator& sound, PrincipalId, ByteView, ByteView);
  Flawed(std::unique_ptr<Authenticator> sound, Check flaw)
      : sound_(std::move(sound)), flaw_(flaw) {}

  std::optional<Bytes> seal(ByteView message, const PrincipalSet& verifiers) const override {
    return sound_->seal(message, verifiers);
  }
  bool check(PrincipalId issuer, ByteView message, ByteView evidence) const override {
    return flaw_(*sound_, issuer, message, evidence);
  }

 private:
  std::unique_ptr<Authenticator> sound_;
  Check flaw_;
};

class FlawedFactory final : public AuthenticatorFactory {
 public:
  explicit FlawedFactory(Flawed::Check check) : check_(check) {}
  KeyMaterial key_material() const override { return KeyMaterial::PairSecret; }
  bool seals_per_verifier() const override { return true; }
  bool check_is_costly() const override { return false; }
  KeyPair make_key_pair(ByteView /*entropy*/) const override { return {}; }
  std::unique_ptr<Authenticator> create(PrincipalId self, const KeyRing& ring,
                                        const Config& config) const override {
    return std::make_unique<Flawed>(hmac_sha256::Factory{}.create(self, ring, config), check_);
  }

 private:
  Flawed::Check check_;
};

TEST(AuthenticatorSuiteTest, FindsAComparisonThatStopsShort) {
  const auto broken = broken_rules(
      std::make_shared<FlawedFactory>(
          [](const Authenticator& sound, PrincipalId issuer, ByteView message, ByteView evidence) {
            if (evidence.size() < 32) return false;
            return sound.check(issuer, message, evidence.first(32));  // Whatever follows.
          }),
      authenticates);
  EXPECT_TRUE(mentions(broken, "any bit flipped, more or less"));
}

TEST(AuthenticatorSuiteTest, FindsAnAnonymousIssuer) {
  const auto broken =
      broken_rules(std::make_shared<FlawedFactory>([](const Authenticator& sound, PrincipalId,
                                                      ByteView message, ByteView evidence) {
                     return sound.check(PrincipalId{0}, message, evidence);
                   }),
                   authenticates);
  EXPECT_TRUE(mentions(broken, "another issuer's name"));
}

TEST(AuthenticatorSuiteTest, FindsEvidenceThatNeedsNoKey) {
  const auto broken = broken_rules(
      std::make_shared<FlawedFactory>(
          [](const Authenticator& sound, PrincipalId issuer, ByteView message, ByteView evidence) {
            return evidence.empty() || sound.check(issuer, message, evidence);
          }),
      authenticates);
  EXPECT_TRUE(mentions(broken, "without fit keys nothing verifies"));
  EXPECT_TRUE(mentions(broken, "what is sealed without fit keys convinces nobody"));
}

/// Pads or cuts every secret to the size that hmac_sha256 wants.
class Stretched final : public KeyRing {
 public:
  explicit Stretched(const KeyRing& ring) : ring_(ring) {}
  ByteView pair_secret(PrincipalId peer) const override {
    Bytes& secret = secrets_[peer];
    secret = to_bytes(ring_.pair_secret(peer));
    secret.resize(hmac_sha256::secret_size);
    return secret;
  }
  ByteView private_key() const override { return {}; }
  ByteView public_key(PrincipalId /*principal*/) const override { return {}; }

 private:
  const KeyRing& ring_;
  mutable std::map<PrincipalId, Bytes> secrets_;
};

class StretchingFactory final : public AuthenticatorFactory {
 public:
  KeyMaterial key_material() const override { return KeyMaterial::PairSecret; }
  bool seals_per_verifier() const override { return true; }
  bool check_is_costly() const override { return false; }
  KeyPair make_key_pair(ByteView /*entropy*/) const override { return {}; }
  std::unique_ptr<Authenticator> create(PrincipalId self, const KeyRing& ring,
                                        const Config& config) const override {
    rings_.push_back(std::make_unique<Stretched>(ring));
    return hmac_sha256::Factory{}.create(self, *rings_.back(), config);
  }

 private:
  mutable std::vector<std::unique_ptr<Stretched>> rings_;
};

TEST(AuthenticatorSuiteTest, FindsKeysOfTheWrongSizeThatAreMadeToFit) {
  const auto broken = broken_rules(std::make_shared<StretchingFactory>(), authenticates);
  EXPECT_TRUE(mentions(broken, "one unfit key on both sides proves nothing"));
  EXPECT_FALSE(mentions(broken, "any bit flipped"));
}

}  // namespace
}  // namespace parley
