// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <set>

#include "core/host/crypto/sha256.h"
#include "core/host/keys/generate_keys.h"
#include "core/host/keys/key_file.h"
#include "core/host/keys/list_keys.h"
#include "core/host/keys/load_keys.h"

namespace parley {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

/// Only asked for its keys.
template <KeyMaterial material>
class KeyedFactory final : public AuthenticatorFactory {
 public:
  KeyMaterial key_material() const override { return material; }
  bool seals_per_verifier() const override { return false; }
  bool check_is_costly() const override { return false; }
  KeyPair make_key_pair(ByteView entropy) const override {
    return {to_bytes(entropy), to_bytes(ByteView{sha256(entropy).bytes})};
  }
  std::unique_ptr<Authenticator> create(PrincipalId, const KeyRing&, const Config&) const override {
    return nullptr;
  }
};

parley_plugin descriptor(const char* name) {
  parley_plugin plugin{};
  plugin.kind = PARLEY_KIND_AUTHENTICATOR;
  plugin.name = name;
  return plugin;
}

constexpr PrincipalId r1{0};
constexpr PrincipalId r2{1};
constexpr PrincipalId r3{2};

class KeysTest : public testing::Test {
 protected:
  KeysTest() {
    std::string pattern = testing::TempDir() + "/keys_XXXXXX";
    deployment_.data_dir = mkdtemp(pattern.data());
    deployment_.principals = {{.name = "r1"}, {.name = "r2"}, {.name = "r3"}, {.name = "idle"}};
    deployment_.authentication.push_back(
        {.scope = {.from = {r1, r2, r3},
                   .to = {r1, r2, r3},
                   .both_ways = true,
                   .line = {"configs/x.toml", 7}},
         .mechanisms = {{"mac", {}}, {"signature", {}}, {"none", {}}}});
    add("mac", std::make_shared<KeyedFactory<KeyMaterial::PairSecret>>());
    add("signature", std::make_shared<KeyedFactory<KeyMaterial::KeyPair>>());
    add("none", std::make_shared<KeyedFactory<KeyMaterial::None>>());
  }
  ~KeysTest() override { fs::remove_all(deployment_.data_dir); }

  void add(const char* name, std::shared_ptr<AuthenticatorFactory> factory) {
    descriptors_.push_back(std::make_unique<parley_plugin>(descriptor(name)));
    ASSERT_TRUE(
        catalogue_.add({descriptors_.back().get(), std::shared_ptr<void>(factory, factory.get())}));
  }

  fs::path file(const std::string& node, const std::string& mechanism, const std::string& name) {
    return fs::path{deployment_.data_dir} / "keys" / node / mechanism / "epoch_1" / name;
  }

  Result<GeneratedKeys> generate(std::optional<PrincipalId> node = {}) {
    return generate_keys(deployment_, catalogue_, node);
  }

  Result<std::unique_ptr<Keys>> load(PrincipalId self) {
    tables_.deployment = deployment_;
    tables_.mechanisms.clear();
    for (const PluginUse& use : deployment_.authentication.front().mechanisms) {
      tables_.mechanisms.push_back({use.name, catalogue_.authenticator(use.name), use.config, 0});
    }
    return load_keys(tables_, self, deployment_.data_dir);
  }

  Deployment deployment_;
  Catalogue catalogue_;
  Tables tables_;
  std::vector<std::unique_ptr<parley_plugin>> descriptors_;
};

TEST_F(KeysTest, MakesWhatIsNeededAndNothingElse) {
  const auto keys = generate();
  ASSERT_TRUE(keys) << keys.error().message;
  // Three pairs at both ends; three private keys, and three public ones at three nodes.
  EXPECT_EQ(keys->made.size(), 6u + 3u + 9u);
  EXPECT_EQ(std::set<fs::path>(keys->made.begin(), keys->made.end()).size(), 18u);
  EXPECT_FALSE(fs::exists(fs::path{deployment_.data_dir} / "keys" / "idle"));
}

TEST_F(KeysTest, MakesNothingTwice) {
  ASSERT_TRUE(generate());
  const auto again = generate();
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->made.empty());
  const auto one = generate(r2);
  ASSERT_TRUE(one);
  EXPECT_TRUE(one->made.empty());
}

