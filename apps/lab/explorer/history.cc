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
    out.bytes(decision.partition);
    out.varint(decision.position);
    out.bytes(decision.value);
  }
}

void encode(Writer& out, const std::vector<Performed::Skipped>& skipped) {
  out.varint(skipped.size());
  for (const Performed::Skipped& range : skipped) {
    out.varint(range.instance.value);
    out.bytes(range.partition);
    out.varint(range.from);
    out.varint(range.to);
  }
}

void encode(Writer& out, const std::vector<Performed::Noted>& notes) {
  out.varint(notes.size());
  for (const Performed::Noted& noted : notes) {
    out.varint(noted.instance.value);
    out.text(noted.note.declaration->name);
    for (const std::uint64_t value : noted.note.values) out.varint(value);
    out.bytes(noted.note.detail);
  }
}

void encode(Writer& out, const std::optional<Bytes>& bytes) {
  out.u8(bytes ? 1 : 0);
  if (bytes) out.bytes(*bytes);
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

History::History(const Object* initial, RefinementStates* refinement)
    : initial_(initial), refinement_(refinement) {
  intern({});
  claim_numbers_.intern({});
  claims_.push_back({});
}

std::uint32_t History::claim_of(const Performed& done, PrincipalId principal, InstanceId object) {
  Claim claim{
      .skipped = done.skipped, .caller = principal, .object = object, .pushed = done.pushed};
  if (done.refused && watched_.contains(*done.refused)) claim.refused = done.refused;
  if (refinement_ != nullptr) claim.notes = refinement_->concerned(done.notes);
  if (done.decides.empty() && !claim.pushed && !claim.refused && claim.notes.empty()) return empty;
  for (const NodeOutput::Decided& decided : done.decides) {
    claim.decisions.push_back({decided.instance, to_bytes(decided.partition.view()),
                               decided.position, to_bytes(decided.value.view())});
  }
  Bytes key;
  Writer writer{key};
  encode(writer, claim.decisions);
  encode(writer, claim.skipped);
  encode(writer, claim.refused);
  encode(writer, claim.notes);
  writer.u8(claim.pushed ? 1 : 0);
  if (claim.pushed || !claim.notes.empty()) writer.varint(principal.value);
  if (claim.pushed) {
    writer.bytes(claim.pushed->method);
    writer.bytes(claim.pushed->result);
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
  return history_numbers_.memory() * 2 + claim_numbers_.memory() * 2 + next_.memory() +
         (refinement_ == nullptr ? 0 : refinement_->memory());
}

std::uint32_t History::intern(Known known) {
  Bytes key;
  Writer writer{key};
  encode(writer, known.decisions);
  writer.varint(known.refinement);
  for (const Bytes& method : known.refused) writer.bytes(method);
  const ByteInterner::Number number = history_numbers_.intern(key);
  if (number.is_new) histories_.push_back(std::move(known));
  return number.id;
}

std::uint32_t History::check(std::uint32_t history, const Claim& claim) {
  Known known = histories_[history];
  std::optional<Violation> violation = add(known, claim);
  if (!violation) violation = check_skipped(known, claim);
  if (!violation) violation = check_refused(known, claim);
  if (!violation) violation = check_push(known, claim);
  if (!violation) violation = check_refinement(known, claim);
  if (!violation) return intern(std::move(known));
  violations_.push_back(std::move(*violation));
  return violations_first + static_cast<std::uint32_t>(violations_.size() - 1);
}

/// Effect: what the claim says is known too. The violation, if it contradicts.
std::optional<Violation> History::add(Known& known, const Claim& claim) {
  const auto place_of = [](const Decision& decision) {
    return std::tie(decision.instance, decision.partition, decision.position);
  };
  if (claim.refused) known.refused.insert(*claim.refused);
  for (const Decision& made : claim.decisions) {
    const auto at = std::lower_bound(known.decisions.begin(), known.decisions.end(), made,
                                     [&](const Decision& left, const Decision& right) {
                                       return place_of(left) < place_of(right);
                                     });
    if (at == known.decisions.end() || place_of(*at) != place_of(made)) {
      known.decisions.insert(at, made);
    } else if (at->value != made.value) {
      return Violation{"agreement", place(made.instance, made.position) + ": " +
                                        in_words(at->value) + " was decided before, now " +
                                        in_words(made.value) + " is"};
    }
  }
  return std::nullopt;
}

std::optional<Violation> History::check_skipped(const Known& known, const Claim& claim) {
  for (const Performed::Skipped& range : claim.skipped) {
    for (std::uint64_t position = range.from; position < range.to; ++position) {
      const auto is_there = [&](const Decision& made) {
        return made.instance == range.instance && made.partition == range.partition &&
               made.position == position;
      };
      if (std::any_of(known.decisions.begin(), known.decisions.end(), is_there)) continue;
      return Violation{"decide_order",
                       place(range.instance, position) + ": expected it to be decided before " +
                           "anyone goes on after it, found it passed over and decided by nobody"};
    }
  }
  return std::nullopt;
}

std::optional<Violation> History::check_refused(const Known& known, const Claim& claim) {
  if (known.refused.empty()) return std::nullopt;
  for (const Decision& made : known.decisions) {
    if (made.instance != claim.object || !known.refused.contains(made.value)) continue;
    return Violation{"refusal_final",
                     place(made.instance, made.position) + ": expected " + in_words(made.value) +
                         " never to be decided, for every attempt of its client was refused, "
                         "found it decided"};
  }
  return std::nullopt;
}

/// Effect: what the claim's notes say has happened.
std::optional<Violation> History::check_refinement(Known& known, const Claim& claim) const {
  if (claim.notes.empty()) return std::nullopt;
  RefinementStates::Next next = refinement_->after(known.refinement, claim.caller, claim.notes);
  known.refinement = next.state;
  return std::move(next.violation);
}

std::optional<Violation> History::check_push(const Known& known, const Claim& claim) const {
  if (!claim.pushed || initial_ == nullptr) return std::nullopt;
  Invariants invariants;
  for (const Decision& made : known.decisions) {
    // Who decided it does not matter here, and each node decides in order.
    invariants.on_restart(claim.caller);
    invariants.on_decide(claim.caller,
                         {made.instance, made.position, SharedBytes{ByteView{made.value}},
                          SharedBytes{ByteView{made.partition}}});
  }
  const auto& [method, result] = *claim.pushed;
  std::optional<Violation> undecided =
      invariants.on_pushed(claim.caller, claim.object, method, *initial_);
  if (undecided) return undecided;
  return invariants.on_result(claim.caller, claim.object, method, result, *initial_);
}

}  // namespace parley
