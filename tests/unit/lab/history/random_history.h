// SPDX-License-Identifier: Apache-2.0
//
// Histories from a seed: processes call a naive object, each call takes effect at
// a drawn moment between its invoke and its answer, so the history is
// linearizable, whatever overlaps.
#pragma once

#include <set>

#include "core/base/prng.h"
#include "tests/unit/lab/history/naive_objects.h"

namespace parley::history::testing {

struct RandomShape {
  Model model = Model::KeyValue;
  std::size_t operations = 6;
  std::int64_t processes = 3;
  std::uint64_t keys = 2;
  std::uint64_t values = 3;
  std::uint32_t unknown_per_million = 150'000;
  bool distinct_values = false;  ///< Every write writes what no other writes.
  bool transactions = true;
};

class RandomHistory {
 public:
  RandomHistory(RandomShape shape, std::uint64_t seed) : shape_(shape), random_(seed) {}

  std::vector<Event> make() {
    while (invoked_ < shape_.operations || !pending_.empty()) {
      const auto process =
          static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(shape_.processes)));
      const auto found = pending_.find(process);
      if (found == pending_.end()) {
        if (invoked_ < shape_.operations) invoke(process);
      } else {
        go_on(process, found->second);
      }
    }
    for (std::size_t i = 0; i < events_.size(); ++i) {
      events_[i].time = static_cast<std::int64_t>(i * 10);
    }
    return std::move(events_);
  }

 private:
  struct Pending {
    Event invoke;
    bool took_effect = false;
    std::optional<Value> answer{};
  };

  void invoke(std::int64_t process) {
    Event event = draw(process);
    events_.push_back(event);
    pending_[process] = {std::move(event)};
    ++invoked_;
  }

  void go_on(std::int64_t process, Pending& pending) {
    const bool take_effect = !pending.took_effect;
    if (random_.chance(shape_.unknown_per_million / 2)) return answer(process, EventType::Info);
    if (take_effect) {
      pending.answer = object_.run(pending.invoke);
      pending.took_effect = true;
      return;
    }
    answer(process, pending.answer ? EventType::Ok : EventType::Fail);
  }

  void answer(std::int64_t process, EventType type) {
    const Pending& pending = pending_.at(process);
    Event event = pending.invoke;
    event.type = type;
    event.value = type == EventType::Ok ? pending.answer : std::nullopt;
    events_.push_back(std::move(event));
    pending_.erase(process);
  }

  Value key() { return Scalar{"k" + std::to_string(random_.below(shape_.keys))}; }

  Value value() {
    if (shape_.distinct_values) return Scalar{static_cast<std::int64_t>(++last_value_)};
    return Scalar{static_cast<std::int64_t>(1 + random_.below(shape_.values))};
  }

  Event draw(std::int64_t process) {
    Event event;
    event.process = process;
    switch (shape_.model) {
      case Model::Queue:
        event.f = random_.below(2) == 0 ? "enqueue" : "dequeue";
        if (event.f == "enqueue") event.value = value();
        break;
      case Model::Lock:
        event.f = random_.below(2) == 0 ? "acquire" : "release";
        break;
      case Model::Register:
        draw_on_key(event, {"read", "write", "cas"});
        break;
      case Model::KeyValue:
        draw_of_store(event);
        break;
    }
    return event;
  }

  void draw_of_store(Event& event) {
    const std::uint64_t which = shape_.transactions ? random_.below(10) : 9;
    if (which == 0) {
      event.f = "mget";
      event.key = std::vector<Value>{key(), key()};
    } else if (which == 1) {
      event.f = "txn";
      event.value = std::vector<Value>{std::vector<Value>{Scalar{"get"}, key()},
                                       std::vector<Value>{Scalar{"set"}, key(), value()}};
    } else {
      draw_on_key(event, {"get", "set", "del", "cas", "incr"});
      event.key = key();
    }
  }

  void draw_on_key(Event& event, const std::vector<const char*>& names) {
    event.f = names[random_.below(names.size())];
    if (event.f == "set" || event.f == "write") event.value = value();
    if (event.f == "cas") event.value = std::vector<Value>{value(), value()};
    if (event.f == "incr") event.value = Scalar{std::int64_t{1}};
  }

  RandomShape shape_;
  Prng random_;
  NaiveObject object_;
  std::vector<Event> events_;
  std::map<std::int64_t, Pending> pending_;
  std::size_t invoked_ = 0;
  std::uint64_t last_value_ = 0;
};

inline std::string as_text(const std::vector<Event>& events) {
  std::string text;
  for (const Event& event : events) text += as_json_line(event);
  return text;
}

inline History read_history(std::string_view text, Diagnostics& faults) {
  Reader reader{faults};
  reader.feed(text);
  return reader.finish();
}

}  // namespace parley::history::testing
