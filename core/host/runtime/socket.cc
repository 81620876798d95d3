// SPDX-License-Identifier: Apache-2.0
#include "core/host/runtime/socket.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace parley {
namespace {

Error failed(const std::string& what, const SocketAddress& address) {
  const int error = errno;
  std::string message = what + " " + address.text() + ": " + std::strerror(error);
  if (error == EADDRINUSE) message += "; another process listens there";
  return {ErrorCode::Io, std::move(message)};
}

Result<int> closed(int fd, Error error) {
  ::close(fd);
  return error;
}

int open_socket(int family, int type) {
  return ::socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

template <class Value>
bool set_option(int fd, int level, int name, const Value& value) {
  return ::setsockopt(fd, level, name, &value, sizeof(value)) == 0;
}

std::ptrdiff_t outcome(ssize_t done) {
  if (done >= 0) return done;
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? -1 : -2;
}

}  // namespace

bool SocketAddress::is_loopback() const {
  if (family() == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(storage);
    return (ntohl(v4.sin_addr.s_addr) >> 24) == 127;
  }
  if (family() != AF_INET6) return false;
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(storage);
  return IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr) ||
         (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr) && v6.sin6_addr.s6_addr[12] == 127);
}

std::uint16_t SocketAddress::port() const {
  if (family() == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in&>(storage).sin_port);
  return ntohs(reinterpret_cast<const sockaddr_in6&>(storage).sin6_port);
}

std::string SocketAddress::text() const {
  char host[NI_MAXHOST] = {};
  char service[NI_MAXSERV] = {};
  if (::getnameinfo(pointer(), size, host, sizeof(host), service, sizeof(service),
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return "?";
  }
  const bool v6 = family() == AF_INET6;
  return (v6 ? "[" : "") + std::string{host} + (v6 ? "]:" : ":") + service;
}

Result<SocketAddress> resolve_address(std::string_view text, bool numeric_only) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) {
    return Error{ErrorCode::Configuration,
                 "address: expected host:port, found '" + std::string{text} + "'"};
  }
  std::string host{text.substr(0, colon)};
  const std::string port{text.substr(colon + 1)};
  if (host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_NUMERICSERV | (numeric_only ? AI_NUMERICHOST : 0);
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(host.c_str(), port.c_str(), &wanted, &found); error != 0) {
    return Error{ErrorCode::Io,
                 "address '" + std::string{text} + "': " + std::string{::gai_strerror(error)}};
  }
  SocketAddress address;
  std::memcpy(&address.storage, found->ai_addr, found->ai_addrlen);
  address.size = found->ai_addrlen;
  ::freeaddrinfo(found);
  return address;
}

Result<int> listen_tcp(const SocketAddress& address) {
  const int fd = open_socket(address.family(), SOCK_STREAM);
  if (fd < 0) return failed("cannot open a socket for", address);
  set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (::bind(fd, address.pointer(), address.size) != 0 || ::listen(fd, SOMAXCONN) != 0) {
    return closed(fd, failed("cannot listen on", address));
  }
  return fd;
}

Result<int> connect_tcp(const SocketAddress& address) {
  const int fd = open_socket(address.family(), SOCK_STREAM);
  if (fd < 0) return failed("cannot open a socket for", address);
  if (::connect(fd, address.pointer(), address.size) != 0 && errno != EINPROGRESS) {
    return closed(fd, failed("cannot connect to", address));
  }
  return fd;
}

int accept_tcp(int listener, SocketAddress& peer) {
  peer.size = sizeof(peer.storage);
  const int fd = ::accept4(listener, peer.pointer(), &peer.size, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd >= 0) return fd;
  const bool exhausted = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
  return exhausted ? -2 : -1;
}

int socket_error(int fd) {
  int error = 0;
  socklen_t size = sizeof(error);
  return ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

void tune_link(int fd) {
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, 10);
  set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, 5);
  set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
  set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 30'000u);
}

Result<int> bind_udp(const SocketAddress& address) {
  const int fd = open_socket(address.family(), SOCK_DGRAM);
  if (fd < 0) return failed("cannot open a datagram socket for", address);
  set_option(fd, SOL_SOCKET, SO_RCVBUF, 4 << 20);
  if (::bind(fd, address.pointer(), address.size) != 0) {
    return closed(fd, failed("cannot bind a datagram socket to", address));
  }
  return fd;
}

Result<int> bind_multicast(const SocketAddress& group, const SocketAddress& interface) {
  const int fd = open_socket(AF_INET, SOCK_DGRAM);
  if (fd < 0) return failed("cannot open a multicast socket for", group);
  set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  set_option(fd, SOL_SOCKET, SO_RCVBUF, 4 << 20);
  const auto& group4 = reinterpret_cast<const sockaddr_in&>(group.storage);
  const auto& interface4 = reinterpret_cast<const sockaddr_in&>(interface.storage);
  ip_mreq membership{};
  membership.imr_multiaddr = group4.sin_addr;
  membership.imr_interface = interface4.sin_addr;
  if (::bind(fd, group.pointer(), group.size) != 0 ||
      !set_option(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, membership) ||
      !set_option(fd, IPPROTO_IP, IP_MULTICAST_IF, interface4.sin_addr) ||
      !set_option(fd, IPPROTO_IP, IP_MULTICAST_LOOP, 1) ||
      !set_option(fd, IPPROTO_IP, IP_MULTICAST_TTL, 1)) {
    return closed(fd, failed("cannot join the multicast group", group));
  }
  return fd;
}

SocketAddress local_address(int fd) {
  SocketAddress address;
  address.size = sizeof(address.storage);
  if (::getsockname(fd, address.pointer(), &address.size) != 0) address.size = 0;
  return address;
}

std::ptrdiff_t read_some(int fd, std::span<std::uint8_t> room) {
  return outcome(::recv(fd, room.data(), room.size(), 0));
}

std::ptrdiff_t write_some(int fd, ByteView bytes) {
  return outcome(::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL));
}

}  // namespace parley
