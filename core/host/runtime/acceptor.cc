// SPDX-License-Identifier: Apache-2.0
#include "core/host/runtime/acceptor.h"

#include <utility>

#include "core/host/runtime/log.h"

namespace parley {
namespace {

constexpr auto retry_delay = std::chrono::milliseconds{100};

}  // namespace

Acceptor::Acceptor(EventLoop& loop, std::string who, Take take)
    : loop_(loop), who_(std::move(who)), take_(std::move(take)), retry_(loop, [this] {
        if (socket_.is_open()) socket_.await_readable();
      }) {}

Status Acceptor::listen(const std::string& text) {
  const Result<SocketAddress> address = resolve_address(text, false);
  if (!address) return address.error();
  Result<int> fd = listen_tcp(*address);
  if (!fd) return fd.error();
  socket_ = Descriptor{loop_, *fd, [this] { on_readable(); }, [] {}};
  socket_.await_readable();
  return {};
}

void Acceptor::close() {
  socket_.close();
  retry_.cancel();
}

std::string Acceptor::address() const {
  return socket_.is_open() ? local_address(socket_.fd()).text() : std::string{};
}

void Acceptor::on_readable() {
  SocketAddress peer;
  int fd = accept_tcp(socket_.fd(), peer);
  for (; fd >= 0; fd = accept_tcp(socket_.fd(), peer)) take_(fd, peer);
  if (fd == -1) return socket_.await_readable();
  // The connection goes on waiting, so the socket would be readable at once.
  if (worth_saying(++failures_)) {
    log_warning(who_, "no descriptor or memory left for new connections at " + address() + " (" +
                          std::to_string(failures_) + " times so far)");
  }
  retry_.start_after(retry_delay);
}

}  // namespace parley
