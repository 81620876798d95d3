// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/link_asio_echo.h"

#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <cstdlib>
#include <vector>

namespace parley::bench {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

struct EchoSession {
  explicit EchoSession(tcp::socket connected) : socket(std::move(connected)) {
    socket.set_option(tcp::no_delay{true});
    read();
  }

  void read() {
    socket.async_read_some(asio::buffer(buffer), [this](error_code error, std::size_t size) {
      if (error) return;
      asio::async_write(socket, asio::buffer(buffer.data(), size),
                        [this](error_code failed, std::size_t) {
                          if (!failed) read();
                        });
    });
  }

  tcp::socket socket;
  std::vector<std::uint8_t> buffer = std::vector<std::uint8_t>(64 << 10);
};

struct EchoClient {
  EchoClient(asio::io_context& loop, std::uint16_t port, std::size_t message_size,
             std::uint64_t total, std::uint64_t in_flight)
      : socket(loop),
        size(message_size),
        unsent(total),
        unanswered(total),
        out(message_size * in_flight) {
    socket.connect({asio::ip::address_v4::loopback(), port});
    socket.set_option(tcp::no_delay{true});
    write(in_flight);
  }

  void write(std::uint64_t count) {
    count = std::min(count, unsent);
    unsent -= count;
    if (count == 0) return read();
    asio::async_write(socket, asio::buffer(out.data(), count * size),
                      [this](error_code error, std::size_t) {
                        if (!error) read();
                      });
  }

  void read() {
    socket.async_read_some(asio::buffer(in), [this](error_code error, std::size_t received) {
      if (error) return;
      partial += received;
      const std::uint64_t whole = partial / size;
      partial %= size;
      unanswered -= whole;
      if (unanswered > 0) write(whole);
    });
  }

  tcp::socket socket;
  std::size_t size;
  std::uint64_t unsent;
  std::uint64_t unanswered;
  std::size_t partial = 0;
  std::vector<std::uint8_t> out;
  std::vector<std::uint8_t> in = std::vector<std::uint8_t>(64 << 10);
};

}  // namespace

void run_asio_echo_server(int ready_fd) {
  asio::io_context loop{1};
  tcp::acceptor acceptor{loop, {asio::ip::address_v4::loopback(), 0}};
  const std::uint16_t port = acceptor.local_endpoint().port();
  if (::write(ready_fd, &port, sizeof(port)) != sizeof(port)) std::_Exit(1);
  for (;;) {
    EchoSession session{acceptor.accept()};
    loop.restart();
    loop.run();
  }
}

double time_asio_echo(std::uint16_t port, std::size_t size, std::uint64_t total,
                      std::uint64_t in_flight) {
  asio::io_context loop{1};
  EchoClient client{loop, port, size, total, in_flight};
  const auto start = std::chrono::steady_clock::now();
  loop.run();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace parley::bench
