// SPDX-License-Identifier: Apache-2.0
//
// Clients that read and write a few keys, one operation at a time each, and write
// down what they asked and were answered. Keys are left for new ones after some
// seconds, so that the history of each stays short enough to be judged.
#pragma once

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "apps/torture/history_file.h"
#include "apps/torture/ledger.h"
#include "apps/torture/resp_client.h"
#include "core/base/prng.h"

namespace parley::torture {

struct Operation {
  std::string f;
  std::string key;
  std::string argument;  ///< To set or append; the new value of a cas.
  std::string expected;  ///< Of a cas.
};

enum class Outcome : std::uint8_t { Ok, Fail, Info };

/// Sends one operation, with its events before and after. The reply's text or number
/// says what was read. Precondition: the client is connected.
Outcome perform(const Operation& operation, std::int64_t process, RespClient& client,
                HistoryFile& file, Ledger& ledger, RespReply& reply);

class Workload {
 public:
  /// Effect: starts the clients. The rest outlives the workload.
  Workload(std::size_t clients, Prng prng, std::vector<std::string> addresses, HistoryFile& file,
           Ledger& ledger);
  ~Workload() { stop(); }
  Workload(const Workload&) = delete;
  Workload& operator=(const Workload&) = delete;

  /// Waits until every client has its answer or has given up.
  void stop();

 private:
  void run(std::int64_t process, Prng prng);

  std::vector<std::string> addresses_;
  HistoryFile& file_;
  Ledger& ledger_;
  Clock::time_point begin_ = Clock::now();
  std::atomic<bool> stopping_{false};
  std::vector<std::thread> threads_;
};

}  // namespace parley::torture
