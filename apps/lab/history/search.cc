// SPDX-License-Identifier: Apache-2.0
#include "apps/lab/history/search.h"

#include <algorithm>
#include <set>

namespace parley::history {
namespace {

constexpr std::uint32_t none = UINT32_MAX;
constexpr std::uint64_t steps_between_questions = 256;

/// When steps come and return, worked out once. A slot is a place for a step
/// from its invoke to its answer; as many as ever overlap.
struct Schedule {
  std::vector<std::uint32_t> returns;   ///< Answered steps, in the order of their answers.
  std::vector<std::uint32_t> arrivals;  ///< By return: the first step invoked after its answer.
  std::vector<std::uint32_t> slot;      ///< By answered step.
  std::vector<std::uint32_t> kind;      ///< By unanswered step: equal ones are of one kind.
  std::vector<std::vector<std::uint32_t>> of_kind;
  std::uint32_t slots = 0;

  explicit Schedule(const std::vector<Step>& steps);

 private:
  void sort_returns(const std::vector<Step>& steps);
  void give_slots(const std::vector<Step>& steps);
};

Schedule::Schedule(const std::vector<Step>& steps)
    : slot(steps.size(), none), kind(steps.size(), none) {
  sort_returns(steps);
  give_slots(steps);
  std::map<std::vector<Action>, std::uint32_t> kinds;
  for (std::uint32_t i = 0; i < steps.size(); ++i) {
    if (steps[i].answered()) continue;
    kind[i] =
        kinds.try_emplace(steps[i].actions, static_cast<std::uint32_t>(kinds.size())).first->second;
    of_kind.resize(kinds.size());
    of_kind[kind[i]].push_back(i);
  }
}

void Schedule::sort_returns(const std::vector<Step>& steps) {
  for (std::uint32_t i = 0; i < steps.size(); ++i) {
    if (steps[i].answered()) returns.push_back(i);
  }
  std::sort(returns.begin(), returns.end(), [&](std::uint32_t left, std::uint32_t right) {
    return steps[left].end < steps[right].end;
  });
  for (const std::uint32_t step : returns) {
    const auto after = std::partition_point(steps.begin(), steps.end(), [&](const Step& other) {
      return other.begin < steps[step].end;
    });
    arrivals.push_back(static_cast<std::uint32_t>(after - steps.begin()));
  }
}

void Schedule::give_slots(const std::vector<Step>& steps) {
  std::set<std::uint32_t> free;
  std::uint32_t arrived = 0;
  for (std::size_t p = 0; p < returns.size(); ++p) {
    for (; arrived < arrivals[p]; ++arrived) {
      if (!steps[arrived].answered()) continue;
      if (free.empty()) free.insert(slots++);
      slot[arrived] = *free.begin();
      free.erase(free.begin());
    }
    free.insert(slot[returns[p]]);
  }
}

class Search {
 public:
  Search(Model model, ValueTable& values, const Partition& partition, const Budget& budget,
         SearchOptions options)
      : values_(values),
        steps_(partition.steps),
        budget_(budget),
        schedule_(partition.steps),
        space_(model, values, partition),
        taken_sets_(std::max<std::size_t>(1, schedule_.of_kind.size())),
        options_(options),
        words_((schedule_.slots + 63) / 64),
        open_(schedule_.slots, none),
        done_(words_),
        available_(schedule_.of_kind.size()),
        state_(space_.initial()),
        taken_(taken_sets_.zero()) {
    for (const Step& step : steps_) {
      reads_only_.push_back(step.reads_only(values));
      ranks_.push_back(space_.rank(step));
    }
    arrive(0);
  }

  SearchResult run() {
    settle();
    if (!finished()) {
      remember();
      push();
    }
    while (!finished() && !frames_.empty() && may_go_on()) advance_frame();
    result_.configurations = seen_.size();
    if (!result_.stopped_by.empty()) return std::move(result_);
    result_.verdict = finished() ? Verdict::Linearizable : Verdict::Violated;
    if (finished()) {
      result_.order = order_;
    } else {
      result_.stuck_at = result_.blocked = schedule_.returns[furthest_];
      if (proof_end_ < steps_[result_.blocked].end) return std::move(result_);
      for (const std::uint32_t step : schedule_.returns) {
        if (steps_[step].end == proof_end_) result_.blocked = step;
      }
    }
    return std::move(result_);
  }

