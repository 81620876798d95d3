// SPDX-License-Identifier: Apache-2.0
//
// The operations of each model, and the actions that they are.
#include <algorithm>
#include <numeric>

#include "apps/lab/history/model.h"
#include "core/lang/suggestion.h"

namespace parley::history {
namespace {

struct Named {
  std::string_view name;
  Model model;
};
constexpr Named models[] = {{"kv", Model::KeyValue},
                            {"register", Model::Register},
                            {"queue", Model::Queue},
                            {"lock", Model::Lock}};

std::vector<std::string> operations_of(Model model) {
  switch (model) {
    case Model::KeyValue:
      return {"get", "set", "del", "cas", "incr", "append", "mget", "txn"};
    case Model::Register:
      return {"read", "write", "cas"};
    case Model::Queue:
      return {"enqueue", "dequeue"};
    case Model::Lock:
      return {"acquire", "release"};
  }
  return {};
}

/// A complaint about one of an operation's two events.
struct Complaint {
  bool about_answer;
  bool about_key = false;
  std::string message;
};

const Scalar* scalar_in(const Value* value) {
  return value == nullptr ? nullptr : value->scalar();
}

bool is_null(const Value* value) {
  return value == nullptr || value->is_null();
}

std::string found(const Value* value) {
  return value == nullptr ? "none" : as_json(*value);
}

/// One operation's actions, with cells still numbered over the whole history.
class Translation {
 public:
  Translation(Model model, ValueTable& values, std::map<ValueId, std::uint32_t>& cells,
              const Operation& operation)
      : model_(model), values_(values), cells_(cells), operation_(operation) {
    if (operation.invoke.value) argument_ = &*operation.invoke.value;
    if (operation.answer && operation.answer->value) answer_ = &*operation.answer->value;
    answered_ = operation.answer.has_value();
  }

  std::vector<Action> translate() {
    const std::string& f = operation_.invoke.f;
    if (f == "mget") {
      read_many();
    } else if (f == "txn") {
      transact();
    } else {
      Action action;
      action.cell = cell_of(operation_.invoke.key ? &*operation_.invoke.key : nullptr);
      fill(action, f, argument_, answer_);
      actions_.push_back(action);
    }
    return std::move(actions_);
  }

  const std::optional<Complaint>& complaint() const { return complaint_; }

 private:
  void refuse(bool about_answer, std::string expected, const Value* value) {
    if (complaint_) return;
    complaint_ = Complaint{
        about_answer, false,
        operation_.invoke.f + ": expected " + std::move(expected) + ", found " + found(value)};
  }

  std::uint32_t cell_of(const Value* key) {
    // One register, queue or lock needs no name.
    const bool may_lack = model_ != Model::KeyValue;
    if ((key == nullptr && !may_lack) || (key != nullptr && scalar_in(key) == nullptr)) {
      refuse(false, "a key", key);
      if (complaint_) complaint_->about_key = true;
      return 0;
    }
    const ValueId name = values_.number(key == nullptr ? Scalar{} : *key->scalar());
    return cells_.try_emplace(name, static_cast<std::uint32_t>(cells_.size())).first->second;
  }

  ValueId argument(const Value* value, std::string expected) {
    if (scalar_in(value) == nullptr) {
      refuse(false, std::move(expected), value);
      return null_value;
    }
    return values_.number(*value->scalar());
  }

  /// What was answered, where null and none say nothing.
  std::optional<ValueId> result(const Value* value, std::string expected) {
    if (!answered_ || is_null(value)) return std::nullopt;
    if (scalar_in(value) == nullptr) refuse(true, std::move(expected), value);
    return scalar_in(value) == nullptr ? null_value : values_.number(*value->scalar());
  }

  /// What was read, where null is a value too.
  std::optional<ValueId> read_result(const Value* value) {
    if (!answered_) return std::nullopt;
    if (scalar_in(value) == nullptr) {
      refuse(true, "the value that was read, or null", value);
      return std::nullopt;
    }
    return values_.number(*value->scalar());
  }

