// SPDX-License-Identifier: Apache-2.0
//
// Latencies in buckets that grow by a sixteenth, so that a percentile is read off
// with an error below 7 percent however many there are. Not for concurrent use.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace parley::bench {

class Histogram {
 public:
  void add(std::uint64_t nanoseconds, std::uint64_t times = 1) {
    counts_[bucket_of(nanoseconds)] += times;
    total_ += times;
    sum_ += static_cast<double>(nanoseconds) * static_cast<double>(times);
  }

  std::uint64_t total() const { return total_; }

  double mean_us() const { return total_ == 0 ? 0 : sum_ / static_cast<double>(total_) / 1000; }

  /// Microseconds that `share` (0 to 1) of all stay below; 0 when there are none.
  double quantile_us(double share) const {
    const double wanted = share * static_cast<double>(total_);
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      seen += counts_[i];
      if (seen > 0 && static_cast<double>(seen) >= wanted) return middle_of(i) / 1000;
    }
    return 0;
  }

 private:
  static constexpr unsigned sub_bits = 4;
  static constexpr std::uint64_t subs = std::uint64_t{1} << sub_bits;

  static std::size_t bucket_of(std::uint64_t value) {
    if (value < subs) return value;
    const auto shift = static_cast<unsigned>(std::bit_width(value)) - 1 - sub_bits;
    return (std::size_t{shift} + 1) * subs + (value >> shift) - subs;
  }

  static double middle_of(std::size_t bucket) {
    if (bucket < subs) return static_cast<double>(bucket);
    const std::size_t shift = bucket / subs - 1;
    const double width = static_cast<double>(std::uint64_t{1} << shift);
    return (static_cast<double>(bucket % subs + subs) + 0.5) * width;
  }

  std::array<std::uint64_t, (64 - sub_bits + 1) * subs> counts_{};
  std::uint64_t total_ = 0;
  double sum_ = 0;
};

}  // namespace parley::bench