 private:
  /// A configuration whose continuations are being tried.
  struct Frame {
    std::uint32_t position;
    StateSpace::State state;
    CellStore::Array taken;
    std::uint32_t next;  ///< Of the candidates.
    std::size_t order_size;
    std::size_t candidates;  ///< Where its slots begin in `candidates_`.
    bool stuck;
  };

  bool finished() const { return position_ == schedule_.returns.size(); }

  bool may_go_on() {
    if (seen_.size() > budget_.configurations_max) return stop("configurations");
    if (++turns_ % steps_between_questions != 0) return true;
    const std::size_t memory = seen_.memory() + space_.memory() + taken_sets_.memory() +
                               values_.memory() +
                               frames_.size() * (sizeof(Frame) + words_ * sizeof(done_[0]));
    if (memory > budget_.memory_max) return stop("memory");
    return budget_.go_on() || stop("time");
  }

  bool stop(const char* what) {
    result_.stopped_by = what;
    return false;
  }

  // The position: how many answers all have been passed.

  void arrive(std::size_t position) {
    if (position == schedule_.returns.size()) return;
    for (std::uint32_t i = first_arrival(position); i < schedule_.arrivals[position]; ++i) {
      if (schedule_.slot[i] != none) open_[schedule_.slot[i]] = i;
      if (schedule_.kind[i] != none) ++available_[schedule_.kind[i]];
    }
  }

  void unarrive(std::size_t position) {
    if (position == schedule_.returns.size()) return;
    for (std::uint32_t i = first_arrival(position); i < schedule_.arrivals[position]; ++i) {
      if (schedule_.slot[i] != none) open_[schedule_.slot[i]] = none;
      if (schedule_.kind[i] != none) --available_[schedule_.kind[i]];
    }
  }

  std::uint32_t first_arrival(std::size_t position) const {
    return position == 0 ? 0 : schedule_.arrivals[position - 1];
  }

  void pass_return() {
    const std::uint32_t slot = schedule_.slot[schedule_.returns[position_]];
    open_[slot] = none;
    done_[slot / 64] &= ~(std::uint64_t{1} << (slot % 64));
    arrive(++position_);
  }

  void unpass_return() {
    unarrive(position_--);
    const std::uint32_t step = schedule_.returns[position_];
    open_[schedule_.slot[step]] = step;
  }

  bool is_done(std::uint32_t slot) const { return (done_[slot / 64] >> (slot % 64) & 1) != 0; }

  void set_done(std::uint32_t slot) {
    done_[slot / 64] |= std::uint64_t{1} << (slot % 64);
    order_.push_back(open_[slot]);
  }

  bool at_done_return() const {
    return !finished() && is_done(schedule_.slot[schedule_.returns[position_]]);
  }

  /// Passes all answers that can be passed. A read that fits is taken at once: it
  /// changes nothing, so whatever else is possible stays so.
  void settle() {
    bool again = true;
    while (again) {
      while (at_done_return()) pass_return();
      for (std::uint32_t slot = 0; slot < open_.size(); ++slot) {
        const std::uint32_t step = open_[slot];
        if (step == none || is_done(slot) || !reads_only_[step]) continue;
        if (space_.apply(state_, steps_[step])) set_done(slot);
      }
      again = at_done_return();
    }
    if (finished()) return;
    furthest_ = std::max<std::size_t>(furthest_, position_);
  }

  /// False: this configuration was looked at before.
  bool remember() {
    key_.clear();
    const auto add = [&](const auto& word) {
      const auto* bytes = reinterpret_cast<const std::uint8_t*>(&word);
      key_.insert(key_.end(), bytes, bytes + sizeof(word));
    };
    add(position_);
    add(state_);
    add(taken_);
    for (const std::uint64_t word : done_) add(word);
    return seen_.intern(key_).is_new;
  }

  void push() {
    frames_.push_back({position_, state_, taken_, 0, order_.size(), candidates_.size(), true});
    for (std::uint32_t slot = 0; slot < open_.size(); ++slot) {
      const std::uint32_t step = open_[slot];
      if (step != none && !is_done(slot) && !reads_only_[step]) candidates_.push_back(slot);
    }
    std::sort(
        candidates_.begin() + static_cast<std::ptrdiff_t>(frames_.back().candidates),
        candidates_.end(), [&](std::uint32_t left, std::uint32_t right) {
          return std::pair{ranks_[open_[left]], left} < std::pair{ranks_[open_[right]], right};
        });
    done_stack_.insert(done_stack_.end(), done_.begin(), done_.end());
  }

