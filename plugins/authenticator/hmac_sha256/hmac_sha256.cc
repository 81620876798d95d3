// SPDX-License-Identifier: Apache-2.0
#include "plugins/authenticator/hmac_sha256/hmac_sha256.h"

#include <botan/mac.h>
#include <botan/mem_ops.h>

#include <algorithm>
#include <array>
#include <map>
#include <mutex>

#include "core/base/assert.h"
#include "core/base/codec.h"

namespace parley::hmac_sha256 {
namespace {

using Mac = Botan::MessageAuthenticationCode;

std::unique_ptr<Mac> make_mac(ByteView key) {
  auto mac = Mac::create_or_throw("HMAC(SHA-256)");
  mac->set_key(key.data(), key.size());
  return mac;
}

/// The MAC of one direction of a pair: its key is derived from the pair's
/// secret and both names in order, so a reflected message does not verify.
std::unique_ptr<Mac> make_direction(ByteView secret, PrincipalId issuer, PrincipalId verifier) {
  Bytes label;
  Writer writer{label};
  writer.text("parley hmac_sha256 direction 1");
  writer.u32(issuer.value);
  writer.u32(verifier.value);
  const auto derivation = make_mac(secret);
  derivation->update(label.data(), label.size());
  const Botan::secure_vector<std::uint8_t> key = derivation->final();
  return make_mac({key.data(), key.size()});
}

/// A secret of zeros is an uninitialised one.
bool usable(ByteView secret) {
  return secret.size() == secret_size &&
         std::any_of(secret.begin(), secret.end(), [](std::uint8_t byte) { return byte != 0; });
}

/// Keyed MACs of both directions. Using one is not thread-safe.
struct Pair {
  std::unique_ptr<Mac> outgoing;
  std::unique_ptr<Mac> incoming;
};

class HmacSha256 final : public Authenticator {
 public:
  HmacSha256(PrincipalId self, const KeyRing& ring) : self_(self), ring_(ring) {}

  std::optional<Bytes> seal(ByteView message, const PrincipalSet& verifiers) const override {
    PARLEY_ASSERT(verifiers.size() == 1);  // The kernel seals once per verifier.
    Bytes evidence;
    verifiers.for_each([&](PrincipalId verifier) {
      with_pair(verifier, [&](Pair& pair) {
        evidence.resize(evidence_size);
        pair.outgoing->update(message.data(), message.size());
        pair.outgoing->final(evidence.data());
      });
    });
    return evidence;
  }

  bool check(PrincipalId issuer, ByteView message, ByteView evidence) const override {
    if (evidence.size() != evidence_size) return false;
    bool convinced = false;
    with_pair(issuer, [&](Pair& pair) {
      std::array<std::uint8_t, evidence_size> expected;
      pair.incoming->update(message.data(), message.size());
      pair.incoming->final(expected.data());
      convinced = Botan::constant_time_compare(expected.data(), evidence.data(), evidence_size);
    });
    return convinced;
  }

 private:
  /// Peers share locks by number: keying a MAC costs more than using it, so
  /// keyed ones are kept, and an uncontended lock is a tenth of one use.
  struct alignas(64) Stripe {
    std::mutex mutex;
    std::map<PrincipalId, Pair> pairs;
  };
  static constexpr std::size_t stripes_count = 16;

  /// Runs `use` on the pair's MACs, alone; not at all when there is no secret.
  template <class Use>
  void with_pair(PrincipalId peer, Use&& use) const {
    Stripe& stripe = stripes_[peer.value % stripes_count];
    const std::lock_guard lock{stripe.mutex};
    auto found = stripe.pairs.find(peer);
    if (found == stripe.pairs.end()) {
      const ByteView secret = ring_.pair_secret(peer);
      // Not remembered: an issuer is any number that a peer cares to write.
      if (!usable(secret)) return;
      found = stripe.pairs
                  .emplace(peer, Pair{make_direction(secret, self_, peer),
                                      make_direction(secret, peer, self_)})
                  .first;
    }
    use(found->second);
  }

  PrincipalId self_;
  const KeyRing& ring_;
  mutable std::array<Stripe, stripes_count> stripes_;
};

}  // namespace

KeyPair Factory::make_key_pair(ByteView /*entropy*/) const {
  return {};
}

std::unique_ptr<Authenticator> Factory::create(PrincipalId self, const KeyRing& ring,
                                               const Config& /*config*/) const {
  return std::make_unique<HmacSha256>(self, ring);
}

}  // namespace parley::hmac_sha256
