// SPDX-License-Identifier: Apache-2.0
//
// Judges a history: every partition is searched, and the earliest violation is
// made small enough to be understood.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/lab/history/search.h"

namespace parley::history {

/// A sub-history that no order explains. Operations are positions in the history.
struct Counterexample {
  std::vector<Scalar> keys;          ///< Of the partition; one null: it needs no name.
  std::size_t blocked = 0;           ///< The first operation whose answer nothing explains.
  std::vector<std::size_t> prefix;   ///< All of the partition invoked before that answer.
  std::vector<std::size_t> minimal;  ///< No group of `droppable` can go and leave a violation.
  bool minimal_is_final = true;      ///< False: the budget ended before that was known.
  std::size_t minimal_blocked = 0;   ///< What `blocked` is, of `minimal` alone.
  std::vector<DeadEnd> dead_ends;    ///< Of `minimal`; steps are operations of the history.
};

struct Judgement {
  Verdict verdict = Verdict::Linearizable;
  std::size_t partitions = 0;
  std::size_t partitions_violated = 0;
  std::size_t partitions_undecided = 0;
  std::uint64_t configurations = 0;
  std::string stopped_by;  ///< What the first undecided partition ran out of.
  std::optional<Counterexample> counterexample;
};

/// Deterministic, but for what `budget.go_on` answers. Effect: numbers values of
/// the problem that come up.
Judgement check(Problem& problem, const Budget& budget);

}  // namespace parley::history
