// SPDX-License-Identifier: Apache-2.0
#include <limits>

#include "apps/lab/history/model.h"

namespace parley::history {
namespace {

// A queue is three kinds of cells: how many values left it, how many came, and
// the values at their positions, 0 once they left. The values that came before
// are forgotten, so that equal queues of as many arrivals are equal states.
constexpr std::size_t head_cell = 0;
constexpr std::size_t tail_cell = 1;
constexpr std::size_t values_cell = 2;

std::size_t cells_of(Model model, const Partition& partition) {
  return model == Model::Queue ? values_cell + partition.steps.size() : partition.keys.size();
}

}  // namespace

StateSpace::StateSpace(Model model, ValueTable& values, const Partition& partition)
    : model_(model),
      values_(values),
      partition_(partition),
      true_(values.number(Scalar{true})),
      cells_(cells_of(model, partition)) {
  if (model == Model::Queue) note_departures();
}

void StateSpace::note_departures() {
  for (const Step& step : partition_.steps) {
    const Action& action = step.actions[0];
    if (action.kind == ActionKind::Enqueue) {
      ++leaving_[action.first].arrivals;
    } else if (!action.result) {
      all_departures_known_ = false;
    } else if (*action.result != null_value) {
      Leaving& leaving = leaving_[*action.result];
      ++leaving.departures;
      leaving.begin = step.begin;
      leaving.end = step.end;
    }
  }
}

std::optional<std::size_t> StateSpace::hopeless(State state, const Step& step) const {
  constexpr std::uint32_t looked_at_max = 64;  // Near the back, where it went wrong lately.
  if (step.actions[0].kind != ActionKind::Enqueue || step.actions[0].first == null_value) {
    return std::nullopt;
  }
  const Leaving& next = leaving_.at(step.actions[0].first);
  if (next.arrivals != 1 || next.departures != 1 || next.end == never) return std::nullopt;
  const std::uint32_t head = cells_.get(state, head_cell);
  const std::uint32_t tail = cells_.get(state, tail_cell);
  for (std::uint32_t i = tail; i > head && tail - i < looked_at_max; --i) {
    const Leaving& before = leaving_.at(cells_.get(state, values_cell + i - 1));
    if (before.arrivals != 1) continue;
    const bool stays = before.departures == 0 && all_departures_known_;
    const bool leaves_later = before.departures == 1 && next.end < before.begin;
    if (stays || leaves_later) return next.end;
  }
  return std::nullopt;
}

std::size_t StateSpace::rank(const Step& step) const {
  if (step.actions[0].kind != ActionKind::Enqueue) return step.end;
  const Leaving& leaving = leaving_.at(step.actions[0].first);
  return leaving.departures == 1 ? leaving.end : never;
}

std::optional<StateSpace::State> StateSpace::apply(State state, const Step& step) {
  std::optional<State> after = state;
  for (const Action& action : step.actions) {
    after = act(*after, action);
    if (!after) break;
  }
  return after;
}

std::optional<StateSpace::State> StateSpace::act(State state, const Action& action) {
  switch (action.kind) {
    case ActionKind::Get:
      if (action.result && cells_.get(state, action.cell) != *action.result) return std::nullopt;
      return state;
    case ActionKind::Set:
      return cells_.set(state, action.cell, action.first);
    case ActionKind::Delete: {
      if (!truth_is(action, cells_.get(state, action.cell) != null_value)) return std::nullopt;
      return cells_.set(state, action.cell, null_value);
    }
    case ActionKind::CompareAndSet: {
      const bool matches = cells_.get(state, action.cell) == action.first;
      if (!truth_is(action, matches)) return std::nullopt;
      return matches ? cells_.set(state, action.cell, action.second) : state;
    }
    case ActionKind::Increment:
      return add(state, action);
    case ActionKind::Append:
      return append(state, action);
    case ActionKind::Enqueue:
      return enqueue(state, action);
    case ActionKind::Dequeue:
      return dequeue(state, action);
  }
  return std::nullopt;
}

bool StateSpace::truth_is(const Action& action, bool happened) {
  return !action.result || (*action.result == true_) == happened;
}

std::optional<StateSpace::State> StateSpace::add(State state, const Action& action) {
  const ValueId before = cells_.get(state, action.cell);
  const auto* number = std::get_if<std::int64_t>(&values_.scalar(before));
  if (number == nullptr && before != null_value) return std::nullopt;
  std::int64_t sum = number == nullptr ? 0 : *number;
  const std::int64_t by = std::get<std::int64_t>(values_.scalar(action.first));
  if (__builtin_add_overflow(sum, by, &sum)) return std::nullopt;
  const ValueId after = values_.number(Scalar{sum});
  if (action.result && *action.result != after) return std::nullopt;
  return cells_.set(state, action.cell, after);
}

std::optional<StateSpace::State> StateSpace::append(State state, const Action& action) {
  const ValueId before = cells_.get(state, action.cell);
  const auto* text = std::get_if<std::string>(&values_.scalar(before));
  if (text == nullptr && before != null_value) return std::nullopt;
  const std::string longer = (text == nullptr ? std::string{} : *text) +
                             std::get<std::string>(values_.scalar(action.first));
  if (action.result && values_.scalar(*action.result) != Scalar{longer}) return std::nullopt;
  return cells_.set(state, action.cell, values_.number(Scalar{longer}));
}

std::optional<StateSpace::State> StateSpace::enqueue(State state, const Action& action) {
  const std::uint32_t tail = cells_.get(state, tail_cell);
  state = cells_.set(state, values_cell + tail, action.first);
  return cells_.set(state, tail_cell, tail + 1);
}

std::optional<StateSpace::State> StateSpace::dequeue(State state, const Action& action) {
  const std::uint32_t head = cells_.get(state, head_cell);
  // Beyond the last value the cells are 0, which is null.
  const bool empty = head == cells_.get(state, tail_cell);
  const ValueId value = empty ? null_value : cells_.get(state, values_cell + head);
  if (action.result && *action.result != value) return std::nullopt;
  if (empty) return state;
  state = cells_.set(state, values_cell + head, null_value);
  return cells_.set(state, head_cell, head + 1);
}

std::string StateSpace::cell_name(std::uint32_t cell) const {
  if (model_ == Model::Lock) return "the lock";
  const Scalar& key = values_.scalar(partition_.keys[cell]);
  if (const auto* name = std::get_if<std::string>(&key)) return *name;
  return std::holds_alternative<Null>(key) ? "the register" : as_json(key);
}

std::string StateSpace::describe(State state) const {
  constexpr std::size_t shown_max = 20;
  std::string words;
  if (model_ == Model::Lock) {
    const ValueId owner = cells_.get(state, 0);
    return owner == null_value ? "the lock is free" : "the lock is held by " + text(owner);
  }
  if (model_ == Model::Queue) {
    const std::uint32_t head = cells_.get(state, head_cell);
    const std::uint32_t tail = cells_.get(state, tail_cell);
    if (head == tail) return "the queue is empty";
    for (std::uint32_t i = head; i < tail && i < head + shown_max; ++i) {
      words += (i == head ? "" : ", ") + text(cells_.get(state, values_cell + i));
    }
    return "the queue is [" + words + (tail - head > shown_max ? ", ...]" : "], front first");
  }
  for (std::uint32_t i = 0; i < partition_.keys.size() && i < shown_max; ++i) {
    words += (i == 0 ? "" : ", ") + cell_name(i) + " = " + text(cells_.get(state, i));
  }
  return words + (partition_.keys.size() > shown_max ? ", ..." : "");
}

std::string StateSpace::need(const Step& step) const {
  std::string words;
  for (const Action& action : step.actions) {
    const std::string one = need(action);
    if (!one.empty()) words += (words.empty() ? "" : ", then ") + one;
  }
  return words;
}

std::string StateSpace::need(const Action& action) const {
  const bool truth = action.result == true_;
  if (model_ == Model::Lock) {
    return action.first == null_value ? "the lock free" : "the lock held by " + text(action.first);
  }
  if (!action.result) return {};
  const std::string result = text(*action.result);
  switch (action.kind) {
    case ActionKind::Get:
      return cell_name(action.cell) + " = " + result;
    case ActionKind::Delete:
      return cell_name(action.cell) + (truth ? " present" : " = null");
    case ActionKind::CompareAndSet:
      return cell_name(action.cell) + (truth ? " = " : " other than ") + text(action.first);
    case ActionKind::Increment:
      return cell_name(action.cell) + " + " + text(action.first) + " to be " + result;
    case ActionKind::Append:
      return cell_name(action.cell) + " with " + text(action.first) + " behind it to be " + result;
    case ActionKind::Dequeue:
      return *action.result == null_value ? "an empty queue" : result + " at the front";
    case ActionKind::Set:
    case ActionKind::Enqueue:
      return {};
  }
  return {};
}

}  // namespace parley::history
