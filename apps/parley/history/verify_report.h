// SPDX-License-Identifier: Apache-2.0
//
// What a check of a history found, as text for a person, as JSON, and as a page
// with a timeline.
#pragma once

#include <string>

#include "apps/lab/history/check.h"

namespace parley {

struct VerifyReport {
  std::string file;
  const history::History& history;
  const history::Problem& problem;
  history::Judgement judgement;
  double seconds = 0;
};

/// Beyond so many operations a list is cut, and says so.
inline constexpr std::size_t operations_shown_max = 40;
inline constexpr std::size_t operations_drawn_max = 2'000;

std::string as_text(const VerifyReport& report);
std::string as_json(const VerifyReport& report);
/// One self-contained file: a lane per process, a bar per operation.
std::string as_html(const VerifyReport& report);

/// "set x 1", "read", "cas x [1,2]".
std::string words_of(const history::Operation& operation);
/// "ok", "2", "unknown".
std::string answer_of(const history::Operation& operation);
/// "linearizable", "violated" or "undecided".
std::string_view result_of(const VerifyReport& report);

}  // namespace parley
