// SPDX-License-Identifier: Apache-2.0
//
// What will happen, in virtual time: a 4-ary heap of small entries whose
// payloads lie in the world's pools. Two events of one moment happen in the
// order in which they were pushed, so that a run is a function of its seed.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/assert.h"
#include "core/base/duration.h"

namespace parley {

enum class EventKind : std::uint8_t {
  Delivery,  ///< A frame reaches its destination.
  Timer,     ///< A node's timer is due.
  Synced,    ///< A node's disk finished a sync.
  Request,   ///< A caller asks a node of its own.
  Hello,     ///< A node hears that a peer has restarted.
  Alarm,     ///< Whoever drives the world asked to be called.
};

struct Event {
  Duration at;
  std::uint64_t sequence;
  std::uint32_t payload;  ///< Index into the pool of its kind.
  EventKind kind;

  bool before(const Event& other) const {
    return at != other.at ? at < other.at : sequence < other.sequence;
  }
};

class EventQueue {
 public:
  bool empty() const { return heap_.empty(); }
  std::size_t size() const { return heap_.size(); }
  void reserve(std::size_t count) { heap_.reserve(count); }
  const Event& next() const { return heap_.front(); }

  void push(Duration at, EventKind kind, std::uint32_t payload) {
    heap_.push_back({at, sequence_++, payload, kind});
    rise(heap_.size() - 1);
  }

  /// Precondition: not empty.
  Event pop() {
    PARLEY_ASSERT(!heap_.empty());
    const Event first = heap_.front();
    const Event last = heap_.back();
    heap_.pop_back();
    if (!heap_.empty()) sink(last);
    return first;
  }

 private:
  static constexpr std::size_t arity = 4;

  void rise(std::size_t hole) {
    const Event event = heap_[hole];
    while (hole > 0) {
      const std::size_t parent = (hole - 1) / arity;
      if (!event.before(heap_[parent])) break;
      heap_[hole] = heap_[parent];
      hole = parent;
    }
    heap_[hole] = event;
  }

  /// Places `event` from the root downwards.
  void sink(const Event& event) {
    std::size_t hole = 0;
    const std::size_t size = heap_.size();
    for (;;) {
      const std::size_t first = hole * arity + 1;
      if (first >= size) break;
      std::size_t least = first;
      const std::size_t end = first + arity < size ? first + arity : size;
      for (std::size_t child = first + 1; child < end; ++child) {
        if (heap_[child].before(heap_[least])) least = child;
      }
      if (!heap_[least].before(event)) break;
      heap_[hole] = heap_[least];
      hole = least;
    }
    heap_[hole] = event;
  }

  std::vector<Event> heap_;
  std::uint64_t sequence_ = 0;
};

}  // namespace parley
