// SPDX-License-Identifier: Apache-2.0
//
// A closed loop: so many clients, each with a connection of its own, each sending
// its next request when all it had sent is answered. One thread, so the generator
// takes the same share of the machine from every system.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "tests/bench/kv/histogram.h"
#include "tests/bench/kv/protocol.h"

namespace parley::bench {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr std::size_t value_size = 100;

struct Measured {
  std::uint64_t done = 0;  ///< After the warm-up; failed ones are not among them.
  std::uint64_t failed = 0;
  double seconds = 0;
  Histogram latency{};
  std::string error{};           ///< Why some failed, or why the run could not go on.
  Clock::time_point first_at{};  ///< When the first succeeded.
  double rate() const { return seconds > 0 ? static_cast<double>(done) / seconds : 0; }
};

struct Workload {
  Operation operation = Operation::Put;
  std::size_t clients = 1;
  std::size_t pipeline = 1;    ///< Requests a client sends at once.
  std::uint64_t keys = 10000;  ///< Keys are drawn from so many.
  bool in_order = false;       ///< Each key once, in order, then the end.
  Seconds warm_up{0.5};
  Seconds duration{2};
  Seconds linger{2};  ///< How long answers are waited for after the end.
  /// Asked some 20 times a second; true ends the run. May be empty.
  std::function<bool(const Measured&)> until{};
};

/// "127.0.0.1:port"s, used by the clients in turn, and what is spoken there.
struct Target {
  std::vector<std::string> addresses;
  std::unique_ptr<Protocol> (*protocol)() = nullptr;
};

/// The 16-byte name of a key.
std::string key_name(std::uint64_t number);

/// Precondition: the target's protocol is set. A connection that cannot be made or
/// ends early is told of in `error`, and its client does nothing more.
Measured run_load(const Target& target, const Workload& workload);

}  // namespace parley::bench
