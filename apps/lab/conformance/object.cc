// SPDX-License-Identifier: Apache-2.0
//
// The rules of an object: equal methods move equal states to equal states, a
// snapshot is the whole of the state, and nothing a caller can send is fatal.
#include <array>
#include <map>

#include "apps/lab/conformance/conformance.h"
#include "apps/lab/conformance/default_config.h"
#include "core/base/digest.h"
#include "core/base/prng.h"

namespace parley {
namespace {

constexpr std::uint32_t methods_count = 400;
constexpr std::size_t method_bytes_max = 40;

Bytes snapshot_of(const Object& object) {
  Bytes out;
  object.snapshot(out);
  return out;
}

Bytes some_bytes(Prng& random) {
  Bytes bytes(random.below(method_bytes_max));
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random.next());
  return bytes;
}

/// Methods that the object's own words give, random bytes, and words mangled:
/// a suite that knows no object still reaches the methods of many.
class Methods {
 public:
  explicit Methods(const Object& object) : random_(11) {
    constexpr std::array<const char*, 18> phrases = {
        "get",       "put a",       "put b",     "get a",      "set a 1", "set b 2",
        "acquire a", "acquire b",   "del a",     "push a",     "pop",     "acquire",
        "release",   "increment a", "release a", "append a b", "get 1",   "propose 1 1 0",
    };
    for (const char* phrase : phrases) {
      if (auto method = object.parse_method(phrase)) known_.push_back(std::move(*method));
    }
  }

  Bytes next() {
    const std::uint64_t dice = random_.below(4);
    if (known_.empty() || dice == 0) return some_bytes(random_);
    Bytes method = known_[random_.below(known_.size())];
    if (dice == 1) {
      const std::uint8_t byte = static_cast<std::uint8_t>(random_.next());
      if (method.empty() || random_.chance(300'000)) {
        method.push_back(byte);
      } else {
        method[random_.below(method.size())] = byte;
      }
    }
    return method;
  }

  std::size_t known_count() const { return known_.size(); }

 private:
  Prng random_;
  std::vector<Bytes> known_;
};

void check_methods(const ObjectFactory& factory, const Config& config, Findings& findings) {
  const auto object = factory.create(config);
  const auto twin = factory.create(config);
  Methods methods{*object};
  expect(findings, "at least one method can be written in words", methods.known_count() > 0,
         "tried: get, put a, set a 1, del a, push a, pop, acquire, acquire a, release, increment "
         "a, get 1");

  bool same_results = true;
  bool same_states = true;
  bool restores = true;
  bool goes_on = true;
  for (std::uint32_t i = 0; i < methods_count; ++i) {
    const Bytes method = methods.next();
    const Bytes before = snapshot_of(*object);
    const Bytes result = object->apply(method);
    same_results = same_results && result == twin->apply(method);
    const Bytes state = snapshot_of(*object);
    same_states = same_states && state == snapshot_of(*twin);

    const auto restored = factory.create(config);
    const bool taken = restored->restore(before) && snapshot_of(*restored) == before;
    restores = restores && taken;
    goes_on = goes_on && restored->apply(method) == result && snapshot_of(*restored) == state;
  }
  expect(findings, "equal methods give equal results", same_results);
  expect(findings, "equal methods lead to equal snapshots", same_states);
  expect(findings, "a restored snapshot gives the same snapshot again", restores);
  expect(findings, "a restored object goes on like the original", goes_on);
}

/// What a method says of itself before it is applied: that it only reads, and which
/// part of the state it needs.
void check_promises(const ObjectFactory& factory, const Config& config, Findings& findings) {
  const auto object = factory.create(config);
  std::map<Bytes, std::unique_ptr<Object>> parts;  // Each saw the methods of one part alone.
  Methods methods{*object};
  std::string written;
  std::string mixed;
  for (std::uint32_t i = 0; i < methods_count; ++i) {
    const Bytes method = methods.next();
    const bool reads = object->reads_only(method);
    const std::optional<Bytes> part = object->partition(method);
    if (!part && !reads) continue;  // It would change every part.
    const Bytes before = snapshot_of(*object);
    const Bytes result = object->apply(method);
    if (reads && snapshot_of(*object) != before) written = to_hex(method);
    if (!part) continue;
    auto& alone = parts[*part];
    if (alone == nullptr) alone = factory.create(config);
    if (alone->apply(method) != result) mixed = to_hex(method);
  }
  expect(findings, "a method that only reads changes nothing", written.empty(), written);
  expect(findings, "a method of one part answers the same whatever other parts hold", mixed.empty(),
         mixed);
}

void check_clone(const ObjectFactory& factory, const Config& config, Findings& findings) {
  const auto object = factory.create(config);
  Methods methods{*object};
  bool equal_at_first = true;
  bool independent = true;
  for (std::uint32_t i = 0; i < methods_count; ++i) {
    const auto copy = object->clone();
    const Bytes before = snapshot_of(*object);
    equal_at_first = equal_at_first && copy != nullptr && snapshot_of(*copy) == before;
    if (copy == nullptr) break;
    copy->apply(methods.next());
    independent = independent && snapshot_of(*object) == before;
    if (i % 8 == 0) object->apply(methods.next());
  }
  expect(findings, "a clone has the state of its original", equal_at_first);
  expect(findings, "methods of a clone do not touch the original", independent);
}

/// Bytes that are no snapshot leave the object as it was; bytes that are one are
/// given back as they came, because snapshots are canonical.
void check_snapshots(const ObjectFactory& factory, const Config& config, Findings& findings) {
  const auto object = factory.create(config);
  Methods methods{*object};
  Prng random{13};
  bool unharmed = true;
  bool canonical = true;
  std::string detail;
  for (std::uint32_t i = 0; i < methods_count; ++i) {
    object->apply(methods.next());
    Bytes bytes = random.chance(500'000) ? some_bytes(random) : snapshot_of(*object);
    if (!bytes.empty()) {
      bytes[random.below(bytes.size())] = static_cast<std::uint8_t>(random.next());
      if (random.chance(300'000)) bytes.resize(random.below(bytes.size()));
    }
    const Bytes before = snapshot_of(*object);
    const bool taken = object->restore(bytes);
    const Bytes after = snapshot_of(*object);
    unharmed = unharmed && (taken || after == before);
    canonical = canonical && (!taken || after == bytes);
    if (!canonical && detail.empty()) detail = to_hex(bytes) + " became " + to_hex(after);
    object->describe(bytes);
  }
  expect(findings, "a snapshot that is refused changes nothing", unharmed);
  expect(findings, "a snapshot that is accepted is the one encoding of its state", canonical,
         detail);
}

void check_words(const ObjectFactory& factory, const Config& config, Findings& findings) {
  const auto object = factory.create(config);
  Prng random{17};
  for (std::uint32_t i = 0; i < methods_count; ++i) {
    const Bytes bytes = some_bytes(random);
    if (const auto method = object->parse_method(text_of(bytes))) object->apply(*method);
    object->describe(bytes);
  }
  expect(findings, "words and results of any kind are read without harm", true);
}

}  // namespace

Findings check_object(const Plugin& plugin) {
  const auto& factory = *static_cast<const ObjectFactory*>(plugin.factory.get());
  const Config config = default_config(*plugin.descriptor);
  Findings findings;
  if (!expect(findings, "an object is made", factory.create(config) != nullptr)) return findings;
  check_methods(factory, config, findings);
  check_promises(factory, config, findings);
  check_clone(factory, config, findings);
  check_snapshots(factory, config, findings);
  check_words(factory, config, findings);
  return findings;
}

}  // namespace parley
