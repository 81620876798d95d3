// SPDX-License-Identifier: Apache-2.0
#include "core/host/crypto/sha256.h"

#include <gtest/gtest.h>

namespace parley {
namespace {

// FIPS 180-4 examples; called twice, because the hash object is kept.
TEST(Sha256Test, AgreesWithTheStandard) {
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(to_hex(sha256({}).bytes),
              "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(to_hex(sha256(view_of("abc")).bytes),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  }
}

}  // namespace
}  // namespace parley
