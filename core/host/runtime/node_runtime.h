// SPDX-License-Identifier: Apache-2.0
//
// One running node: its loop and thread, stores, links, driver, HTTP listener and
// trace, opened in an order in which each can still be refused, stopped in the
// order that loses nothing.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <thread>

#include "core/host/runtime/client_port.h"
#include "core/host/runtime/driver.h"
#include "core/host/runtime/http_listener.h"
#include "core/host/runtime/node_service.h"
#include "core/host/runtime/stores.h"
#include "core/host/runtime/trace_writer.h"

namespace parley {

class NodeRuntime {
 public:
  struct Setup {
    const Tables& tables;
    PrincipalId self;
    std::unique_ptr<Keys> keys;
    Workers& workers;
    const ProcessFacts& process;
    const MakeClientPort& make_client_port;  ///< May be empty.
    /// From the node's thread, once each: it is up; it has stopped, and whether well.
    std::function<void()> ready;
    std::function<void(const Status&)> stopped;
  };

  /// Opens stores, trace and listeners. The error says which cannot be had.
  static Result<std::unique_ptr<NodeRuntime>> open(Setup setup);
  ~NodeRuntime();

  /// Effect: the node boots and runs on a thread of its own.
  void start();
  /// Any thread. Effect: the node takes in nothing more, finishes what it has
  /// begun, within bounded time, and reports that it has stopped.
  void stop();
  void join();

  /// Any thread. `answer` is called on the node's thread.
  void request(InstanceId instance, PortId port, Bytes value, Duration deadline,
               Driver::Answer answer);

 private:
  explicit NodeRuntime(Setup setup);
  Status open_parts();
  Status open_client_port();
  void boot(Boot boot);
  void begin_stop();
  void continue_stop();
  void finish(const Status& status);
  void on_tick();
  bool clients_idle() const;

  const std::string& name() const {
    return setup_.tables.deployment.principals[setup_.self.value].name;
  }

  Setup setup_;
  EventLoop loop_;  // Outlives all that is registered with it.
  std::unique_ptr<Stores> stores_;
  std::unique_ptr<Committer> committer_;
  std::unique_ptr<TraceWriter> trace_;
  Boot recovered_;
  std::unique_ptr<Driver> driver_;
  std::unique_ptr<Links> links_;
  std::unique_ptr<NodeService> service_;
  std::unique_ptr<HttpListener> http_;
  std::unique_ptr<ClientPort> client_port_;  // Null: the node has none.
  LoopTimer tick_;
  LoopTimer stop_timer_;
  SteadyClock::time_point stop_began_{};
  bool stopping_ = false;
  bool receiving_ = true;
  bool finished_ = false;
  std::thread thread_;
};

}  // namespace parley
