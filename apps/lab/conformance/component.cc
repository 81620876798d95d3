// SPDX-License-Identifier: Apache-2.0
//
// The rules of a component: total, and deterministic in the calls so far, so
// that simulation and replay of a program see what production saw.
#include <array>

#include "apps/lab/conformance/conformance.h"
#include "apps/lab/conformance/default_config.h"
#include "core/base/digest.h"
#include "core/base/prng.h"

namespace parley {
namespace {

constexpr std::uint32_t calls_count = 200;

Bytes some_bytes(Prng& random) {
  Bytes bytes(static_cast<std::size_t>(random.below(40)));
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random.next());
  return bytes;
}

std::string some_name(Prng& random) {
  constexpr std::array<std::string_view, 6> names = {"",     "apply",        "choose",
                                                     "echo", "no such name", "validate"};
  return std::string(names[random.below(names.size())]);
}

/// One random call or upcall, the same for the same generator.
Bytes one_call(Component& component, Prng& random) {
  const std::string name = some_name(random);
  const Bytes arguments = some_bytes(random);
  if (random.chance(300'000)) {
    component.upcall(name, arguments);
    return {};
  }
  return component.call(name, arguments);
}

void check_totality(const ComponentFactory& factory, const Config& config, Findings& findings) {
  constexpr const char* rule = "an unknown function answers empty bytes";
  const auto component = factory.create(PrincipalId{0}, config);
  Prng random{1};
  for (std::uint32_t i = 0; i < calls_count; ++i) {
    const Bytes answer =
        component->call("parley conformance: no such function", some_bytes(random));
    if (!answer.empty()) return (void)expect(findings, rule, false, "answered " + to_hex(answer));
  }
  expect(findings, rule, true);
}

void check_determinism(const ComponentFactory& factory, const Config& config, Findings& findings) {
  constexpr const char* rule = "equal calls give equal answers, whatever other instances did";
  const auto first = factory.create(PrincipalId{0}, config);
  const auto second = factory.create(PrincipalId{0}, config);
  const auto other = factory.create(PrincipalId{1}, config);
  Prng of_first{7};
  Prng of_second{7};
  Prng of_other{8};
  for (std::uint32_t i = 0; i < calls_count; ++i) {
    const Bytes expected = one_call(*first, of_first);
    one_call(*other, of_other);
    const Bytes found = one_call(*second, of_second);
    if (expected == found) continue;
    expect(findings, rule, false,
           "call " + std::to_string(i) + ": " + to_hex(expected) + " and " + to_hex(found));
    return;
  }
  expect(findings, rule, true);
}

}  // namespace

Findings check_component(const Plugin& plugin) {
  const auto& factory = *static_cast<const ComponentFactory*>(plugin.factory.get());
  const Config config = default_config(*plugin.descriptor);
  Findings findings;
  for (std::uint32_t self = 0; self < 3; ++self) {
    if (!expect(findings, "a component is made for every principal",
                factory.create(PrincipalId{self}, config) != nullptr)) {
      return findings;
    }
  }
  check_totality(factory, config, findings);
  check_determinism(factory, config, findings);
  return findings;
}

}  // namespace parley
