// SPDX-License-Identifier: Apache-2.0
//
// The replicated log in memory: the entries after a base that a snapshot stands
// for. Entries keep the epoch in which they were created, which is their logical
// time; it never falls along the log, so that those of one epoch are neighbours
// and count their versions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

#include "core/api/object.h"
#include "core/base/assert.h"
#include "core/base/bytes.h"

namespace parley::vertical_paxos {

/// The number of an epoch, which is the logical time of all that is done in it.
using Time = std::uint64_t;
/// Position in the replicated log, from 1.
using Index = std::uint64_t;

/// Larger ones are malformed, so that arithmetic cannot overflow.
inline constexpr Time time_max = std::uint64_t{1} << 62;
inline constexpr Index index_max = std::uint64_t{1} << 62;

enum class EntryKind : std::uint8_t {
  Barrier = 0,  ///< The first of an epoch: what commits it commits all before it.
  Method = 1,   ///< Of the object.
};

struct Entry {
  Time time = 0;
  EntryKind kind = EntryKind::Barrier;
  SharedBytes bytes{};
  friend bool operator==(const Entry&, const Entry&) = default;
};

/// What an entry costs in a message or a record, at most, beside its bytes.
inline constexpr std::size_t entry_overhead = 24;

class Log {
 public:
  Index base() const { return base_; }
  Index last() const { return base_ + entries_.size(); }
  /// Where the log ends in the cache tree; {0, 0} when nothing was ever appended.
  Position tip() const { return position_at(last()); }
  /// Precondition of the three: base < index <= last, for position_at also the base.
  const Entry& entry(Index index) const { return slot(index).entry; }
  Position position_at(Index index) const {
    if (index == base_) return base_position_;
    return {slot(index).entry.time, slot(index).version};
  }
  Time time_at(Index index) const { return position_at(index).time; }
  bool reaches(Index index) const { return index >= base_ && index <= last(); }

  void append(Entry entry) {
    const Position before = tip();
    const bool same = before.time == entry.time;
    const std::uint64_t total = total_at(last()) + entry.bytes.size() + entry_overhead;
    entries_.push_back({std::move(entry), same ? before.version + 1 : 1, total});
  }
  /// Effect: drops this entry and all after it. Precondition: index > base.
  void truncate(Index index) {
    PARLEY_ASSERT(index > base_);
    while (last() >= index) entries_.pop_back();
  }
  /// Effect: drops the entries up to and including this one. Precondition: base <= index <= last.
  void drop_through(Index index) {
    PARLEY_ASSERT(reaches(index));
    base_position_ = position_at(index);
    base_total_ = total_at(index);
    for (; base_ < index; ++base_) entries_.pop_front();
  }
  /// Effect: an empty log that begins after that place.
  void reset(Index base, Position position) {
    *this = Log{};
    base_ = base;
    base_position_ = position;
  }
  /// What the entries after `first` up to `last` take. Precondition: base <= first <= last.
  std::uint64_t bytes_between(Index first, Index last) const {
    return total_at(last) - total_at(first);
  }

 private:
  struct Slot {
    Entry entry;
    std::uint32_t version;
    std::uint64_t total;  ///< Bytes of all entries up to this one; differences count.
  };
  std::uint64_t total_at(Index index) const {
    return index == base_ ? base_total_ : slot(index).total;
  }
  const Slot& slot(Index index) const {
    PARLEY_ASSERT(index > base_ && index <= last());
    return entries_[static_cast<std::size_t>(index - base_ - 1)];
  }

  Index base_ = 0;
  Position base_position_{};
  std::deque<Slot> entries_;
  std::uint64_t base_total_ = 0;
};

}  // namespace parley::vertical_paxos
