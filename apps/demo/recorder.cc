// SPDX-License-Identifier: Apache-2.0
#include "apps/demo/recorder.h"

#include <algorithm>
#include <cstdio>

namespace parley::demo {
namespace {

double milliseconds(Clock::duration span) {
  return std::chrono::duration<double, std::milli>(span).count();
}

/// The least latency that this share of them, in percent, does not exceed.
/// Precondition: sorted, not empty.
Clock::duration percentile(const std::vector<Clock::duration>& sorted, std::size_t percent) {
  const std::size_t rank = (sorted.size() * percent + 99) / 100;
  return sorted[std::max<std::size_t>(rank, 1) - 1];
}

}  // namespace

void Recorder::done(Kind kind, Clock::time_point begun, Clock::time_point ended) {
  const std::lock_guard lock{mutex_};
  const Clock::duration latency = ended - begun;
  for (Tally* tally : {&interval_, &phases_.back().tally}) {
    (kind == Kind::Write ? tally->writes : tally->reads).push_back(latency);
  }
  if (kind != Kind::Write) return;
  // Threads may come here in another order than that of their answers.
  const Clock::duration silence = ended - last_write_;
  phases_.back().longest_silence = std::max(phases_.back().longest_silence, silence);
  last_write_ = std::max(last_write_, ended);
}

void Recorder::failed(const std::string& why) {
  const std::lock_guard lock{mutex_};
  ++failures_;
  last_failure_ = why;
}

void Recorder::stale(const std::string& what) {
  const std::lock_guard lock{mutex_};
  if (++stale_ == 1) first_stale_ = what;
}

void Recorder::begin_phase(std::string name) {
  const std::lock_guard lock{mutex_};
  phases_.push_back({std::move(name)});
}

std::string Recorder::columns(Latencies latencies) {
  if (latencies.empty()) return "        -        -        -";
  std::sort(latencies.begin(), latencies.end());
  char text[64];
  std::snprintf(text, sizeof text, " %8.2f %8.2f %8.2f", milliseconds(percentile(latencies, 50)),
                milliseconds(percentile(latencies, 99)), milliseconds(latencies.back()));
  return text;
}

void Recorder::print_heading() {
  std::printf(
      "   time    writes/s  p50 ms   p99 ms   max ms    reads/s  p50 ms   p99 ms   max ms\n");
}

void Recorder::print_interval(Clock::time_point now) {
  Tally tally;
  double seconds = 0;
  {
    const std::lock_guard lock{mutex_};
    std::swap(tally, interval_);
    seconds = milliseconds(now - interval_start_) / 1000;
    interval_start_ = now;
  }
  const auto rate = [&](const Latencies& of) { return static_cast<double>(of.size()) / seconds; };
  std::printf("  %5.1f s %8.0f%s   %8.0f%s\n", milliseconds(now - start_) / 1000,
              rate(tally.writes), columns(tally.writes).c_str(), rate(tally.reads),
              columns(tally.reads).c_str());
  std::fflush(stdout);
}

void Recorder::print_phases() const {
  const std::lock_guard lock{mutex_};
  std::printf(
      "  %-14s  writes   p50 ms   p99 ms   max ms     reads   p50 ms   p99 ms   max ms"
      "   no write for\n",
      "");
  for (const Phase& phase : phases_) {
    std::printf("  %-14s %7zu%s   %7zu%s   %8.1f ms\n", phase.name.c_str(),
                phase.tally.writes.size(), columns(phase.tally.writes).c_str(),
                phase.tally.reads.size(), columns(phase.tally.reads).c_str(),
                milliseconds(phase.longest_silence));
  }
  std::printf("  %llu commands had no answer at first and were sent again%s%s\n",
              static_cast<unsigned long long>(failures_),
              failures_ == 0 ? "" : "; the last: ", last_failure_.c_str());
  std::printf("  %llu reads were stale%s%s\n", static_cast<unsigned long long>(stale_),
              stale_ == 0 ? "" : ": ", first_stale_.c_str());
}

}  // namespace parley::demo
