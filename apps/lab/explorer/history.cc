// SPDX-License-Identifier: Apache-2.0
#include "apps/lab/explorer/history.h"

#include <algorithm>
#include <tuple>

#include "core/base/digest.h"

namespace parley {
namespace {

constexpr std::uint32_t violations_first = 1u << 31;
constexpr std::size_t shown_bytes_max = 48;

template <class Decisions>
void encode(Writer& out, const Decisions& decisions) {
  out.varint(decisions.size());
  for (const auto& decision : decisions) {
    out.varint(decision.instance.value);
    out.varint(decision.position);
    out.bytes(decision.value);
  }
}

std::string place(InstanceId instance, std::uint64_t position) {
  return "instance " + std::to_string(instance.value) + " position " + std::to_string(position);
}

}  // namespace

std::string in_words(ByteView bytes) {
  if (bytes.empty()) return "nothing";
  const bool printable = std::all_of(bytes.begin(), bytes.end(),
                                     [](std::uint8_t byte) { return byte >= 0x20 && byte < 0x7F; });
  const bool cut = bytes.size() > shown_bytes_max;
  const ByteView shown = cut ? bytes.first(shown_bytes_max) : bytes;
  const std::string tail = cut ? "..." : "";
  return printable ? "'" + std::string{text_of(shown)} + tail + "'" : to_hex(shown) + tail;
}

History::History(const Object* initial) : initial_(initial) {
  intern({});
  claim_numbers_.intern({});
  claims_.push_back({});
}

std::uint32_t History::claim_of(const Performed& done, PrincipalId principal, InstanceId object) {
  if (done.decides.empty() && !done.pushed) return empty;
  Claim claim;
  for (const Performed::Decided& decided : done.decides) {
    claim.decisions.push_back({decided.instance, decided.position, to_bytes(decided.value.view())});
  }
  claim.caller = principal;
  claim.object = object;
  claim.pushed = done.pushed;
  Bytes key;
  Writer writer{key};
  encode(writer, claim.decisions);
  writer.u8(claim.pushed ? 1 : 0);
  if (claim.pushed) {
    writer.varint(principal.value);
    writer.bytes(*claim.pushed);
  }
  const ByteInterner::Number number = claim_numbers_.intern(key);
  if (number.is_new) claims_.push_back(std::move(claim));
  return number.id;
}

History::Next History::after(std::uint32_t history, std::uint32_t claim) {
  if (claim == empty) return {history, nullptr};
  std::uint32_t next = next_.find(history, claim);
  if (next == NumberMap::none) {
    next = check(history, claims_[claim]);
    next_.add(history, claim, next);
  }
  if (next < violations_first) return {next, nullptr};
  return {history, &violations_[next - violations_first]};
}

std::size_t History::memory() const {
  return history_numbers_.memory() * 2 + claim_numbers_.memory() * 2 + next_.memory();
}

std::uint32_t History::intern(Decisions decisions) {
  Bytes key;
  Writer writer{key};
  encode(writer, decisions);
  const ByteInterner::Number number = history_numbers_.intern(key);
  if (number.is_new) histories_.push_back(std::move(decisions));
  return number.id;
}

std::uint32_t History::check(std::uint32_t history, const Claim& claim) {
  const auto violated = [&](std::string invariant, std::string message) {
    violations_.push_back({std::move(invariant), std::move(message)});
    return violations_first + static_cast<std::uint32_t>(violations_.size() - 1);
  };
  Decisions decisions = histories_[history];
  for (const Decision& made : claim.decisions) {
    const auto at = std::lower_bound(
        decisions.begin(), decisions.end(), made, [](const Decision& left, const Decision& right) {
          return std::tie(left.instance, left.position) < std::tie(right.instance, right.position);
        });
    const bool decided_before =
        at != decisions.end() && at->instance == made.instance && at->position == made.position;
    if (!decided_before) {
      decisions.insert(at, made);
    } else if (at->value != made.value) {
      return violated("agreement", place(made.instance, made.position) + ": " +
                                       in_words(at->value) + " was decided before, now " +
                                       in_words(made.value) + " is");
    }
  }
  if (std::optional<Violation> violation = check_push(decisions, claim)) {
    return violated(std::move(violation->invariant), std::move(violation->message));
  }
  return intern(std::move(decisions));
}

std::optional<Violation> History::check_push(const Decisions& decisions, const Claim& claim) const {
  if (!claim.pushed || initial_ == nullptr) return std::nullopt;
  Invariants invariants;
  for (const Decision& made : decisions) {
    // Who decided it does not matter here, and each node decides in order.
    invariants.on_restart(claim.caller);
    invariants.on_decide(claim.caller, made.instance, made.position,
                         SharedBytes{ByteView{made.value}});
  }
  return invariants.on_pushed(claim.caller, claim.object, *claim.pushed, *initial_);
}

}  // namespace parley
