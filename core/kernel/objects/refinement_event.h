// SPDX-License-Identifier: Apache-2.0
//
// One event of a backend in the words of the ADO model, read from a note of
// core/api/refinement.h. A plugin has its own copy of each declaration, so notes
// are told apart by name; a name is compared once per copy.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/api/note.h"
#include "core/api/object.h"
#include "core/base/ids.h"
#include "core/base/principal_set.h"

namespace parley {

struct RefinementEvent {
  enum class Kind : std::uint8_t {
    Promise,
    Elected,
    Append,
    Reconfigure,
    Accept,
    Install,
    CommitClaim,
  };
  Kind kind{};
  PrincipalId node{};
  std::uint64_t time = 0;
  /// Promise: where the log ended. Elected: the base. Install: where the log ends.
  /// Otherwise the place, whose time is `time`.
  Position place{};
  std::uint64_t partition = 0;
  PrincipalId candidate{};    ///< Promise.
  std::uint64_t epoch = 0;    ///< Reconfigure.
  PrincipalSet principals{};  ///< Elected: voters. Reconfigure: members.
  SharedBytes detail{};       ///< The note's.

  std::string in_words() const;
};

class RefinementNotes {
 public:
  /// nullopt: a note that says nothing of refinement. A note that does and is
  /// malformed gives a text that says what was expected and found.
  std::variant<std::monostate, RefinementEvent, std::string> read(PrincipalId node,
                                                                  const Note& note);

  /// Whether any note can be one of refinement, without reading it.
  bool concerns(const NoteDeclaration* declaration) { return kind_of(declaration).has_value(); }

 private:
  std::optional<RefinementEvent::Kind> kind_of(const NoteDeclaration* declaration);

  /// By pointer; looked through from the front, which is short.
  std::vector<std::pair<const NoteDeclaration*, std::optional<RefinementEvent::Kind>>> known_;
};

std::string in_words(Position place);

}  // namespace parley