TEST_F(KeysTest, BothEndsHoldOneSecretAndPairsDiffer) {
  ASSERT_TRUE(generate());
  const auto first = load(r1);
  const auto second = load(r2);
  ASSERT_TRUE(first) << first.error().message;
  ASSERT_TRUE(second);
  const KeyRing& ring = (*first)->ring(0);
  EXPECT_EQ(ring.pair_secret(r2).size(), 32u);
  EXPECT_TRUE(equal(ring.pair_secret(r2), (*second)->ring(0).pair_secret(r1)));
  EXPECT_FALSE(equal(ring.pair_secret(r2), ring.pair_secret(r3)));
  EXPECT_TRUE(ring.pair_secret(r1).empty());
  EXPECT_TRUE((*first)->ring(2).private_key().empty());
}

TEST_F(KeysTest, EverybodyHoldsThePublicKeys) {
  ASSERT_TRUE(generate());
  const auto first = load(r1);
  const auto second = load(r2);
  ASSERT_TRUE(first);
  ASSERT_TRUE(second);
  const KeyRing& ring = (*first)->ring(1);
  EXPECT_TRUE(equal(ring.public_key(r1), ByteView{sha256(ring.private_key()).bytes}));
  EXPECT_TRUE(equal((*second)->ring(1).public_key(r1), ring.public_key(r1)));
  EXPECT_FALSE(equal((*second)->ring(1).private_key(), ring.private_key()));
}

TEST_F(KeysTest, MissingKeysNameTheCommandThatMakesThem) {
  const auto none = load(r1);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::Configuration);
  EXPECT_THAT(none.error().message, HasSubstr("parley keys gen configs/x.toml --node r1"));
  EXPECT_THAT(none.error().message, HasSubstr("pair_r2.secret is missing and 5 keys more"));
  // And that command is enough.
  ASSERT_TRUE(generate(r1));
  EXPECT_TRUE(load(r1));
  EXPECT_FALSE(load(r2));
}

TEST_F(KeysTest, OneNodeAfterTheOtherFitTogether) {
  ASSERT_TRUE(generate(r1));
  ASSERT_TRUE(generate(r2));
  ASSERT_TRUE(generate(r3));
  const auto first = load(r1);
  const auto third = load(r3);
  ASSERT_TRUE(first);
  ASSERT_TRUE(third);
  EXPECT_TRUE(equal((*first)->ring(0).pair_secret(r3), (*third)->ring(0).pair_secret(r1)));
  EXPECT_TRUE(equal((*first)->ring(1).public_key(r3), (*third)->ring(1).public_key(r3)));
}

// Goal: on a machine that was given its own folder only, nothing else is needed.
TEST_F(KeysTest, ANodeNeedsItsOwnFolderOnly) {
  ASSERT_TRUE(generate());
  fs::remove_all(fs::path{deployment_.data_dir} / "keys" / "r2");
  fs::remove_all(fs::path{deployment_.data_dir} / "keys" / "r3");
  EXPECT_TRUE(load(r1));
  const auto again = generate(r1);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_TRUE(again->made.empty());
}

TEST_F(KeysTest, ALostPrivateKeyIsNotReplaced) {
  ASSERT_TRUE(generate());
  fs::remove(file("r1", "signature", "private.secret"));
  const auto keys = generate(r1);
  ASSERT_FALSE(keys);
  EXPECT_THAT(keys.error().message, HasSubstr("private.secret: missing, while"));
}

