// SPDX-License-Identifier: Apache-2.0
//
// A session and its socket: reads while the session wants to, sends what it says,
// and leaves the client in such a way that the last reply still arrives.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "apps/kv/session.h"
#include "core/host/runtime/event_loop.h"

namespace parley::resp {

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  /// What a connection needs of its port, which outlives it.
  class Owner {
   public:
    virtual ~Owner() = default;
    /// Effect: the call is made; connection.answer follows, from a task of its own.
    virtual void submit(const std::shared_ptr<Connection>& connection, const Ask& ask) = 0;
    /// The socket is closed.
    virtual void on_gone(const Connection& connection) = 0;
  };

  Connection(EventLoop& loop, int fd, Owner& owner, const PortFacts& facts, SessionHost& host,
             std::uint64_t id, std::string peer);

  void start();
  /// The call's answer; nullopt: none came in time.
  void answer(std::optional<ByteView> value);
  /// The call was not made.
  void refuse(std::string_view why);

  /// A call is being made, or bytes wait to be sent.
  bool busy() const { return session_.waiting() || sent_ < sending_.size(); }
  std::string text() const { return session_.text(); }
  std::uint64_t id() const { return session_.id(); }

 private:
  void on_readable();
  void drain();
  void advance();
  bool send();
  void begin_leaving();
  void finish();
  void restart_idle_timer();

  Owner& owner_;
  Duration idle_timeout_;
  Session session_;
  std::string sending_;
  std::size_t sent_ = 0;
  std::size_t drained_ = 0;  ///< Bytes thrown away since the client is being left.
  bool leaving_ = false;
  Descriptor socket_;
  LoopTimer timer_;
};

}  // namespace parley::resp
