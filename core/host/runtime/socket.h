// SPDX-License-Identifier: Apache-2.0
//
// Sockets by the system's own calls: addresses, listening, dialling. All sockets
// are non-blocking and close on exec. Errors name the address.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/base/bytes.h"
#include "core/base/result.h"

namespace parley {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  const sockaddr* pointer() const { return reinterpret_cast<const sockaddr*>(&storage); }
  sockaddr* pointer() { return reinterpret_cast<sockaddr*>(&storage); }
  int family() const { return storage.ss_family; }
  bool is_loopback() const;
  std::uint16_t port() const;
  std::string text() const;
};

/// "host:port" or "[v6]:port". `numeric_only` never asks a name server; without
/// it the call may block.
Result<SocketAddress> resolve_address(std::string_view text, bool numeric_only);

Result<int> listen_tcp(const SocketAddress& address);
/// Starts connecting; writable when that has ended one way or the other.
Result<int> connect_tcp(const SocketAddress& address);
/// -1: nobody waits; -2: the system cannot take more connections now.
int accept_tcp(int listener, SocketAddress& peer);
/// What became of connecting: 0 or an errno.
int socket_error(int fd);
/// No Nagle delay, and a dead peer is noticed within half a minute.
void tune_link(int fd);

Result<int> bind_udp(const SocketAddress& address);
/// Bound to the group's port, a member of it on `interface`, sending to it there.
Result<int> bind_multicast(const SocketAddress& group, const SocketAddress& interface);

/// Where the socket is bound, for ports chosen by the system.
SocketAddress local_address(int fd);

/// A positive count; 0: the peer closed; -1: would block; -2: failed.
std::ptrdiff_t read_some(int fd, std::span<std::uint8_t> room);
std::ptrdiff_t write_some(int fd, ByteView bytes);

}  // namespace parley
