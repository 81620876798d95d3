// SPDX-License-Identifier: Apache-2.0
//
// Exhaustive breadth-first search of a small model, counts exact: states are
// compared whole. Stops at the first fault, which is as near as any.
//
// A Model has a State and
//   State initial() const
//   std::uint32_t encode(const State&, Bytes&) const   canonical; how many states
//                                                      it stands for
//   State decode(ByteView) const
//   void for_each_step(const State&, Visit) const  visit(next, words, fault), where
//     words() tells the step and fault is null or the rule that the step breaks
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "apps/lab/explorer/state_table.h"

namespace parley {

struct ModelReport {
  std::uint64_t states = 0;            ///< With symmetry, one for those that differ only so.
  std::uint64_t states_unreduced = 0;  ///< What they stand for.
  std::uint64_t transitions = 0;       ///< Leading to new states or known ones.
  std::uint64_t depth = 0;
  std::size_t memory_bytes = 0;
  bool exhausted = false;
  std::string fault{};               ///< Empty: none was found.
  std::vector<std::string> story{};  ///< The steps to it, the last one faulty.
};

template <class Model>
class ModelSearch {
 public:
  using State = typename Model::State;

  /// `model` outlives the search.
  ModelSearch(const Model& model, std::uint64_t states_max)
      : model_(model), states_max_(states_max) {}

  ModelReport run() {
    insert(model_.initial(), StateTable::no_place);
    Place level_end = table_.end();
    report_.exhausted = true;
    for (Place place = table_.begin(); place < table_.end(); place = table_.next(place)) {
      if (place >= level_end) {
        ++report_.depth;
        level_end = table_.end();
      }
      if (table_.size() > states_max_) report_.exhausted = false;
      if (!report_.exhausted || !expand(place)) break;
    }
    report_.exhausted = report_.exhausted && report_.fault.empty();
    report_.states = table_.size();
    report_.memory_bytes = table_.memory();
    return std::move(report_);
  }

 private:
  using Place = StateTable::Place;

  bool insert(const State& state, Place parent) {
    scratch_.clear();
    const std::uint32_t stands_for = model_.encode(state, scratch_);
    if (!table_.insert(scratch_, StateTable::hash_of(scratch_), parent)) return false;
    report_.states_unreduced += stands_for;
    return true;
  }

  /// False: a fault was found.
  bool expand(Place place) {
    const State state = model_.decode(table_.at(place).state);
    model_.for_each_step(state, [&](const State& next, auto&& words, const char* fault) {
      if (!report_.fault.empty()) return;
      ++report_.transitions;
      if (fault != nullptr) {
        report_.fault = fault;
        tell(place, words());
        return;
      }
      insert(next, place);
    });
    return report_.fault.empty();
  }

  void tell(Place place, std::string last) {
    report_.story = {std::move(last)};
    for (Place parent = table_.at(place).parent; parent != StateTable::no_place;
         parent = table_.at(place).parent) {
      report_.story.push_back(step_between(parent, place));
      place = parent;
    }
    std::reverse(report_.story.begin(), report_.story.end());
  }

  std::string step_between(Place from, Place to) {
    const ByteView wanted = table_.at(to).state;
    std::optional<std::string> found;
    Bytes bytes;
    model_.for_each_step(model_.decode(table_.at(from).state),
                         [&](const State& next, auto&& words, const char*) {
                           bytes.clear();
                           model_.encode(next, bytes);
                           if (!found && equal(bytes, wanted)) found = words();
                         });
    return found.value_or("?");
  }

  const Model& model_;
  std::uint64_t states_max_;
  StateTable table_;
  Bytes scratch_;
  ModelReport report_;
};

template <class Model>
ModelReport search(const Model& model, std::uint64_t states_max) {
  return ModelSearch<Model>{model, states_max}.run();
}

}  // namespace parley
