// SPDX-License-Identifier: Apache-2.0
#include "plugins/authenticator/hmac_sha256/hmac_sha256.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "core/base/digest.h"
#include "tests/fixtures/fixed_key_ring.h"

namespace parley::hmac_sha256 {
namespace {

constexpr PrincipalId alice{3};
constexpr PrincipalId bob{19};  // Same stripe of locks as alice.

class HmacSha256Test : public ::testing::Test {
 protected:
  HmacSha256Test() {
    alices_.secrets[bob] = Bytes(32, 0x42);
    bobs_.secrets[alice] = Bytes(32, 0x42);
    alices_own_ = Factory{}.create(alice, alices_, {});
    bobs_own_ = Factory{}.create(bob, bobs_, {});
  }

  testing::FixedKeyRing alices_;
  testing::FixedKeyRing bobs_;
  std::unique_ptr<Authenticator> alices_own_;
  std::unique_ptr<Authenticator> bobs_own_;
  Bytes message_ = to_bytes("a promise");
};

// Goal: nodes of two builds must understand each other. The value was computed
// with Python's hmac from the construction in the plugin's README.
TEST_F(HmacSha256Test, EvidenceIsTheSameForEver) {
  EXPECT_EQ(to_hex(*alices_own_->seal(message_, {bob})),
            "4320c983efed11b68a9109ce844cad88c0f85b587af039245482c37637b78fb8");
}

TEST_F(HmacSha256Test, ConvincesTheVerifierAndNotTheIssuer) {
  const Bytes evidence = *alices_own_->seal(message_, {bob});
  EXPECT_TRUE(bobs_own_->check(alice, message_, evidence));
  EXPECT_FALSE(alices_own_->check(bob, message_, evidence));
}

TEST_F(HmacSha256Test, WithoutASecretThereIsNoEvidence) {
  EXPECT_TRUE(alices_own_->seal(message_, {PrincipalId{5}})->empty());
  EXPECT_FALSE(alices_own_->check(PrincipalId{5}, message_, Bytes(32)));
}

TEST_F(HmacSha256Test, SecretsOfTheWrongSizeOrOfZerosAreNone) {
  for (const Bytes& secret : {Bytes(31, 1), Bytes(33, 1), Bytes(32, 0)}) {
    testing::FixedKeyRing ring;
    ring.secrets[bob] = secret;
    EXPECT_TRUE(Factory{}.create(alice, ring, {})->seal(message_, {bob})->empty());
  }
}

TEST_F(HmacSha256Test, ManyThreadsMaySealAndCheck) {
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      const Bytes text(static_cast<std::size_t>(t) * 37 + 1, 7);
      for (int i = 0; i < 500; ++i) {
        const Bytes evidence = *alices_own_->seal(text, {bob});
        if (!bobs_own_->check(alice, text, evidence)) ++wrong;
        if (bobs_own_->check(alice, message_, evidence)) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace parley::hmac_sha256
