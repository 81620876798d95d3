// SPDX-License-Identifier: Apache-2.0
#include "core/host/runtime/metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <limits>
#include <vector>

namespace parley {
namespace {

double seconds(std::chrono::nanoseconds value) {
  return std::chrono::duration<double>(value).count();
}

double processor_seconds() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

double resident_bytes() {
  std::ifstream file{"/proc/self/statm"};
  double total = 0;
  double resident = 0;
  file >> total >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double open_descriptors() {
  std::error_code error;
  double count = 0;
  for (std::filesystem::directory_iterator at{"/proc/self/fd", error}, end; at != end;
       at.increment(error)) {
    if (error) break;
    ++count;
  }
  return count - 1;  // The directory itself was open.
}

double descriptors_max() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<double>(limit.rlim_cur);
}

/// Seconds since the epoch; the same for every scrape.
double start_time() {
  static const double started = [] {
    // Field 22 of stat is the start in ticks since boot; the second field, the
    // command, may contain spaces but ends with the last parenthesis.
    std::ifstream file{"/proc/self/stat"};
    std::string line;
    std::getline(file, line);
    const std::size_t end = line.rfind(')');
    std::size_t at = end == std::string::npos ? line.size() : end + 2;
    for (int field = 3; field < 22 && at < line.size(); ++field) at = line.find(' ', at) + 1;
    const double ticks = at < line.size() ? std::stod(line.substr(at)) : 0;
    timespec now{};
    timespec up{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    ::clock_gettime(CLOCK_BOOTTIME, &up);
    return static_cast<double>(now.tv_sec - up.tv_sec) +
           ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
  }();
  return started;
}

}  // namespace

struct MetricsText::State {
  prometheus::ClientMetric& sample(const std::string& name, const char* help,
                                   prometheus::MetricType type, Labels labels) {
    if (families.empty() || families.back().name != name) {
      families.push_back({.name = name, .help = help, .type = type, .metric = {}});
    }
    prometheus::ClientMetric& metric = families.back().metric.emplace_back();
    for (const auto& [label, value] : labels) metric.label.push_back({label, value});
    return metric;
  }

  std::vector<prometheus::MetricFamily> families;
};

MetricsText::MetricsText() : state_(std::make_unique<State>()) {}
MetricsText::~MetricsText() = default;

void MetricsText::counter(const std::string& name, const char* help, Labels labels, double value) {
  state_->sample(name, help, prometheus::MetricType::Counter, labels).counter.value = value;
}

void MetricsText::gauge(const std::string& name, const char* help, Labels labels, double value) {
  state_->sample(name, help, prometheus::MetricType::Gauge, labels).gauge.value = value;
}

void MetricsText::histogram(const std::string& name, const char* help,
                            const DurationHistogram& values) {
  auto& out = state_->sample(name, help, prometheus::MetricType::Histogram, {}).histogram;
  std::uint64_t cumulative = 0;
  for (std::size_t i = 0; i < DurationHistogram::bounds_count; ++i) {
    cumulative += values.count_in(i);
    out.bucket.push_back({cumulative, seconds(values.bound(i))});
  }
  out.bucket.push_back({values.count(), std::numeric_limits<double>::infinity()});
  out.sample_count = values.count();
  out.sample_sum = seconds(values.sum());
}

void MetricsText::process() {
  gauge("process_start_time_seconds", "When the process started, since the epoch.", {},
        start_time());
  counter("process_cpu_seconds_total", "Processor time used.", {}, processor_seconds());
  gauge("process_resident_memory_bytes", "Memory in use.", {}, resident_bytes());
  gauge("process_open_fds", "Open file descriptors.", {}, open_descriptors());
  gauge("process_max_fds", "Most file descriptors that may be open.", {}, descriptors_max());
}

std::string MetricsText::text() const {
  return prometheus::TextSerializer{}.Serialize(state_->families);
}

}  // namespace parley
