// SPDX-License-Identifier: Apache-2.0
#include "core/kernel/objects/refinement_event.h"

#include <algorithm>
#include <string_view>

#include "core/api/refinement.h"
#include "core/base/codec.h"
#include "core/kernel/objects/quorum_rule.h"

namespace parley {
namespace {

using Kind = RefinementEvent::Kind;

/// Principals beyond this are taken for garbage.
constexpr std::uint32_t principals_bound = 1u << 20;

/// In the order of Kind.
constexpr const NoteDeclaration* declarations[] = {
    &ado_notes::promise, &ado_notes::elected, &ado_notes::append,       &ado_notes::reconfigure,
    &ado_notes::accept,  &ado_notes::install, &ado_notes::commit_claim,
};

Position place_of(std::uint64_t time, std::uint64_t version) {
  return {time, static_cast<std::uint32_t>(version)};
}

/// Effect: fills in what the note's values mean for its kind. Returns its versions.
std::uint64_t take_values(RefinementEvent& event, const Note& note) {
  const auto& values = note.values;
  event.time = values[0];
  switch (event.kind) {
    case Kind::Promise:
      event.candidate = PrincipalId{static_cast<std::uint32_t>(values[1])};
      event.place = place_of(values[2], values[3]);
      event.partition = values[4];
      return values[3];
    case Kind::Elected:
    case Kind::Install:
      event.place = place_of(values[1], values[2]);
      event.partition = values[3];
      return values[2];
    case Kind::Append:
    case Kind::Accept:
    case Kind::CommitClaim:
      event.place = place_of(values[0], values[1]);
      event.partition = values[2];
      return values[1];
    case Kind::Reconfigure:
      event.place = place_of(values[0], values[1]);
      event.epoch = values[2];
      return values[1];
  }
  return 0;
}

}  // namespace

std::string in_words(Position place) {
  return place.time == 0
             ? "the root"
             : "(" + std::to_string(place.time) + ", " + std::to_string(place.version) + ")";
}

std::string RefinementEvent::in_words() const {
  const std::string who = "node " + std::to_string(node.value) + " ";
  const std::string at = parley::in_words(place);
  switch (kind) {
    case Kind::Promise:
      return who + "promises time " + std::to_string(time) + " to node " +
             std::to_string(candidate.value) + " with its log at " + at;
    case Kind::Elected:
      return who + "owns time " + std::to_string(time) + " on " + at + " by " +
             parley::in_words(principals);
    case Kind::Append:
      return who + "appends " + at;
    case Kind::Reconfigure:
      return who + "appends " + at + " with members " + parley::in_words(principals);
    case Kind::Accept:
      return who + "accepts up to " + at;
    case Kind::Install:
      return who + "installs up to " + at + " at time " + std::to_string(time);
    case Kind::CommitClaim:
      return who + "says that all up to " + at + " is committed";
  }
  return who;
}

std::variant<std::monostate, RefinementEvent, std::string> RefinementNotes::read(PrincipalId node,
                                                                                 const Note& note) {
  const std::optional<Kind> kind = kind_of(note.declaration);
  if (!kind) return std::monostate{};
  RefinementEvent event;
  event.kind = *kind;
  event.node = node;
  event.detail = note.detail;
  const std::uint64_t version = take_values(event, note);
  if (version > UINT32_MAX) {
    return std::string{note.declaration->name} + ": expected a version below 2^32, found " +
           std::to_string(version);
  }
  if (*kind != Kind::Elected && *kind != Kind::Reconfigure) return event;
  Reader reader{note.detail};
  event.principals = reader.principals(principals_bound);
  if (!reader.finished()) {
    return std::string{note.declaration->name} +
           ": expected a set of principals as its detail, found " +
           std::to_string(note.detail.size()) + " bytes that are none";
  }
  return event;
}

std::optional<Kind> RefinementNotes::kind_of(const NoteDeclaration* declaration) {
  const auto known = std::find_if(known_.begin(), known_.end(),
                                  [&](const auto& entry) { return entry.first == declaration; });
  if (known != known_.end()) return known->second;
  std::optional<Kind> kind;
  for (std::size_t i = 0; i < std::size(declarations); ++i) {
    if (std::string_view{declarations[i]->name} == declaration->name) kind = static_cast<Kind>(i);
  }
  known_.emplace_back(declaration, kind);
  return kind;
}

}  // namespace parley
