// SPDX-License-Identifier: Apache-2.0
//
// The running process: some or all nodes of one deployment, each on a thread of
// its own, until a signal, a failure or stop() ends them together.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "core/base/result.h"
#include "core/host/runtime/driver.h"
#include "core/host/runtime/node_service.h"
#include "core/kernel/tables.h"

namespace parley {

struct HostOptions {
  std::shared_ptr<const Tables> tables;
  std::vector<PrincipalId> nodes;
  /// The keys of one node, one ring per mechanism of the tables.
  std::function<Result<std::unique_ptr<Keys>>(PrincipalId)> keys;
  ProcessFacts process{};
  /// Opens a node's port for clients, where it has one; empty: none has.
  MakeClientPort make_client_port{};
  /// SIGTERM and SIGINT stop the nodes in order; a second one ends the process.
  bool handle_signals = true;
  /// A node is up. Any thread.
  std::function<void(PrincipalId)> ready{};
};

class Host {
 public:
  /// Opens every node's directory and listeners; nothing runs yet.
  static Result<std::unique_ptr<Host>> open(HostOptions options);
  ~Host();

  /// Effect: runs until stopped. The error of the first node that failed.
  Status run();
  /// Any thread, also before run.
  void stop();

  /// Any thread. Asks an instance of one of the nodes; `answer` is called on the
  /// node's thread.
  void request(PrincipalId node, InstanceId instance, PortId port, Bytes value, Duration deadline,
               Driver::Answer answer);

 private:
  struct State;
  explicit Host(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace parley
