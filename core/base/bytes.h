// SPDX-License-Identifier: Apache-2.0
//
// Byte sequences: owned (Bytes), borrowed (ByteView) and shared (SharedBytes).
// A record is encoded once into SharedBytes; after that only pointers move.
#pragma once

#include <algorithm>
#include <atomic>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace parley {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

inline ByteView view_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

inline std::string_view text_of(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline Bytes to_bytes(ByteView bytes) {
  return {bytes.begin(), bytes.end()};
}
inline Bytes to_bytes(std::string_view text) {
  return to_bytes(view_of(text));
}

inline bool equal(ByteView left, ByteView right) {
  return left.size() == right.size() &&
         (left.empty() || std::memcmp(left.data(), right.data(), left.size()) == 0);
}

/// Immutable bytes with a shared owner: one allocation, copied by pointer,
/// released by whoever drops it last, on any thread.
class SharedBytes {
 public:
  SharedBytes() = default;

  explicit SharedBytes(ByteView source) {
    if (source.empty()) return;
    void* memory = ::operator new(sizeof(Block) + source.size());
    block_ = new (memory) Block{.owners = {1}, .size = source.size()};
    std::memcpy(data(block_), source.data(), source.size());
  }

  SharedBytes(const SharedBytes& other) noexcept : block_(other.block_) {
    if (block_ != nullptr) block_->owners.fetch_add(1, std::memory_order_relaxed);
  }
  SharedBytes(SharedBytes&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  SharedBytes& operator=(SharedBytes other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~SharedBytes() { release(); }

  ByteView view() const {
    return block_ == nullptr ? ByteView{} : ByteView{data(block_), block_->size};
  }
  operator ByteView() const { return view(); }  // NOLINT: a shared buffer is read as a view.
  std::size_t size() const { return block_ == nullptr ? 0 : block_->size; }
  bool empty() const { return block_ == nullptr; }

  friend bool operator==(const SharedBytes& left, const SharedBytes& right) {
    return left.block_ == right.block_ || equal(left.view(), right.view());
  }
  friend std::strong_ordering operator<=>(const SharedBytes& left, const SharedBytes& right) {
    const ByteView a = left.view();
    const ByteView b = right.view();
    return std::lexicographical_compare_three_way(a.begin(), a.end(), b.begin(), b.end());
  }

 private:
  struct Block {
    std::atomic<std::size_t> owners;
    std::size_t size;
  };

  static std::uint8_t* data(Block* block) { return reinterpret_cast<std::uint8_t*>(block + 1); }

  void release() noexcept {
    if (block_ == nullptr || block_->owners.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    block_->~Block();
    ::operator delete(block_);
  }

  Block* block_ = nullptr;
};

}  // namespace parley