  /// Precondition: `f` is an operation of the model on one key.
  void fill(Action& action, const std::string& f, const Value* argument, const Value* answer) {
    if (f == "get" || f == "read") {
      action.kind = ActionKind::Get;
      action.result = read_result(answer);
    } else if (f == "set" || f == "write") {
      action.kind = ActionKind::Set;
      action.first = this->argument(argument, "a value to write");
    } else if (f == "del") {
      action.kind = ActionKind::Delete;
      action.result = truth(answer);
    } else if (f == "cas") {
      fill_cas(action, argument, answer);
    } else if (f == "incr") {
      action.kind = ActionKind::Increment;
      fill_incr(action, argument, answer);
    } else if (f == "append") {
      action.kind = ActionKind::Append;
      action.first = text(argument, false);
      action.result = result(answer, "the text that came out, or null");
    } else if (f == "enqueue") {
      action.kind = ActionKind::Enqueue;
      action.first = this->argument(argument, "a value to enqueue");
      if (action.first == null_value)
        refuse(false, "a value to enqueue that is not null", argument);
    } else if (f == "dequeue") {
      action.kind = ActionKind::Dequeue;
      action.result = read_result(answer);
    } else {
      fill_lock(action, f, argument);
    }
  }

  /// A lock is a cell that is swapped between null and its owner.
  void fill_lock(Action& action, const std::string& f, const Value* argument) {
    ValueId owner = values_.number(Scalar{operation_.invoke.process});
    if (!is_null(argument)) owner = this->argument(argument, "an owner");
    action.kind = ActionKind::CompareAndSet;
    (f == "acquire" ? action.second : action.first) = owner;
    if (answered_) action.result = values_.number(Scalar{true});
  }

  void fill_cas(Action& action, const Value* argument, const Value* answer) {
    action.kind = ActionKind::CompareAndSet;
    const std::vector<Value>* pair = argument == nullptr ? nullptr : argument->list();
    if (pair == nullptr || pair->size() != 2 || pair->at(0).list() != nullptr ||
        pair->at(1).list() != nullptr) {
      return refuse(false, "[expected value, new value]", argument);
    }
    action.first = values_.number(*pair->at(0).scalar());
    action.second = values_.number(*pair->at(1).scalar());
    if (!answered_) return;
    // An answer without a word is a success, and so is Jepsen's pair.
    const bool repeated = answer != nullptr && *answer == *argument;
    action.result = repeated || is_null(answer) ? values_.number(Scalar{true}) : truth(answer);
  }

  void fill_incr(Action& action, const Value* argument, const Value* answer) {
    const Scalar one{std::int64_t{1}};
    const Scalar* by = is_null(argument) ? &one : scalar_in(argument);
    if (by == nullptr || !std::holds_alternative<std::int64_t>(*by)) {
      return refuse(false, "an integer to add", argument);
    }
    action.first = values_.number(*by);
    action.result = result(answer, "the number that came out, or null");
  }

  std::optional<ValueId> truth(const Value* answer) {
    if (!answered_ || is_null(answer)) return std::nullopt;
    const Scalar* scalar = scalar_in(answer);
    if (scalar == nullptr || !std::holds_alternative<bool>(*scalar)) {
      refuse(true, "true, false or null", answer);
      return std::nullopt;
    }
    return values_.number(*scalar);
  }

  ValueId text(const Value* value, bool about_answer) {
    const Scalar* scalar = scalar_in(value);
    if (scalar == nullptr || !std::holds_alternative<std::string>(*scalar)) {
      refuse(about_answer, "a text", value);
      return null_value;
    }
    return values_.number(*scalar);
  }

