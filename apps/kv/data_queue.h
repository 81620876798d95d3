// SPDX-License-Identifier: Apache-2.0
//
// The data commands of one pipeline that wait for the object. Several become one
// method, PARLEY.BATCH, where the object has it: one round of the backend instead
// of many. Each still has a reply of its own, they take effect in their order, and
// nothing is asked for before what was asked earlier has been answered. Pure.
#pragma once

#include <deque>
#include <vector>

#include "apps/kv/session_host.h"

namespace parley::resp {

class DataQueue {
 public:
  struct Answered {
    CommandReply reply;
    bool silent;  ///< The client wants no reply.
  };

  explicit DataQueue(const PortFacts& facts) : facts_(facts), joins_(facts.commands.has_batch()) {}

  bool empty() const { return entries_.empty(); }
  bool has_room() const;
  void push(Words words, bool silent);

  /// Effect: the first commands of the queue are asked for. Precondition: not
  /// empty, and nothing is being asked for.
  Call take(std::uint64_t stamp_ms);
  /// Effect: those commands are answered and leave the queue, or the first of
  /// them; none, when they have to be asked for one by one. nullopt: no answer came.
  std::vector<Answered> answer(const std::optional<CallResult>& result, SessionHost& host);

 private:
  struct Entry {
    Words words;
    bool silent;
  };

  std::size_t join_count() const;
  void drop(std::size_t count);

  const PortFacts& facts_;
  std::deque<Entry> entries_;
  std::size_t bytes_ = 0;
  bool joins_;
  std::size_t asked_ = 0;  ///< Commands of the queue in the method being asked for.
  bool reads_ = false;     ///< That method changes nothing.
};

/// What a call of the object tells a client. `reads`: it changes no state.
CommandReply reply_of(const PortFacts& facts, const std::optional<CallResult>& result, bool reads,
                      SessionHost& host);

}  // namespace parley::resp
