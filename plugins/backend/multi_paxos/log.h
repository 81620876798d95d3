// SPDX-License-Identifier: Apache-2.0
//
// The replicated log in memory: the entries after a base that a snapshot stands
// for. Entries keep the ballot in which they were created; ballots never fall
// along the log, so those of one ballot are neighbours and count their versions.
#pragma once

#include <cstddef>
#include <deque>

#include "core/api/object.h"
#include "core/base/assert.h"
#include "plugins/backend/multi_paxos/ballot.h"

namespace parley::multi_paxos {

enum class EntryKind : std::uint8_t {
  NoOp = 0,           ///< A new leader's first.
  Method = 1,         ///< Of the object.
  Configuration = 2,  ///< An encoded Reconfiguration; in force where it stands in the log.
};

struct Entry {
  Ballot ballot = 0;
  EntryKind kind = EntryKind::NoOp;
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
    return {slot(index).entry.ballot, slot(index).version};
  }
  Ballot time_at(Index index) const { return position_at(index).time; }
  bool reaches(Index index) const { return index >= base_ && index <= last(); }

  void append(Entry entry) {
    const Position before = tip();
    const bool same = before.time == entry.ballot;
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
  /// What the entries after `index` take. Precondition: base <= index <= last.
  std::uint64_t bytes_after(Index index) const { return total_at(last()) - total_at(index); }

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

}  // namespace parley::multi_paxos
