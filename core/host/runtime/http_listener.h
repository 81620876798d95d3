// SPDX-License-Identifier: Apache-2.0
//
// A node's one HTTP listener: connections, limits and deadlines. What is answered
// is the handler's business.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/base/result.h"
#include "core/host/runtime/event_loop.h"
#include "core/host/runtime/http_message.h"

namespace parley {

class HttpListener {
 public:
  using Respond = std::function<void(HttpResponse response)>;
  /// Calls `respond` once, now or later; `loopback`: the caller is on this machine.
  using Handler = std::function<void(const HttpRequest& request, bool loopback, Respond respond)>;

  /// `who`: the node's name, for the log.
  HttpListener(EventLoop& loop, const std::string& who, Handler handler);
  ~HttpListener();

  /// Effect: listens at "host:port". The error names the address.
  Status listen(const std::string& address);
  /// Effect: takes no new connection.
  void stop_listening();
  /// Whether no request is being answered.
  bool idle() const;
  /// Where it listens; empty before.
  std::string address() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace parley