TEST_F(KeysTest, EndsThatDisagreeAreRefused) {
  ASSERT_TRUE(generate());
  std::ofstream{file("r2", "mac", "pair_r1.secret"), std::ios::trunc} << std::string(64, 'b');
  const auto secrets = generate();
  ASSERT_FALSE(secrets);
  EXPECT_THAT(secrets.error().message, HasSubstr("expected the same secret"));
  fs::remove(file("r2", "mac", "pair_r1.secret"));
  std::ofstream{file("r2", "signature", "r1.public"), std::ios::trunc} << std::string(64, 'b');
  const auto publics = generate();
  ASSERT_FALSE(publics);
  EXPECT_THAT(publics.error().message, HasSubstr("found another"));
}

TEST_F(KeysTest, AnEndThatIsMissingIsCopied) {
  ASSERT_TRUE(generate());
  fs::remove(file("r2", "mac", "pair_r1.secret"));
  const auto keys = generate();
  ASSERT_TRUE(keys);
  ASSERT_EQ(keys->made.size(), 1u);
  EXPECT_TRUE(load(r2));
}

TEST_F(KeysTest, ASecretOfTheWrongLengthIsRefused) {
  ASSERT_TRUE(generate());
  std::ofstream{file("r1", "mac", "pair_r2.secret"), std::ios::trunc} << "abcd\n";
  const auto keys = load(r1);
  ASSERT_FALSE(keys);
  EXPECT_THAT(keys.error().message, HasSubstr("expected a secret of 32 bytes, found 2"));
}

TEST_F(KeysTest, ASecretThatOthersCanReadStopsTheNode) {
  ASSERT_TRUE(generate());
  ASSERT_EQ(chmod(file("r1", "signature", "private.secret").c_str(), 0644), 0);
  const auto keys = load(r1);
  ASSERT_FALSE(keys);
  EXPECT_THAT(keys.error().message, HasSubstr("chmod 600 "));
}

TEST_F(KeysTest, ANewEpochHasNewKeys) {
  ASSERT_TRUE(generate());
  const auto before = load(r1);
  deployment_.key_epoch = 2;
  EXPECT_FALSE(load(r1));
  const auto made = generate();
  ASSERT_TRUE(made);
  EXPECT_EQ(made->made.size(), 18u);
  const auto after = load(r1);
  ASSERT_TRUE(before);
  ASSERT_TRUE(after);
  EXPECT_FALSE(equal((*before)->ring(0).pair_secret(r2), (*after)->ring(0).pair_secret(r2)));
}

std::string content(const fs::path& path) {
  std::ifstream in{path};
  std::string text;
  std::getline(in, text);
  return text;
}

TEST_F(KeysTest, ListsEveryKeyAndNoSecret) {
  const auto missing = list_keys(deployment_, catalogue_, std::nullopt);
  ASSERT_EQ(missing.size(), 18u);
  for (const ListedKey& key : missing) EXPECT_EQ(key.problem, "missing");
  ASSERT_TRUE(generate());
  std::map<std::string, int> fingerprints;
  for (const ListedKey& key : list_keys(deployment_, catalogue_, std::nullopt)) {
    EXPECT_EQ(key.problem, "");
    EXPECT_EQ(key.fingerprint.size(), std::string{"sha256:"}.size() + 32);
    ++fingerprints[key.fingerprint];
    if (key.file.extension() != ".secret") continue;
    const std::string secret = content(key.file);
    EXPECT_THAT(key.fingerprint, Not(HasSubstr(secret.substr(0, 16))));
    // Nor the digest that a mechanism might use.
    EXPECT_THAT(to_hex(sha256(view_of(secret)).bytes), Not(HasSubstr(key.fingerprint.substr(7))));
  }
  // Both ends of a pair, and all holders of a public key, show the same.
  EXPECT_EQ(fingerprints.size(), 3u + 3u + 3u);
  EXPECT_EQ(list_keys(deployment_, catalogue_, r1).size(), 6u);
}

}  // namespace
}  // namespace parley
