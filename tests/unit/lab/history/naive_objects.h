// SPDX-License-Identifier: Apache-2.0
//
// The objects of the models once more, as plainly as they can be written, and a
// judge that tries every permutation. They share no line with the checker that
// they are compared with.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "apps/lab/history/model.h"

namespace parley::history::testing {

class NaiveObject {
 public:
  /// Effect: carries the operation out. Returns its answer; none: it is not possible.
  std::optional<Value> run(const Event& invoke) {
    const Value argument = invoke.value.value_or(Value{});
    const std::string key = invoke.key ? as_json(*invoke.key) : "";
    if (invoke.f == "mget") return read_many(*invoke.key);
    if (invoke.f == "txn") return transact(argument, invoke.process);
    if (invoke.f == "enqueue") return enqueue(argument);
    if (invoke.f == "dequeue") return dequeue();
    if (invoke.f == "acquire" || invoke.f == "release") {
      const Value owner = argument.is_null() ? Value{Scalar{invoke.process}} : argument;
      const bool acquire = invoke.f == "acquire";
      if (acquire ? held_.count(key) > 0 : held_.count(key) == 0 || held_[key] != owner) {
        return std::nullopt;
      }
      if (acquire) held_[key] = owner;
      if (!acquire) held_.erase(key);
      return Value{};
    }
    return on_key(invoke.f, key, argument);
  }

 private:
  Value read(const std::string& key) const {
    const auto found = values_.find(key);
    return found == values_.end() ? Value{} : found->second;
  }

  void write(const std::string& key, const Value& value) {
    values_.erase(key);
    if (!value.is_null()) values_[key] = value;
  }

  std::optional<Value> on_key(const std::string& f, const std::string& key, const Value& argument) {
    const Value before = read(key);
    if (f == "get" || f == "read") return before;
    if (f == "set" || f == "write") {
      write(key, argument);
      return Value{};
    }
    if (f == "del") {
      write(key, Value{});
      return Value{Scalar{!before.is_null()}};
    }
    if (f == "cas") {
      const bool matches = before == argument.list()->at(0);
      if (matches) write(key, argument.list()->at(1));
      return Value{Scalar{matches}};
    }
    if (f == "incr") {
      const std::int64_t by = argument.is_null() ? 1 : std::get<std::int64_t>(*argument.scalar());
      if (!before.is_null() && !std::holds_alternative<std::int64_t>(*before.scalar())) {
        return std::nullopt;
      }
      const std::int64_t sum = before.is_null() ? 0 : std::get<std::int64_t>(*before.scalar());
      write(key, Scalar{sum + by});
      return read(key);
    }
    if (!before.is_null() && !std::holds_alternative<std::string>(*before.scalar())) {
      return std::nullopt;
    }
    const std::string text = before.is_null() ? "" : std::get<std::string>(*before.scalar());
    write(key, Scalar{text + std::get<std::string>(*argument.scalar())});
    return read(key);
  }

  Value read_many(const Value& keys) const {
    std::vector<Value> list;
    for (const Value& key : *keys.list()) list.push_back(read(as_json(key)));
    return list;
  }

  std::optional<Value> transact(const Value& parts, std::int64_t) {
    std::vector<Value> answers;
    const auto before = values_;
    for (const Value& part : *parts.list()) {
      const std::vector<Value>& words = *part.list();
      const auto answer = on_key(std::get<std::string>(*words[0].scalar()), as_json(words[1]),
                                 words.size() > 2 ? words[2] : Value{});
      if (!answer) {
        values_ = before;
        return std::nullopt;
      }
      answers.push_back(*answer);
    }
    return answers;
  }

  Value enqueue(const Value& value) {
    queue_.push_back(value);
    return Value{};
  }

  Value dequeue() {
    if (queue_.empty()) return Value{};
    const Value front = queue_.front();
    queue_.pop_front();
    return front;
  }

  std::map<std::string, Value> values_;
  std::deque<Value> queue_;
  std::map<std::string, Value> held_;
};

/// Does what was written down fit what the object answers?
inline bool fits(const std::string& f, const Value& recorded, const Value& answered) {
  if (f == "set" || f == "write" || f == "enqueue" || f == "acquire" || f == "release") return true;
  if (f == "txn") {
    return recorded == answered;
  }
  const bool says_nothing = recorded.is_null() && (f == "del" || f == "incr" || f == "append");
  if (f == "cas" && recorded.is_null()) return answered == Value{Scalar{true}};
  return says_nothing || recorded == answered;
}

/// Every order of every choice of the unanswered operations.
class NaiveJudge {
 public:
  explicit NaiveJudge(const std::vector<Operation>& operations)
      : operations_(operations), placed_(operations.size()) {}

  bool linearizable() { return place(NaiveObject{}); }

 private:
  bool place(const NaiveObject& object) {
    bool complete = true;
    for (std::size_t i = 0; i < operations_.size(); ++i) {
      complete = complete && (placed_[i] || !operations_[i].answer);
    }
    if (complete) return true;
    for (std::size_t i = 0; i < operations_.size(); ++i) {
      if (placed_[i] || !may_be_next(i)) continue;
      NaiveObject after = object;
      const Operation& operation = operations_[i];
      const std::optional<Value> answer = after.run(operation.invoke);
      if (!answer) continue;
      if (operation.answer &&
          !fits(operation.invoke.f, operation.answer->value.value_or(Value{}), *answer)) {
        continue;
      }
      placed_[i] = true;
      const bool found = place(after);
      placed_[i] = false;
      if (found) return true;
    }
    return false;
  }

  /// Nothing that is not yet placed was answered before this was asked.
  bool may_be_next(std::size_t i) const {
    for (std::size_t other = 0; other < operations_.size(); ++other) {
      if (!placed_[other] && operations_[other].end < operations_[i].begin) return false;
    }
    return true;
  }

  const std::vector<Operation>& operations_;
  std::vector<bool> placed_;
};

}  // namespace parley::history::testing
