// SPDX-License-Identifier: Apache-2.0
//
// Seal and check of every authenticator, between two principals, over messages
// of 64 and 1,024 bytes.
#include <benchmark/benchmark.h>

#include "apps/lab/conformance/default_config.h"
#include "tests/bench/core_setting.h"

namespace parley::bench {
namespace {

constexpr PrincipalId issuer{0};
constexpr PrincipalId verifier{1};

/// Keys of a deployment of two: one shared secret, one key pair each.
class Ring final : public KeyRing {
 public:
  Ring(const AuthenticatorFactory& factory, PrincipalId self) : self_(self) {
    if (factory.key_material() != KeyMaterial::KeyPair) return;
    for (std::uint8_t i = 0; i < 2; ++i) pairs_[i] = factory.make_key_pair(Bytes(32, i));
  }
  ByteView pair_secret(PrincipalId /*peer*/) const override { return secret_; }
  ByteView private_key() const override { return pairs_[self_.value].private_key; }
  ByteView public_key(PrincipalId principal) const override {
    return pairs_[principal.value].public_key;
  }

 private:
  PrincipalId self_;
  Bytes secret_ = Bytes(32, 0x77);
  KeyPair pairs_[2];
};

struct Pair {
  Pair(const AuthenticatorFactory& factory, const Config& config)
      : issuer_ring(factory, issuer),
        verifier_ring(factory, verifier),
        sealing(factory.create(issuer, issuer_ring, config)),
        checking(factory.create(verifier, verifier_ring, config)) {}

  Ring issuer_ring;
  Ring verifier_ring;
  std::unique_ptr<Authenticator> sealing;
  std::unique_ptr<Authenticator> checking;
};

void seal(benchmark::State& state, const Plugin* plugin) {
  const auto& factory = *static_cast<const AuthenticatorFactory*>(plugin->factory.get());
  const Pair pair(factory, default_config(*plugin->descriptor));
  const Bytes message(static_cast<std::size_t>(state.range(0)), 0x5A);
  for (auto _ : state) {
    auto evidence = pair.sealing->seal(message, {verifier});
    benchmark::DoNotOptimize(evidence);
  }
  state.SetItemsProcessed(state.iterations());
}

void check(benchmark::State& state, const Plugin* plugin) {
  const auto& factory = *static_cast<const AuthenticatorFactory*>(plugin->factory.get());
  const Pair pair(factory, default_config(*plugin->descriptor));
  const Bytes message(static_cast<std::size_t>(state.range(0)), 0x5A);
  const auto evidence = pair.sealing->seal(message, {verifier});
  if (!evidence || !pair.checking->check(issuer, message, *evidence)) {
    state.SkipWithError("its own evidence does not convince");
    return;
  }
  for (auto _ : state) {
    benchmark::DoNotOptimize(pair.checking->check(issuer, message, *evidence));
  }
  state.SetItemsProcessed(state.iterations());
}

}  // namespace

void register_authenticators() {
  for (const Plugin* plugin : catalogue().of_kind(PARLEY_KIND_AUTHENTICATOR)) {
    // Its evidence takes messages of its own; it has no speed of a single call.
    if ((plugin->descriptor->guarantees & PARLEY_GUARANTEE_INTERACTIVE) != 0) continue;
    const std::string name = plugin->descriptor->name;
    for (const std::int64_t size : {64, 1024}) {
      benchmark::RegisterBenchmark((name + "/seal").c_str(), seal, plugin)->Arg(size);
      benchmark::RegisterBenchmark((name + "/check").c_str(), check, plugin)->Arg(size);
    }
  }
}

}  // namespace parley::bench