  void read_many() {
    const Value* keys = operation_.invoke.key ? &*operation_.invoke.key : nullptr;
    const std::vector<Value>* list = keys == nullptr ? nullptr : keys->list();
    if (list == nullptr || list->empty()) {
      refuse(false, "a list of keys", keys);
      complaint_->about_key = true;
      return;
    }
    const std::vector<Value>* read = answer_ == nullptr ? nullptr : answer_->list();
    if (answered_ && (read == nullptr || read->size() != list->size())) {
      return refuse(true, "a list of " + std::to_string(list->size()) + " values", answer_);
    }
    for (std::size_t i = 0; i < list->size(); ++i) {
      Action action;
      action.cell = cell_of(&list->at(i));
      action.result = read_result(answered_ ? &read->at(i) : nullptr);
      actions_.push_back(action);
    }
  }

  void transact() {
    const std::vector<Value>* parts = argument_ == nullptr ? nullptr : argument_->list();
    if (parts == nullptr || parts->empty()) {
      return refuse(false, "a list such as [[\"get\",\"x\"],[\"set\",\"y\",1]]", argument_);
    }
    const std::vector<Value>* results = answer_ == nullptr ? nullptr : answer_->list();
    if (answered_ && (results == nullptr || results->size() != parts->size())) {
      return refuse(true, "a list of " + std::to_string(parts->size()) + " answers", answer_);
    }
    for (std::size_t i = 0; i < parts->size() && !complaint_; ++i) {
      add_part(parts->at(i), answered_ ? &results->at(i) : nullptr);
    }
  }

  /// [f, key] or [f, key, argument].
  void add_part(const Value& part, const Value* answer) {
    const std::vector<Value>* words = part.list();
    const std::string* f = nullptr;
    if (words != nullptr && words->size() >= 2 && words->size() <= 3 && !words->at(0).list()) {
      f = std::get_if<std::string>(words->at(0).scalar());
    }
    const auto names = operations_of(model_);
    if (f == nullptr || *f == "txn" || *f == "mget" ||
        std::find(names.begin(), names.end(), *f) == names.end()) {
      return refuse(false, "[operation on one key, key, argument]", &part);
    }
    Action action;
    action.cell = cell_of(&words->at(1));
    fill(action, *f, words->size() == 3 ? &words->at(2) : nullptr, answer);
    actions_.push_back(action);
  }

  Model model_;
  ValueTable& values_;
  std::map<ValueId, std::uint32_t>& cells_;
  const Operation& operation_;
  const Value* argument_ = nullptr;
  const Value* answer_ = nullptr;
  bool answered_ = false;
  std::vector<Action> actions_;
  std::optional<Complaint> complaint_;
};

/// Which cells must be judged together (union-find with path halving).
class Joined {
 public:
  explicit Joined(std::size_t cells) : above_(cells) {
    std::iota(above_.begin(), above_.end(), std::uint32_t{0});
  }
  std::uint32_t root(std::uint32_t cell) {
    while (above_[cell] != cell) cell = above_[cell] = above_[above_[cell]];
    return cell;
  }
  void join(std::uint32_t left, std::uint32_t right) {
    const std::uint32_t one = root(left);
    const std::uint32_t other = root(right);
    above_[std::max(one, other)] = std::min(one, other);
  }

