// SPDX-License-Identifier: Apache-2.0
//
// A listening socket that hands out its connections, and that waits instead of
// spinning while the process has no descriptor left for them.
#pragma once

#include <functional>
#include <string>

#include "core/base/result.h"
#include "core/host/runtime/event_loop.h"
#include "core/host/runtime/socket.h"

namespace parley {

class Acceptor {
 public:
  /// Takes over the descriptor of a new connection.
  using Take = std::function<void(int fd, const SocketAddress& peer)>;

  /// `who`: the node's name, for the log.
  Acceptor(EventLoop& loop, std::string who, Take take);

  /// Effect: listens at "host:port". The error names the address.
  Status listen(const std::string& address);
  /// Effect: takes no new connection.
  void close();
  /// Where it listens; empty when it does not.
  std::string address() const;
  /// How often there was nothing left for a connection.
  std::uint64_t failures() const { return failures_; }

 private:
  void on_readable();

  EventLoop& loop_;
  std::string who_;
  Take take_;
  Descriptor socket_;
  LoopTimer retry_;
  std::uint64_t failures_ = 0;
};

}  // namespace parley
