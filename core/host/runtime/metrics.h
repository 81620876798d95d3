// SPDX-License-Identifier: Apache-2.0
//
// Prometheus text out of plain counters. Families are made at each scrape; there
// is no registry, and the counters cost an addition each.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>

#include "core/host/runtime/histogram.h"

namespace parley {

class MetricsText {
 public:
  using Labels = std::initializer_list<std::pair<const char*, std::string>>;

  MetricsText();
  ~MetricsText();

  /// Effect: one sample; those of one name must follow each other.
  void counter(const std::string& name, const char* help, Labels labels, double value);
  void gauge(const std::string& name, const char* help, Labels labels, double value);
  void histogram(const std::string& name, const char* help, const DurationHistogram& values);
  /// The process_* metrics of this process.
  void process();

  std::string text() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace parley
