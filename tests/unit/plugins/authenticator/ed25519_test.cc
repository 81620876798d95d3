// SPDX-License-Identifier: Apache-2.0
#include "plugins/authenticator/ed25519/ed25519.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "core/base/digest.h"
#include "tests/fixtures/fixed_key_ring.h"

namespace parley::ed25519 {
namespace {

constexpr PrincipalId issuer{0};

Bytes from_hex(std::string_view hex) {
  Bytes bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(
        static_cast<std::uint8_t>(std::stoi(std::string{hex.substr(i, 2)}, nullptr, 16)));
  }
  return bytes;
}

/// RFC 8032 §7.1, TEST 2.
constexpr std::string_view seed_hex =
    "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
constexpr std::string_view public_hex =
    "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
constexpr std::string_view signature_hex =
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";

class Ed25519Test : public ::testing::Test {
 protected:
  Ed25519Test() {
    ring_.own = from_hex(seed_hex);
    ring_.public_keys[issuer] = from_hex(public_hex);
    authenticator_ = Factory{}.create(issuer, ring_, {});
  }

  testing::FixedKeyRing ring_;
  std::unique_ptr<Authenticator> authenticator_;
  Bytes message_{0x72};
};

TEST_F(Ed25519Test, AgreesWithTheStandard) {
  EXPECT_EQ(to_hex(Factory{}.make_key_pair(from_hex(seed_hex)).public_key), public_hex);
  EXPECT_EQ(to_hex(*authenticator_->seal(message_, {})), signature_hex);
  EXPECT_TRUE(authenticator_->check(issuer, message_, from_hex(signature_hex)));
}

// Goal: adding the group's order to the scalar gives a second signature that
// Botan 2 accepts; evidence that anybody can vary is no identity.
TEST_F(Ed25519Test, SignaturesHaveOneForm) {
  const Bytes order = from_hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
  Bytes varied = from_hex(signature_hex);
  unsigned carry = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    carry += static_cast<unsigned>(varied[32 + i]) + order[i];
    varied[32 + i] = static_cast<std::uint8_t>(carry);
    carry >>= 8;
  }
  ASSERT_EQ(carry, 0u);
  EXPECT_FALSE(authenticator_->check(issuer, message_, varied));
}

TEST_F(Ed25519Test, KeysOfTheWrongSizeAreNone) {
  EXPECT_TRUE(Factory{}.make_key_pair(Bytes(31)).public_key.empty());
  ring_.own.pop_back();
  ring_.public_keys[issuer].pop_back();
  const auto crippled = Factory{}.create(issuer, ring_, {});
  EXPECT_TRUE(crippled->seal(message_, {})->empty());
  EXPECT_FALSE(crippled->check(issuer, message_, from_hex(signature_hex)));
}

TEST_F(Ed25519Test, ManyThreadsMaySealAndCheck) {
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i) {
        const Bytes evidence = *authenticator_->seal(message_, {});
        if (to_hex(evidence) != signature_hex) ++wrong;
        if (!authenticator_->check(issuer, message_, evidence)) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace parley::ed25519
