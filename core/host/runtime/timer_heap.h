// SPDX-License-Identifier: Apache-2.0
//
// Deadlines by key, the earliest first. Setting and cancelling are lazy: an
// outdated entry stays in the heap until it comes up or outnumbers the live ones.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace parley {

template <class Key>
class TimerHeap {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  /// Effect: the key's one deadline is `moment`, whatever it was.
  void set(const Key& key, TimePoint moment) {
    const std::uint64_t number = ++sets_;
    live_[key] = number;
    heap_.push_back({moment, number, key});
    std::push_heap(heap_.begin(), heap_.end(), later);
    if (heap_.size() > 2 * live_.size() + 64) drop_outdated();
  }

  void cancel(const Key& key) { live_.erase(key); }

  /// The earliest deadline; nullopt when there is none.
  std::optional<TimePoint> next() {
    while (!heap_.empty() && !is_live(heap_.front())) pop();
    if (heap_.empty()) return std::nullopt;
    return heap_.front().moment;
  }

  /// Effect: removes and returns the key of the earliest deadline that is due.
  std::optional<Key> take_due(TimePoint now) {
    const auto moment = next();
    if (!moment || *moment > now) return std::nullopt;
    Key key = heap_.front().key;
    live_.erase(key);
    pop();
    return key;
  }

  std::size_t size() const { return live_.size(); }
  std::size_t entries() const { return heap_.size(); }

 private:
  struct Entry {
    TimePoint moment;
    std::uint64_t number;
    Key key;
  };

  static bool later(const Entry& left, const Entry& right) {
    return left.moment != right.moment ? left.moment > right.moment : left.number > right.number;
  }

  bool is_live(const Entry& entry) const {
    const auto found = live_.find(entry.key);
    return found != live_.end() && found->second == entry.number;
  }

  void pop() {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    heap_.pop_back();
  }

  void drop_outdated() {
    std::erase_if(heap_, [this](const Entry& entry) { return !is_live(entry); });
    std::make_heap(heap_.begin(), heap_.end(), later);
  }

  std::vector<Entry> heap_;
  std::map<Key, std::uint64_t> live_;
  std::uint64_t sets_ = 0;
};

}  // namespace parley
