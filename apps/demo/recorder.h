// SPDX-License-Identifier: Apache-2.0
//
// Latencies of writes and reads, counted where they ended: in an interval of the
// timeline, and in a phase that whoever drives the load has named.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

namespace parley::demo {

using Clock = std::chrono::steady_clock;

enum class Kind { Write, Read };

class Recorder {
 public:
  explicit Recorder(Clock::time_point start) : start_(start) {}

  /// The three below may be called from any thread.
  void done(Kind kind, Clock::time_point begun, Clock::time_point ended);
  /// A command that was not answered with its result, and is tried again.
  void failed(const std::string& why);
  /// A read that did not find what had been acknowledged before it began.
  void stale(const std::string& what);

  void begin_phase(std::string name);
  /// Effect: prints the interval that ends at this moment, and begins the next.
  void print_interval(Clock::time_point now);
  void print_phases() const;
  static void print_heading();

  std::uint64_t stale_count() const { return stale_; }

 private:
  using Latencies = std::vector<Clock::duration>;
  struct Tally {
    Latencies writes{};
    Latencies reads{};
  };
  struct Phase {
    std::string name;
    Tally tally{};
    Clock::duration longest_silence{};  ///< Longest time between two acknowledged writes.
  };

  static std::string columns(Latencies latencies);

  mutable std::mutex mutex_;
  Clock::time_point start_;
  Clock::time_point interval_start_ = start_;
  Clock::time_point last_write_ = start_;
  Tally interval_;
  std::vector<Phase> phases_;
  std::uint64_t failures_ = 0;
  std::string last_failure_;
  std::uint64_t stale_ = 0;
  std::string first_stale_;
};

}  // namespace parley::demo
