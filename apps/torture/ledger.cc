// SPDX-License-Identifier: Apache-2.0
#include "apps/torture/ledger.h"

#include <fmt/core.h>

namespace parley::torture {

std::vector<std::string> tokens_of(const std::string& content) {
  std::vector<std::string> tokens;
  std::size_t at = 0;
  for (std::size_t end = 0; (end = content.find(',', at)) != std::string::npos; at = end + 1) {
    tokens.push_back(content.substr(at, end - at));
  }
  // What no comma follows was never appended as it is.
  if (at < content.size()) tokens.push_back(content.substr(at));
  return tokens;
}

void Ledger::use_key(const std::string& key) {
  const std::lock_guard lock{mutex_};
  keys_.insert(key);
}

std::set<std::string> Ledger::keys() const {
  const std::lock_guard lock{mutex_};
  return keys_;
}

void Ledger::acknowledge_append(const std::string& key, const std::string& token) {
  const std::lock_guard lock{mutex_};
  acknowledged_[key].push_back(token);
}

std::uint64_t Ledger::appends_acknowledged() const {
  const std::lock_guard lock{mutex_};
  std::uint64_t count = 0;
  for (const auto& [key, tokens] : acknowledged_) count += tokens.size();
  return count;
}

std::vector<std::string> Ledger::faults_of(const std::string& key,
                                           const std::string& content) const {
  std::map<std::string, int> found;
  for (const std::string& token : tokens_of(content)) ++found[token];
  std::vector<std::string> faults;
  for (const auto& [token, count] : found) {
    if (count > 1) faults.push_back(fmt::format("{}: {} was applied {} times", key, token, count));
  }
  const std::lock_guard lock{mutex_};
  const auto tokens = acknowledged_.find(key);
  if (tokens == acknowledged_.end()) return faults;
  for (const std::string& token : tokens->second) {
    if (found.find(token) == found.end()) {
      faults.push_back(fmt::format("{}: {} was acknowledged and is lost", key, token));
    }
  }
  return faults;
}

void Ledger::watch() {
  const std::lock_guard lock{mutex_};
  watched_since_ = Clock::now();
  recovered_.reset();
}

void Ledger::wrote(Clock::time_point asked) {
  const std::lock_guard lock{mutex_};
  if (!recovered_ && asked >= watched_since_) recovered_ = Clock::now();
}

std::optional<Clock::duration> Ledger::recovered_after() const {
  const std::lock_guard lock{mutex_};
  if (!recovered_) return std::nullopt;
  return *recovered_ - watched_since_;
}

void Ledger::note_error(const std::string& message) {
  const std::lock_guard lock{mutex_};
  ++errors_[message];
}

std::map<std::string, std::uint64_t> Ledger::errors() const {
  const std::lock_guard lock{mutex_};
  return errors_;
}

}  // namespace parley::torture