  void restore() {
    const Frame& frame = frames_.back();
    while (position_ > frame.position) unpass_return();
    state_ = frame.state;
    taken_ = frame.taken;
    order_.resize(frame.order_size);
    std::copy(done_stack_.end() - static_cast<std::ptrdiff_t>(words_), done_stack_.end(),
              done_.begin());
  }

  /// Tries one more candidate of the last frame, or leaves it.
  void advance_frame() {
    Frame& frame = frames_.back();
    const std::size_t slots = candidates_.size() - frame.candidates;
    if (frame.next == slots + available_.size()) {
      if (frame.stuck) record_dead_end();
      candidates_.resize(frame.candidates);
      frames_.pop_back();
      done_stack_.resize(done_stack_.size() - words_);
      if (!frames_.empty()) restore();
      return;
    }
    const std::size_t candidate = frame.next++;
    const bool taken = candidate < slots
                           ? take_open(candidates_[frame.candidates + candidate])
                           : take_unanswered(static_cast<std::uint32_t>(candidate - slots));
    if (!taken) return;
    frame.stuck = false;
    settle();
    if (finished()) return;
    if (remember()) {
      push();
    } else {
      restore();
    }
  }

  bool take_open(std::uint32_t slot) {
    const std::uint32_t step = open_[slot];
    const std::optional<StateSpace::State> after = space_.apply(state_, steps_[step]);
    if (!after || skips(step)) return false;
    state_ = *after;
    set_done(slot);
    return true;
  }

  /// Of equal ones the earliest is as good as any. One that changes nothing is
  /// better left for later.
  bool take_unanswered(std::uint32_t kind) {
    const std::uint32_t used = taken_sets_.get(taken_, kind);
    if (used == available_[kind]) return false;
    const std::uint32_t step = schedule_.of_kind[kind][used];
    const std::optional<StateSpace::State> after = space_.apply(state_, steps_[step]);
    if (!after || *after == state_ || skips(step)) return false;
    state_ = *after;
    taken_ = taken_sets_.set(taken_, kind, used + 1);
    order_.push_back(step);
    return true;
  }

  bool skips(std::uint32_t step) {
    if (!options_.skip_hopeless) return false;
    const std::optional<std::size_t> known_by = space_.hopeless(state_, steps_[step]);
    if (known_by) proof_end_ = std::max(proof_end_, *known_by);
    return known_by.has_value();
  }

  void record_dead_end() {
    if (schedule_.returns[position_] != options_.dead_ends_at) return;
    if (result_.dead_ends.size() == dead_ends_kept_max) return;
    DeadEnd end;
    end.state = space_.describe(state_);
    for (const DeadEnd& other : result_.dead_ends) {
      if (other.state == end.state) return;
    }
    end.order.assign(order_.begin(), order_.end());
    for (std::uint32_t slot = 0; slot < open_.size(); ++slot) {
      if (open_[slot] == none || is_done(slot)) continue;
      std::string need = space_.need(steps_[open_[slot]]);
      if (need.empty()) need = "to come before the last value, which was dequeued later";
      end.next.push_back({open_[slot], std::move(need)});
    }
    result_.dead_ends.push_back(std::move(end));
  }

  ValueTable& values_;
  const std::vector<Step>& steps_;
  const Budget& budget_;
  const Schedule schedule_;
  StateSpace space_;
  CellStore taken_sets_;  ///< By kind, how many unanswered steps were taken.
  const SearchOptions options_;
  const std::size_t words_;
  std::vector<bool> reads_only_;
  std::vector<std::size_t> ranks_;

  std::uint32_t position_ = 0;
  std::vector<std::uint32_t> open_;  ///< By slot: the step that is in it.
  std::vector<std::uint64_t> done_;  ///< By slot: whether that step has taken effect.
  std::vector<std::uint32_t> available_;
  StateSpace::State state_;
  CellStore::Array taken_;
  std::vector<std::size_t> order_;

  std::vector<Frame> frames_;
  std::vector<std::uint64_t> done_stack_;  ///< By frame.
  std::vector<std::uint32_t> candidates_;  ///< Slots of all frames, the best of each first.
  ByteInterner seen_;
  Bytes key_;
  std::uint64_t turns_ = 0;
  std::size_t furthest_ = 0;   ///< The last position that was reached.
  std::size_t proof_end_ = 0;  ///< What was skipped is known to be hopeless by then.
  SearchResult result_;
};

}  // namespace

SearchResult search(Model model, ValueTable& values, const Partition& partition,
                    const Budget& budget, SearchOptions options) {
  return Search{model, values, partition, budget, options}.run();
}

}  // namespace parley::history
