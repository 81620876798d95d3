// SPDX-License-Identifier: Apache-2.0
//
// The rules of the source tree, as a table. Each entry carries a bad example of
// its own, so that a rule which no longer catches anything is itself caught.
#pragma once

#include <span>
#include <string>

#include "tests/tidy/source.h"

namespace parley::tidy {

struct Rule {
  const char* name;  ///< PascalCase: it is the test's name.
  void (*check)(const Source& source, Findings& findings);
  std::string bad_path;
  std::string bad_text;   ///< Breaks the rule if it stands in bad_path.
  std::string good_path;  ///< The nearest thing that must be let through.
  std::string good_text;
};

std::span<const Rule> rules();

/// The rule of who may include whom (ARCHITECTURE.md).
void check_includes(const Source& source, Findings& findings);
void check_third_party(const Source& source, Findings& findings);
void check_system_headers(const Source& source, Findings& findings);

/// Words that code in some folder may not use.
void check_banned_words(const Source& source, Findings& findings);

/// Lengths of functions and files.
void check_function_length(const Source& source, Findings& findings);
void check_file_length(const Source& source, Findings& findings);

}  // namespace parley::tidy
