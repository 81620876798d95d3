// SPDX-License-Identifier: Apache-2.0
#include "plugins/authenticator/ideal/ideal.h"

#include <cstring>

namespace parley::ideal {
namespace {

__extension__ using Product = unsigned __int128;

std::uint64_t load(const std::uint8_t* bytes) {
  std::uint64_t word;
  std::memcpy(&word, bytes, sizeof(word));
  return word;
}

std::uint64_t fold(std::uint64_t left, std::uint64_t right) {
  const Product product = static_cast<Product>(left) * right;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

/// One multiplication for each sixteen bytes: a simulated message costs a few
/// nanoseconds. The kernel's Fingerprint takes one for each eight.
std::uint64_t sum_of(PrincipalId issuer, ByteView message) {
  constexpr std::uint64_t first_key = 0x9E3779B97F4A7C15;
  constexpr std::uint64_t second_key = 0xD1B54A32D192ED03;
  std::uint64_t sum = fold(issuer.value ^ first_key, message.size() ^ second_key);
  const std::uint8_t* next = message.data();
  std::size_t left = message.size();
  for (; left >= 16; left -= 16, next += 16) {
    sum = fold(load(next) ^ first_key ^ sum, load(next + 8) ^ second_key);
  }
  std::uint8_t tail[16] = {};
  if (left > 0) std::memcpy(tail, next, left);
  return fold(load(tail) ^ first_key ^ sum, load(tail + 8) ^ second_key) ^ sum;
}

class Ideal final : public Authenticator {
 public:
  explicit Ideal(PrincipalId self) : self_(self) {}

  std::optional<Bytes> seal(ByteView message, const PrincipalSet& /*verifiers*/) const override {
    const std::uint64_t sum = sum_of(self_, message);
    Bytes evidence(sizeof(sum));
    std::memcpy(evidence.data(), &sum, sizeof(sum));
    return evidence;
  }

  bool check(PrincipalId issuer, ByteView message, ByteView evidence) const override {
    return evidence.size() == sizeof(std::uint64_t) &&
           load(evidence.data()) == sum_of(issuer, message);
  }

 private:
  PrincipalId self_;
};

}  // namespace

KeyPair Factory::make_key_pair(ByteView /*entropy*/) const {
  return {};
}

std::unique_ptr<Authenticator> Factory::create(PrincipalId self, const KeyRing& /*ring*/,
                                               const Config& /*config*/) const {
  return std::make_unique<Ideal>(self);
}

}  // namespace parley::ideal
