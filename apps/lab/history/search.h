// SPDX-License-Identifier: Apache-2.0
//
// Is there an order of a partition's steps that the model allows and that no
// answered step leaves? A depth-first search over configurations (Wing and Gong,
// "Testing and Verifying Concurrent Objects", JPDC 1993), each looked at once
// (Lowe, "Testing for Linearizability", CCPE 2017). A configuration is kept in
// the size of what overlaps, not of the history: all that returned before a
// position is in it, so only the steps open there, the unanswered ones taken, and
// the state are told apart.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "apps/lab/history/model.h"

namespace parley::history {

enum class Verdict : std::uint8_t { Linearizable, Violated, Undecided };

struct Budget {
  std::uint64_t configurations_max = 20'000'000;  ///< Of one partition.
  std::uint64_t memory_max = std::uint64_t{4} << 30;
  /// Asked now and then; false: stop. The search itself knows no time.
  std::function<bool()> go_on = [] { return true; };
};

/// A configuration from which nothing is possible.
struct DeadEnd {
  struct Next {
    std::size_t step;
    std::string need;  ///< What it would have needed.
  };
  std::vector<std::size_t> order;  ///< Steps, as they took effect.
  std::string state;               ///< After them.
  std::vector<Next> next;          ///< All that could have come next.
};

struct SearchResult {
  Verdict verdict = Verdict::Undecided;
  std::vector<std::size_t> order;  ///< Linearizable: a witness, of steps.
  /// Violated: no order explains this step's answer and all before it. It is the
  /// first such answer, unless hopeless orders were left out.
  std::size_t blocked = 0;
  std::size_t stuck_at = 0;  ///< Violated: the answer that no order got past.
  std::string stopped_by;    ///< Undecided: "configurations", "memory" or "time".
  std::uint64_t configurations = 0;
  std::vector<DeadEnd> dead_ends;  ///< Only those asked for.
};

inline constexpr std::size_t dead_ends_kept_max = 8;

struct SearchOptions {
  bool skip_hopeless = true;
  /// The `stuck_at` of an earlier search with the same options: keep its dead ends.
  std::size_t dead_ends_at = never;
};

/// Precondition: the partition is of the problem whose values these are.
SearchResult search(Model model, ValueTable& values, const Partition& partition,
                    const Budget& budget, SearchOptions options = {});

}  // namespace parley::history
