// SPDX-License-Identifier: Apache-2.0
#include "apps/lab/history/droppable.h"

#include <algorithm>
#include <map>

namespace parley::history {
namespace {

using Groups = std::vector<std::vector<std::size_t>>;
using CellValue = std::pair<std::uint32_t, ValueId>;

/// What the steps saw of the cells of keys.
class Sightings {
 public:
  Sightings(const ValueTable& values, const std::vector<Step>& steps) : values_(values) {
    for (const Step& step : steps) count(step, true);
  }

  /// Does any other step see what this one leaves?
  bool needed(const Step& step) {
    count(step, false);
    const bool seen = std::any_of(step.actions.begin(), step.actions.end(),
                                  [&](const Action& action) { return needed(action); });
    count(step, true);
    return seen;
  }

 private:
  bool needed(const Action& action) const {
    const auto left = [&](ValueId value) {
      return counted(depends_, action.cell) || counted(saw_, CellValue{action.cell, value});
    };
    switch (action.kind) {
      case ActionKind::Set:
        return left(action.first);
      case ActionKind::Delete:
        return left(null_value);
      case ActionKind::CompareAndSet:
        return !refused(action) && left(action.second);
      case ActionKind::Increment:
      case ActionKind::Append:
        return counted(depends_, action.cell) || counted(sees_, action.cell);
      case ActionKind::Get:
      case ActionKind::Enqueue:
      case ActionKind::Dequeue:
        return false;
    }
    return true;
  }

  bool refused(const Action& action) const {
    return action.result && values_.scalar(*action.result) == Scalar{false};
  }

  void count(const Step& step, bool add) {
    const auto saw = [&](const Action& action, ValueId value) {
      add ? ++saw_[{action.cell, value}] : --saw_[{action.cell, value}];
      add ? ++sees_[action.cell] : --sees_[action.cell];
    };
    const auto depends = [&](const Action& action) {
      add ? ++depends_[action.cell] : --depends_[action.cell];
    };
    for (const Action& action : step.actions) {
      switch (action.kind) {
        case ActionKind::Get:
          if (action.result) saw(action, *action.result);
          break;
        case ActionKind::Delete:
          if (action.result) depends(action);
          break;
        case ActionKind::CompareAndSet:
          if (refused(action)) {
            depends(action);
          } else {
            saw(action, action.first);
          }
          break;
        case ActionKind::Increment:
        case ActionKind::Append:
          depends(action);
          break;
        case ActionKind::Set:
        case ActionKind::Enqueue:
        case ActionKind::Dequeue:
          break;
      }
    }
  }

  template <class Key>
  static bool counted(const std::map<Key, std::size_t>& counts, const Key& key) {
    const auto found = counts.find(key);
    return found != counts.end() && found->second > 0;
  }

  const ValueTable& values_;
  std::map<CellValue, std::size_t> saw_;
  std::map<std::uint32_t, std::size_t> sees_;
  std::map<std::uint32_t, std::size_t> depends_;  ///< On what was there, whatever it was.
};

Groups of_cells(const ValueTable& values, const std::vector<Step>& steps) {
  Groups groups;
  Sightings sightings{values, steps};
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (steps[i].reads_only(values) || !sightings.needed(steps[i])) groups.push_back({i});
  }
  return groups;
}

/// A sequence of enqueues and dequeues is still one after all that concerns one
/// value is left out.
Groups of_queue(const std::vector<Step>& steps) {
  Groups groups;
  std::map<ValueId, std::vector<std::size_t>> by_value;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const Action& action = steps[i].actions[0];
    if (action.kind == ActionKind::Enqueue) {
      by_value[action.first].push_back(i);
    } else if (action.result == null_value) {
      groups.push_back({i});
    } else if (action.result) {
      by_value[*action.result].push_back(i);
    }
  }
  for (auto& [value, group] : by_value) groups.push_back(std::move(group));
  return groups;
}

/// Of steps that acquire and release in turn, one after the other, nothing comes
/// between an acquire and its release.
bool in_turn(const std::vector<Step>& steps, const std::vector<std::size_t>& own) {
  for (std::size_t i = 0; i < own.size(); ++i) {
    const bool acquires = steps[own[i]].actions[0].first == null_value;
    if (acquires != (i % 2 == 0)) return false;
    if (i + 1 < own.size() && steps[own[i]].end > steps[own[i + 1]].begin) return false;
  }
  return true;
}

Groups of_lock(const std::vector<Step>& steps) {
  Groups groups;
  std::map<ValueId, std::vector<std::size_t>> by_owner;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const Action& action = steps[i].actions[0];
    by_owner[action.first == null_value ? action.second : action.first].push_back(i);
  }
  for (const auto& [owner, own] : by_owner) {
    if (!in_turn(steps, own)) {
      groups.push_back(own);
      continue;
    }
    for (std::size_t i = 0; i < own.size(); i += 2) {
      groups.push_back({own[i]});
      if (i + 1 < own.size()) groups.back().push_back(own[i + 1]);
    }
  }
  return groups;
}

}  // namespace

Groups droppable(Model model, const ValueTable& values, const std::vector<Step>& steps) {
  switch (model) {
    case Model::Queue:
      return of_queue(steps);
    case Model::Lock:
      return of_lock(steps);
    case Model::KeyValue:
    case Model::Register:
      return of_cells(values, steps);
  }
  return {};
}

}  // namespace parley::history