 private:
  std::vector<std::uint32_t> above_;
};

std::vector<Partition> partitions_of(std::vector<Step> steps,
                                     const std::map<ValueId, std::uint32_t>& cells) {
  Joined joined{cells.size()};
  for (const Step& step : steps) {
    for (const Action& action : step.actions) joined.join(step.actions[0].cell, action.cell);
  }
  std::vector<ValueId> names(cells.size());
  for (const auto& [name, cell] : cells) names[cell] = name;
  std::vector<std::uint32_t> partition_of(cells.size(), UINT32_MAX);
  std::vector<std::uint32_t> place(cells.size());
  std::vector<Partition> partitions;
  for (std::uint32_t cell = 0; cell < cells.size(); ++cell) {
    std::uint32_t& number = partition_of[joined.root(cell)];
    if (number == UINT32_MAX) {
      number = static_cast<std::uint32_t>(partitions.size());
      partitions.emplace_back();
    }
    place[cell] = static_cast<std::uint32_t>(partitions[number].keys.size());
    partitions[number].keys.push_back(names[cell]);
  }
  for (Step& step : steps) {
    Partition& partition = partitions[partition_of[joined.root(step.actions[0].cell)]];
    for (Action& action : step.actions) action.cell = place[action.cell];
    partition.steps.push_back(std::move(step));
  }
  return partitions;
}

void complain(const Operation& operation, const Complaint& complaint, Diagnostics& faults) {
  const Event& event = complaint.about_answer ? *operation.answer : operation.invoke;
  Field at = complaint.about_key ? event.key_at : event.value_at;
  if (at.begin == 0) at = event.f_at;
  const std::uint32_t line = event.line;
  faults.error(code::operation, {0, {line, at.begin}, {line, std::max(at.end, at.begin + 1)}},
               complaint.message);
}

void complain_of_name(const Event& invoke, Model model, Diagnostics& faults) {
  const std::vector<std::string> names = operations_of(model);
  Diagnostic& fault = faults.error(
      code::operation, {0, {invoke.line, invoke.f_at.begin}, {invoke.line, invoke.f_at.end}},
      "f: expected " + listed(names) + ", found '" + invoke.f + "'");
  fault.suggest(did_you_mean(invoke.f, names));
  for (const Named& other : models) {
    const auto theirs = operations_of(other.model);
    if (std::find(theirs.begin(), theirs.end(), invoke.f) == theirs.end()) continue;
    fault.suggest("--model " + std::string{other.name} + " has '" + invoke.f + "'");
  }
}

}  // namespace

std::string_view name_of(Model model) {
  const auto* found = std::find_if(std::begin(models), std::end(models),
                                   [&](const Named& one) { return one.model == model; });
  return found->name;
}

std::optional<Model> model_named(std::string_view name) {
  for (const Named& one : models) {
    if (one.name == name) return one.model;
  }
  return std::nullopt;
}

std::vector<std::string> model_names() {
  std::vector<std::string> names;
  for (const Named& one : models) names.emplace_back(one.name);
  return names;
}

bool Step::reads_only(const ValueTable& values) const {
  return std::all_of(actions.begin(), actions.end(), [&](const Action& action) {
    if (action.kind == ActionKind::Get) return true;
    if (!action.result) return false;
    const bool refused = values.scalar(*action.result) == Scalar{false};
    if (action.kind == ActionKind::Dequeue) return *action.result == null_value;
    return refused &&
           (action.kind == ActionKind::CompareAndSet || action.kind == ActionKind::Delete);
  });
}

Problem understand(const History& history, Model model, Diagnostics& faults) {
  Problem problem;
  problem.model = model;
  std::map<ValueId, std::uint32_t> cells;
  std::vector<Step> steps;
  const std::vector<std::string> names = operations_of(model);
  for (std::size_t i = 0; i < history.operations.size(); ++i) {
    const Operation& operation = history.operations[i];
    if (std::find(names.begin(), names.end(), operation.invoke.f) == names.end()) {
      complain_of_name(operation.invoke, model, faults);
      continue;
    }
    Translation translation{model, problem.values, cells, operation};
    Step step{i, translation.translate(), operation.begin, operation.end};
    if (translation.complaint()) {
      complain(operation, *translation.complaint(), faults);
      continue;
    }
    // A read that nobody saw the answer of says nothing.
    if (!step.answered() && step.reads_only(problem.values)) continue;
    steps.push_back(std::move(step));
  }
  problem.partitions = partitions_of(std::move(steps), cells);
  std::erase_if(problem.partitions, [](const Partition& one) { return one.steps.empty(); });
  return problem;
}

}  // namespace parley::history
