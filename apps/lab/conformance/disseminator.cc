// SPDX-License-Identifier: Apache-2.0
//
// The rules of a disseminator: it names some of those who are to hear, never
// nobody, and the same ones after the same calls, whatever the calls were.
#include "apps/lab/conformance/conformance.h"
#include "apps/lab/conformance/default_config.h"
#include "core/base/prng.h"

namespace parley {
namespace {

constexpr std::uint32_t calls_count = 3'000;
constexpr std::uint32_t principals_count = 100;  // More than one word of a set.
constexpr PrincipalId self{3};

Bytes encoded(const Disseminator& disseminator) {
  Bytes out;
  StateWriter writer{out};
  disseminator.encode(writer);
  return out;
}

/// Whether clones are in the original's state, move alone, and move as it would.
bool clones_deeply(const Disseminator& original, const PrincipalSet& set, PrincipalId peer) {
  const Bytes before = encoded(original);
  const auto first = original.clone();
  const auto second = original.clone();
  if (first == nullptr || second == nullptr || encoded(*first) != before) return false;
  const auto move = [&](Disseminator& clone) {
    clone.on_escalation(set);
    clone.on_answer(peer);
    return clone.targets(set);
  };
  const PrincipalSet targets = move(*first);
  const bool apart = encoded(original) == before && encoded(*second) == before;
  return apart && move(*second) == targets && encoded(*second) == encoded(*first);
}

PrincipalSet some_principals(Prng& random) {
  PrincipalSet set;
  const std::uint32_t bound = random.chance(500'000) ? 5 : principals_count;
  for (std::uint64_t left = random.below(8); left > 0; --left) {
    set.insert(PrincipalId{static_cast<std::uint32_t>(random.below(bound))});
  }
  return set;
}

}  // namespace

Findings check_disseminator(const Plugin& plugin) {
  const auto& factory = *static_cast<const DisseminatorFactory*>(plugin.factory.get());
  const Config config = default_config(*plugin.descriptor);
  Findings findings;
  const auto first = factory.create(self, config);
  const auto twin = factory.create(self, config);
  if (!expect(findings, "a disseminator is made", first != nullptr && twin != nullptr)) {
    return findings;
  }

  bool subset = true;
  bool without_self = true;
  bool somebody = true;
  bool same = true;
  bool canonical = true;
  bool deep = true;
  Prng random{19};
  for (std::uint32_t i = 0; i < calls_count; ++i) {
    const PrincipalSet set = some_principals(random);
    const PrincipalId peer{static_cast<std::uint32_t>(random.below(principals_count))};
    const std::uint64_t dice = random.below(4);
    if (dice == 0) {
      first->on_answer(peer);
      twin->on_answer(peer);
    } else if (dice == 1) {
      first->on_escalation(set);
      twin->on_escalation(set);
    } else {
      const PrincipalSet targets = first->targets(set);
      PrincipalSet others = set;
      others.erase(self);
      subset = subset && set.includes(targets);
      without_self = without_self && !targets.contains(self);
      somebody = somebody && (others.empty() || !targets.empty());
      same = same && twin->targets(set) == targets;
    }
    canonical = canonical && encoded(*first) == encoded(*twin);
    deep = deep && clones_deeply(*first, set, peer);
  }
  expect(findings, "targets are a subset of the verifiers", subset);
  expect(findings, "the sender is no target", without_self);
  expect(findings, "there is a target whenever there is a verifier", somebody);
  expect(findings, "equal calls give equal targets", same);
  expect(findings, "equal states encode to equal bytes", canonical);
  expect(findings, "a clone is a deep copy", deep);
  return findings;
}

}  // namespace parley
