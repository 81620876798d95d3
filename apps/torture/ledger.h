// SPDX-License-Identifier: Apache-2.0
//
// What the clients of a campaign have in common: the keys in use, the appended
// values that were acknowledged, and when writes succeeded.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace parley::torture {

using Clock = std::chrono::steady_clock;

class Ledger {
 public:
  void use_key(const std::string& key);
  std::set<std::string> keys() const;

  void acknowledge_append(const std::string& key, const std::string& token);
  /// What is wrong with the last content of a key whose values were appended:
  /// acknowledged tokens that are missing, and any token that is there twice.
  std::vector<std::string> faults_of(const std::string& key, const std::string& content) const;
  std::uint64_t appends_acknowledged() const;

  /// Effect: looks out for the first write that was asked for from now on and succeeded.
  void watch();
  void wrote(Clock::time_point asked);
  /// How long that took since `watch`; none so far.
  std::optional<Clock::duration> recovered_after() const;

  void note_error(const std::string& message);
  /// Failures that no reply of the documentation explains, and how often.
  std::map<std::string, std::uint64_t> errors() const;

 private:
  mutable std::mutex mutex_;
  std::set<std::string> keys_;
  std::map<std::string, std::vector<std::string>> acknowledged_;
  std::map<std::string, std::uint64_t> errors_;
  Clock::time_point watched_since_{};
  std::optional<Clock::time_point> recovered_;
};

/// Tokens are words without a comma; contents are tokens, each with a comma after it.
std::vector<std::string> tokens_of(const std::string& content);

}  // namespace parley::torture
