// SPDX-License-Identifier: Apache-2.0
//
// What the operations of a history mean. A model is a grammar: it says which
// operations there are and turns each into actions on cells, which the checker
// carries out one after the other, all or none. A register or a key is a cell;
// a lock is a cell that holds its owner; a queue has cells of its own.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/lab/history/cell_store.h"
#include "apps/lab/history/history.h"
#include "apps/lab/history/value_table.h"

namespace parley::history {

enum class Model : std::uint8_t { KeyValue, Register, Queue, Lock };

std::string_view name_of(Model model);
std::optional<Model> model_named(std::string_view name);
/// In the order of help texts.
std::vector<std::string> model_names();

enum class ActionKind : std::uint8_t {
  Get,
  Set,
  Delete,         ///< Sets null; the result says whether there was a value.
  CompareAndSet,  ///< `first` is expected, `second` is new.
  Increment,
  Append,
  Enqueue,
  Dequeue,  ///< Null is the answer of an empty queue.
};

struct Action {
  ActionKind kind = ActionKind::Get;
  std::uint32_t cell = 0;
  ValueId first = null_value;
  ValueId second = null_value;
  std::optional<ValueId> result{};  ///< What was answered; none: not known, any is right.
  friend auto operator<=>(const Action&, const Action&) = default;
};

/// An operation as the checker sees it.
struct Step {
  std::size_t operation = 0;  ///< Position in the history.
  std::vector<Action> actions{};
  std::size_t begin = 0;
  std::size_t end = never;

  bool answered() const { return end != never; }
  /// It changes no state in which it is possible.
  bool reads_only(const ValueTable& values) const;
};

/// Operations that share no cell with any other.
struct Partition {
  std::vector<ValueId> keys;  ///< By cell.
  std::vector<Step> steps;    ///< By begin.
};

/// The history in terms of the model, split into partitions.
struct Problem {
  Model model = Model::KeyValue;
  ValueTable values;
  std::vector<Partition> partitions;  ///< In the order of their first operations.
};

/// Faults are operations that the model does not have; the result is then of no use.
Problem understand(const History& history, Model model, Diagnostics& faults);

/// The states of one partition.
class StateSpace {
 public:
  using State = CellStore::Array;

  StateSpace(Model model, ValueTable& values, const Partition& partition);

  State initial() const { return cells_.zero(); }
  /// The state after all the step's actions; none: it cannot have answered so.
  std::optional<State> apply(State state, const Step& step);

  /// The step is possible in `state`, but no order goes on from there: it would put a
  /// value behind one that leaves the queue later. Returns the position by which
  /// that is known.
  std::optional<std::size_t> hopeless(State state, const Step& step) const;
  /// Of several possible steps the one of the lowest rank is the best guess: the
  /// first that is answered, and the value that leaves a queue first.
  std::size_t rank(const Step& step) const;

  /// "x = 1, y = null", "queue: 1 2", "held by 3".
  std::string describe(State state) const;
  /// What the step would have needed: "x = 1". Empty: it is possible in any state.
  std::string need(const Step& step) const;

  std::size_t memory() const { return cells_.memory(); }

 private:
  std::optional<State> act(State state, const Action& action);
  std::optional<State> add(State state, const Action& action);
  std::optional<State> append(State state, const Action& action);
  std::optional<State> enqueue(State state, const Action& action);
  std::optional<State> dequeue(State state, const Action& action);
  bool truth_is(const Action& action, bool happened);
  std::string cell_name(std::uint32_t cell) const;
  std::string text(ValueId value) const { return as_json(values_.scalar(value)); }
  std::string need(const Action& action) const;

  /// When a value of a queue left it. Of values that came once only.
  struct Leaving {
    std::size_t arrivals = 0;
    std::size_t departures = 0;
    std::size_t begin = never;
    std::size_t end = never;
  };
  void note_departures();

  Model model_;
  ValueTable& values_;
  const Partition& partition_;
  ValueId true_;
  CellStore cells_;
  std::map<ValueId, Leaving> leaving_;
  bool all_departures_known_ = true;
};

}  // namespace parley::history
