// SPDX-License-Identifier: Apache-2.0
//
// What Parley's link is measured against: the same number of bytes over TCP by
// plain Boost.Asio, one connection, no framing, no check, no machine.
#pragma once

#include <cstddef>
#include <cstdint>

namespace parley::bench {

/// Echoes on a loopback port until the process ends. Returns the port at once
/// through `ready_fd`, then does not return.
[[noreturn]] void run_asio_echo_server(int ready_fd);

/// Seconds for `total` messages of `size` bytes, `in_flight` at a time.
double time_asio_echo(std::uint16_t port, std::size_t size, std::uint64_t total,
                      std::uint64_t in_flight);

}  // namespace parley::bench
