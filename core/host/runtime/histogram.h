// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstdint>

namespace parley {

/// Durations in buckets that double from a first bound; one thread's.
class DurationHistogram {
 public:
  static constexpr std::size_t bounds_count = 18;

  explicit DurationHistogram(std::chrono::nanoseconds first_bound) : first_bound_(first_bound) {}

  void observe(std::chrono::nanoseconds value) {
    std::size_t bucket = 0;
    for (auto bound = first_bound_; bucket < bounds_count && value > bound; bound *= 2) ++bucket;
    ++counts_[bucket];
    ++count_;
    sum_ += value;
  }

  std::chrono::nanoseconds bound(std::size_t bucket) const {
    return first_bound_ * (std::int64_t{1} << bucket);
  }
  /// Of one bucket alone; the last is for what exceeds every bound.
  std::uint64_t count_in(std::size_t bucket) const { return counts_[bucket]; }
  std::uint64_t count() const { return count_; }
  std::chrono::nanoseconds sum() const { return sum_; }

 private:
  std::chrono::nanoseconds first_bound_;
  std::array<std::uint64_t, bounds_count + 1> counts_{};
  std::uint64_t count_ = 0;
  std::chrono::nanoseconds sum_{};
};

}  // namespace parley
