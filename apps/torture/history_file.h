// SPDX-License-Identifier: Apache-2.0
//
// The history of a campaign, written as it happens by several clients at once.
// The order of the lines is the order in which things happened: a call is written
// before it is sent, an answer after it has come.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <map>
#include <mutex>
#include <string>

#include "apps/lab/history/event.h"

namespace parley::torture {

/// How many operations of one name ended how.
struct Outcomes {
  std::uint64_t ok = 0;
  std::uint64_t fail = 0;
  std::uint64_t info = 0;
};

class HistoryFile {
 public:
  explicit HistoryFile(const std::string& file) : out_(file, std::ios::binary) {}

  void write(history::Event event);
  /// Whether all of it reached the file.
  bool flush();
  std::map<std::string, Outcomes> outcomes() const;

 private:
  mutable std::mutex mutex_;
  std::ofstream out_;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  std::map<std::string, Outcomes> outcomes_;
};

}  // namespace parley::torture
