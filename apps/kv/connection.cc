// SPDX-License-Identifier: Apache-2.0
#include "apps/kv/connection.h"

#include <sys/socket.h>

#include <array>
#include <utility>

#include "core/host/runtime/socket.h"

namespace parley::resp {
namespace {

constexpr std::size_t read_size = std::size_t{64} << 10;
/// A client that is left may still send so much, for so long.
constexpr std::size_t drained_max = std::size_t{4} << 20;
constexpr auto leaving_time_max = std::chrono::seconds{2};

}  // namespace

Connection::Connection(EventLoop& loop, int fd, Owner& owner, const PortFacts& facts,
                       SessionHost& host, std::uint64_t id, std::string peer)
    : owner_(owner),
      idle_timeout_(facts.idle_timeout),
      session_(facts, host, id, std::move(peer)),
      socket_(
          loop, fd, [this] { on_readable(); },
          [this] {
            const auto self = shared_from_this();
            if (send()) advance();
          }),
      timer_(loop, [this] {
        // Who waits for the object is not idle.
        if (!leaving_ && session_.waiting()) return restart_idle_timer();
        finish();
      }) {}

void Connection::start() {
  restart_idle_timer();
  socket_.await_readable();
}

void Connection::restart_idle_timer() {
  if (idle_timeout_ > Duration{}) timer_.start_after(idle_timeout_);
}

void Connection::on_readable() {
  const auto self = shared_from_this();
  if (leaving_) return drain();
  std::array<std::uint8_t, read_size> room;
  const std::ptrdiff_t size = read_some(socket_.fd(), room);
  if (size == -1) return socket_.await_readable();
  if (size <= 0) return finish();
  restart_idle_timer();
  session_.receive(ByteView{room}.first(static_cast<std::size_t>(size)));
  advance();
}

void Connection::answer(std::optional<ByteView> value) {
  if (!socket_.is_open()) return;
  const auto self = shared_from_this();
  session_.answer(value);
  advance();
}

void Connection::refuse(std::string_view why) {
  if (!socket_.is_open()) return;
  const auto self = shared_from_this();
  session_.refuse(why);
  advance();
}

/// Whatever can be done is done: calls, replies, and reading on.
void Connection::advance() {
  do {
    if (const std::optional<Ask> ask = session_.advance()) {
      owner_.submit(shared_from_this(), *ask);
    }
    if (!send()) return;
    // Room for replies may let the session go on.
  } while (!session_.output().empty());
  if (session_.closing() && !session_.waiting()) return begin_leaving();
  if (session_.wants_input()) socket_.await_readable();
}

/// False: the socket takes no more now, or is gone.
bool Connection::send() {
  for (;;) {
    if (sent_ == sending_.size()) {
      sending_.clear();
      sent_ = 0;
      if (session_.output().empty()) return true;
      std::swap(sending_, session_.output());
    }
    const std::ptrdiff_t done =
        write_some(socket_.fd(), view_of(std::string_view{sending_}.substr(sent_)));
    if (done < -1) return finish(), false;
    if (done < 0) return socket_.await_writable(), false;
    sent_ += static_cast<std::size_t>(done);
  }
}

/// Closing while something unread waits would reset the connection, and the last
/// reply would be lost: so the client is told first, and then listened to shortly.
void Connection::begin_leaving() {
  if (std::exchange(leaving_, true)) return;
  ::shutdown(socket_.fd(), SHUT_WR);
  timer_.start_after(leaving_time_max);
  socket_.await_readable();
}

void Connection::drain() {
  std::array<std::uint8_t, read_size> room;
  const std::ptrdiff_t size = read_some(socket_.fd(), room);
  if (size > 0) drained_ += static_cast<std::size_t>(size);
  if (size == 0 || size < -1 || drained_ > drained_max) return finish();
  socket_.await_readable();
}

void Connection::finish() {
  const auto self = shared_from_this();
  timer_.cancel();
  if (!socket_.is_open()) return;
  socket_.close();
  owner_.on_gone(*this);
}

}  // namespace parley::resp
