// SPDX-License-Identifier: Apache-2.0
#include "apps/lab/history/check.h"

#include <algorithm>

#include "apps/lab/history/droppable.h"

namespace parley::history {
namespace {

/// Effect: leaves what matters until this answer. What is invoked later would have
/// to come after it, what is answered later need not have happened yet.
void cut(std::vector<Step>& steps, std::size_t end, const ValueTable& values) {
  std::erase_if(steps, [&](const Step& step) {
    return step.begin > end || (step.end > end && step.reads_only(values));
  });
  for (Step& step : steps) {
    if (step.end > end) step.end = never;
  }
}

/// Without skipping what is hopeless the search is slower, but stops at the very
/// answer that nothing explains; so it is tried first, for a while.
struct Finding {
  SearchResult result;
  bool skip_hopeless = false;
};

Finding find(Problem& problem, const Partition& partition, const Budget& budget) {
  constexpr std::uint64_t worth_trying = 100'000;
  Budget small = budget;
  small.configurations_max = std::min(budget.configurations_max, worth_trying);
  SearchResult exact =
      search(problem.model, problem.values, partition, small, {.skip_hopeless = false});
  if (exact.verdict != Verdict::Undecided) return {std::move(exact), false};
  return {search(problem.model, problem.values, partition, budget), true};
}

/// Leaves out what may go and is not needed: halves first, then single groups
/// (Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input",
/// TSE 2002, with sound groups for deltas).
class Minimiser {
 public:
  Minimiser(Problem& problem, Partition partition, const Budget& budget)
      : problem_(problem), smallest_(std::move(partition)), budget_(budget) {}

  Partition minimise() {
    for (bool smaller = true; smaller && !stopped_;) {
      smaller = false;
      const std::size_t groups = drop_groups().size();
      for (std::size_t chunk = std::max<std::size_t>(1, groups / 2);; chunk /= 2) {
        smaller = drop_chunks(chunk) || smaller;
        if (chunk == 1 || stopped_) break;
      }
    }
    return std::move(smallest_);
  }

  bool is_final() const { return !stopped_ && !unsure_; }

 private:
  std::vector<std::vector<std::size_t>> drop_groups() const {
    return droppable(problem_.model, problem_.values, smallest_.steps);
  }

  /// Groups stay droppable when others go, so one list serves a whole pass.
  bool drop_chunks(std::size_t chunk) {
    const auto groups = drop_groups();
    std::vector<bool> gone(smallest_.steps.size());
    std::vector<Step> all = smallest_.steps;
    bool dropped = false;
    // Late steps are near what is blocked, so the early ones are tried first.
    for (std::size_t first = 0; first < groups.size() && !stopped_; first += chunk) {
      std::vector<bool> trial = gone;
      for (std::size_t i = first; i < std::min(first + chunk, groups.size()); ++i) {
        for (const std::size_t step : groups[i]) trial[step] = true;
      }
      Partition rest{smallest_.keys, {}};
      for (std::size_t i = 0; i < all.size(); ++i) {
        if (!trial[i]) rest.steps.push_back(all[i]);
      }
      if (!still_violated(rest)) continue;
      smallest_ = std::move(rest);
      gone = take_over(all, smallest_.steps);
      dropped = true;
    }
    return dropped;
  }

  bool still_violated(Partition& rest) {
    const SearchResult result = find(problem_, rest, budget_).result;
    if (result.verdict == Verdict::Undecided) {
      (result.stopped_by == "time" ? stopped_ : unsure_) = true;
    }
    if (result.verdict != Verdict::Violated) return false;
    cut(rest.steps, rest.steps[result.blocked].end, problem_.values);
    return true;
  }

  /// Which of the steps are not among those that stay. Effect: answers that were cut
  /// off stay so.
  static std::vector<bool> take_over(std::vector<Step>& all, const std::vector<Step>& stay) {
    std::vector<bool> gone(all.size(), true);
    std::size_t next = 0;
    for (std::size_t i = 0; i < all.size() && next < stay.size(); ++i) {
      if (all[i].begin != stay[next].begin) continue;
      all[i] = stay[next++];
      gone[i] = false;
    }
    return gone;
  }

  Problem& problem_;
  Partition smallest_;
  const Budget& budget_;
  bool stopped_ = false;
  bool unsure_ = false;
};

std::vector<std::size_t> operations_of(const std::vector<Step>& steps) {
  std::vector<std::size_t> operations;
  for (const Step& step : steps) operations.push_back(step.operation);
  return operations;
}

/// Why the partition is stuck at its last answer.
void explain(Problem& problem, const Partition& minimal, const Budget& budget,
             Counterexample& found) {
  const Finding again = find(problem, minimal, budget);
  if (again.result.verdict != Verdict::Violated) return;
  found.minimal_blocked = minimal.steps[again.result.blocked].operation;
  SearchResult told = search(problem.model, problem.values, minimal, budget,
                             {again.skip_hopeless, again.result.stuck_at});
  for (DeadEnd& end : told.dead_ends) {
    for (std::size_t& step : end.order) step = minimal.steps[step].operation;
    for (DeadEnd::Next& next : end.next) next.step = minimal.steps[next.step].operation;
  }
  found.dead_ends = std::move(told.dead_ends);
}

Counterexample counterexample_of(Problem& problem, const Partition& partition, std::size_t blocked,
                                 const Budget& budget) {
  Counterexample found;
  for (const ValueId key : partition.keys) found.keys.push_back(problem.values.scalar(key));
  const Step& stuck = partition.steps[blocked];
  found.blocked = found.minimal_blocked = stuck.operation;
  Partition prefix = partition;
  cut(prefix.steps, stuck.end, problem.values);
  const Finding first = find(problem, prefix, budget);
  if (first.result.verdict == Verdict::Violated) {
    found.blocked = prefix.steps[first.result.blocked].operation;
    cut(prefix.steps, prefix.steps[first.result.blocked].end, problem.values);
  }
  found.prefix = operations_of(prefix.steps);
  Minimiser minimiser{problem, std::move(prefix), budget};
  const Partition minimal = minimiser.minimise();
  found.minimal = operations_of(minimal.steps);
  found.minimal_is_final = minimiser.is_final();
  explain(problem, minimal, budget, found);
  return found;
}

}  // namespace

Judgement check(Problem& problem, const Budget& budget) {
  Judgement judgement;
  judgement.partitions = problem.partitions.size();
  const Partition* violated = nullptr;
  std::size_t blocked = 0;
  for (const Partition& partition : problem.partitions) {
    const SearchResult result = search(problem.model, problem.values, partition, budget);
    judgement.configurations += result.configurations;
    if (result.verdict == Verdict::Undecided) {
      if (judgement.partitions_undecided++ == 0) judgement.stopped_by = result.stopped_by;
    } else if (result.verdict == Verdict::Violated) {
      ++judgement.partitions_violated;
      if (violated == nullptr ||
          partition.steps[result.blocked].end < violated->steps[blocked].end) {
        violated = &partition;
        blocked = result.blocked;
      }
    }
  }
  if (violated != nullptr) {
    judgement.verdict = Verdict::Violated;
    judgement.counterexample = counterexample_of(problem, *violated, blocked, budget);
  } else if (judgement.partitions_undecided > 0) {
    judgement.verdict = Verdict::Undecided;
  }
  return judgement;
}

}  // namespace parley::history
