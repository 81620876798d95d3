// SPDX-License-Identifier: Apache-2.0
//
// The keys and values of a store as a persistent treap: a copy is O(1) and shares
// every node; a change makes in place what only this tree owns, and copies the
// path to it otherwise. Ordered by (48-bit hash of the key, key). Each node knows
// the first deadline below it, which finds expired keys without a second index.
//
// Counts are plain numbers: trees that share nodes belong to one thread. An empty
// tree has no nodes. No function recurses, so that keys chosen to collide make a
// tree slow and never overflow the stack.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

namespace parley::kv {

/// 48 bits, so that every client can hold a hash as a number.
std::uint64_t hash_of(std::string_view key);
inline constexpr std::uint64_t hash_max = (std::uint64_t{1} << 48) - 1;

inline constexpr std::int64_t no_deadline = std::numeric_limits<std::int64_t>::max();

/// What is kept for one key, in one allocation with key and value behind it.
/// Never changes once made.
class Entry {
 public:
  std::string_view key() const { return {text(), key_size_}; }
  std::string_view value() const { return {text() + key_size_, value_size_}; }
  std::uint64_t version() const { return version_; }
  std::int64_t deadline_ms() const { return deadline_ms_; }
  bool expires() const { return deadline_ms_ != no_deadline; }

 private:
  friend class EntryPointer;
  Entry() = default;
  const char* text() const { return reinterpret_cast<const char*>(this + 1); }

  std::uint32_t owners_ = 1;
  std::uint32_t key_size_ = 0;
  std::uint32_t value_size_ = 0;
  std::uint64_t version_ = 0;
  std::int64_t deadline_ms_ = no_deadline;
};

/// Shares an entry.
class EntryPointer {
 public:
  /// Precondition: both sizes fit in 32 bits.
  static EntryPointer make(std::string_view key, std::string_view value, std::uint64_t version,
                           std::int64_t deadline_ms);
  EntryPointer() = default;
  EntryPointer(const EntryPointer& other) noexcept : entry_(other.entry_) {
    if (entry_ != nullptr) ++entry_->owners_;
  }
  EntryPointer(EntryPointer&& other) noexcept : entry_(std::exchange(other.entry_, nullptr)) {}
  EntryPointer& operator=(EntryPointer other) noexcept {
    std::swap(entry_, other.entry_);
    return *this;
  }
  ~EntryPointer() { release(); }
  const Entry* get() const { return entry_; }
  const Entry* operator->() const { return entry_; }

 private:
  void release() noexcept;
  Entry* entry_ = nullptr;
};

class Tree {
 public:
  Tree() = default;
  Tree(const Tree& other) noexcept;
  Tree(Tree&& other) noexcept
      : root_(std::exchange(other.root_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  Tree& operator=(Tree other) noexcept {
    std::swap(root_, other.root_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~Tree();

  std::size_t size() const { return size_; }
  /// Null if there is none. The entry lives until this tree changes.
  const Entry* find(std::string_view key) const;
  /// Effect: the entry stands for its key, alone.
  void put(EntryPointer entry);
  /// Whether there was one.
  bool erase(std::string_view key);

  /// The first in order whose deadline is not after `now_ms`; null if there is none.
  const Entry* first_expired(std::int64_t now_ms) const;
  std::size_t expired_count(std::int64_t now_ms) const;

 private:
  friend class Walk;
  friend class TreeBuilder;
  struct Node;

  void insert(EntryPointer entry);
  void replace(EntryPointer entry);

  Node* root_ = nullptr;
  std::size_t size_ = 0;
};

/// Visits entries in order, from the first whose hash is at least `from`. The tree
/// may not change meanwhile.
class Walk {
 public:
  explicit Walk(const Tree& tree, std::uint64_t from = 0);
  /// Null at the end.
  const Entry* next();

 private:
  std::vector<const Tree::Node*> open_;
};

/// Makes a tree of entries that come in order, in linear time.
class TreeBuilder {
 public:
  TreeBuilder() = default;
  TreeBuilder(const TreeBuilder&) = delete;
  TreeBuilder& operator=(const TreeBuilder&) = delete;
  ~TreeBuilder();
  /// Whether the entry comes after all before it; if not, nothing was added.
  [[nodiscard]] bool append(EntryPointer entry);
  Tree finish();

 private:
  void close(std::size_t keep);

  std::vector<Tree::Node*> spine_;
  std::uint64_t last_hash_ = 0;
  EntryPointer last_;
  std::size_t size_ = 0;
};

}  // namespace parley::kv
