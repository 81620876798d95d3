// SPDX-License-Identifier: Apache-2.0
//
// The state of a store, and what one command sees of it at its moment: keys whose
// deadline has come are not there, whether or not they were removed already.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/base/bytes.h"
#include "plugins/object/kv/tree.h"

namespace parley::kv {

struct State {
  Tree tree{};
  std::int64_t now_ms = 0;    ///< The latest stamp of a method that may write.
  std::uint64_t version = 0;  ///< The last one given to a key, never given again.
};

/// version:u8 now:varint version:varint count:varint entry*, in the tree's order;
/// entry = key value version:varint deadline:varint, 0 for none.
void write_snapshot(const State& state, Bytes& out);
/// Total. False, and no effect, unless the bytes are the one encoding of a state.
bool read_snapshot(ByteView bytes, State& state);

/// The keys as they are at `now_ms`, which is not before the state's own time.
class Keys {
 public:
  Keys(State& state, std::int64_t now_ms) : state_(state), now_ms_(now_ms) {}

  std::int64_t now_ms() const { return now_ms_; }
  const Tree& tree() const { return state_.tree; }
  bool is_live(const Entry& entry) const { return entry.deadline_ms() > now_ms_; }
  /// Null if it is not there. The entry lives until the next change.
  const Entry* find(std::string_view key) const {
    const Entry* const entry = state_.tree.find(key);
    return entry != nullptr && is_live(*entry) ? entry : nullptr;
  }
  std::size_t count() const { return state_.tree.size() - state_.tree.expired_count(now_ms_); }
  /// 0 of a key that is not there; else changed by every change of the key.
  std::uint64_t version_of(std::string_view key) const {
    const Entry* const entry = find(key);
    return entry == nullptr ? 0 : entry->version();
  }
  /// A number that differs between states and moments.
  std::uint64_t chance() const {
    return state_.version * 0x9E3779B97F4A7C15 + static_cast<std::uint64_t>(now_ms_);
  }

  /// Effect: the key has that value and deadline. A deadline that has come erases.
  void put(std::string_view key, std::string_view value, std::int64_t deadline_ms = no_deadline);
  /// Whether it was there.
  bool erase(std::string_view key);
  void clear() { state_.tree = Tree{}; }
  /// Effect: the state's time is that of these keys, and some that expired are gone.
  void begin_write();

 private:
  State& state_;
  std::int64_t now_ms_;
};

}  // namespace parley::kv
