// SPDX-License-Identifier: Apache-2.0
#include "apps/lab/world/keys.h"

#include <array>

#include "core/base/prng.h"

namespace parley {
namespace {

using Entropy = std::array<std::uint8_t, 32>;

Entropy draw_entropy(Prng& prng) {
  Entropy entropy{};
  for (std::size_t i = 0; i < entropy.size(); i += 8) {
    const std::uint64_t word = prng.next();
    for (std::size_t j = 0; j < 8; ++j) {
      entropy[i + j] = static_cast<std::uint8_t>(word >> (8 * j));
    }
  }
  return entropy;
}

/// What all nodes' rings of one mechanism point into.
struct Shared {
  std::uint32_t nodes_count = 0;
  std::vector<Entropy> pair_secrets;  ///< At low * nodes_count + high.
  std::vector<KeyPair> key_pairs;
};

std::shared_ptr<const Shared> make_shared_keys(const Mechanism& mechanism,
                                               std::uint32_t nodes_count, Prng prng) {
  auto shared = std::make_shared<Shared>();
  shared->nodes_count = nodes_count;
  switch (mechanism.factory->key_material()) {
    case KeyMaterial::None:
      break;
    case KeyMaterial::PairSecret:
      shared->pair_secrets.resize(std::size_t{nodes_count} * nodes_count);
      for (Entropy& secret : shared->pair_secrets) secret = draw_entropy(prng);
      break;
    case KeyMaterial::KeyPair:
      for (std::uint32_t node = 0; node < nodes_count; ++node) {
        shared->key_pairs.push_back(mechanism.factory->make_key_pair(draw_entropy(prng)));
      }
      break;
  }
  return shared;
}

}  // namespace

class SimulatedKeys::Ring final : public KeyRing {
 public:
  Ring(PrincipalId self, std::shared_ptr<const Shared> shared)
      : self_(self), shared_(std::move(shared)) {}

  ByteView pair_secret(PrincipalId peer) const override {
    if (shared_->pair_secrets.empty() || peer.value >= shared_->nodes_count) return {};
    const std::uint32_t low = std::min(self_.value, peer.value);
    const std::uint32_t high = std::max(self_.value, peer.value);
    return shared_->pair_secrets[std::size_t{low} * shared_->nodes_count + high];
  }
  ByteView private_key() const override {
    if (shared_->key_pairs.empty()) return {};
    return shared_->key_pairs[self_.value].private_key;
  }
  ByteView public_key(PrincipalId principal) const override {
    if (principal.value >= shared_->key_pairs.size()) return {};
    return shared_->key_pairs[principal.value].public_key;
  }

 private:
  PrincipalId self_;
  std::shared_ptr<const Shared> shared_;
};

class SimulatedKeys::NodeKeys final : public Keys {
 public:
  const KeyRing& ring(std::uint8_t mechanism) const override { return rings[mechanism]; }
  std::vector<Ring> rings;
};

SimulatedKeys::SimulatedKeys(const Tables& tables, std::uint64_t seed) {
  const auto nodes_count = static_cast<std::uint32_t>(tables.deployment.principals.size());
  Prng prng{seed};
  std::vector<std::shared_ptr<const Shared>> shared;
  for (const Mechanism& mechanism : tables.mechanisms) {
    shared.push_back(make_shared_keys(mechanism, nodes_count, prng.fork()));
  }
  for (std::uint32_t node = 0; node < nodes_count; ++node) {
    nodes_.push_back(std::make_unique<NodeKeys>());
    for (const auto& keys : shared) nodes_.back()->rings.emplace_back(PrincipalId{node}, keys);
  }
}

SimulatedKeys::~SimulatedKeys() = default;

const Keys& SimulatedKeys::of(PrincipalId node) const {
  return *nodes_[node.value];
}

}  // namespace parley
