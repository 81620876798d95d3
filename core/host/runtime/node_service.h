// SPDX-License-Identifier: Apache-2.0
//
// What a node answers over HTTP:
//
//   GET  /metrics                 Prometheus text
//   GET  /healthz                 the loop turns
//   GET  /readyz                  booted, linked both ways to a majority of each object's members
//   POST /objects/NAME/CALL       object_call.h; loopback callers only
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/host/runtime/client_port.h"
#include "core/host/runtime/driver.h"
#include "core/host/runtime/http_listener.h"
#include "core/host/runtime/links.h"
#include "core/kernel/tables.h"

namespace parley {

/// What does not change while the process runs.
struct ProcessFacts {
  std::string version;
  std::string build;
  std::string config_hash;
};

class NodeService {
 public:
  NodeService(const Tables& tables, PrincipalId self, Driver& driver, const Links& links,
              const ProcessFacts& process)
      : tables_(tables), self_(self), driver_(driver), links_(links), process_(process) {}

  void handle(const HttpRequest& request, bool loopback, HttpListener::Respond respond);
  /// Effect: the node has booted, or is about to stop.
  void set_running(bool running) { running_ = running; }
  bool running() const { return running_; }
  /// Effect: the port's metrics are told with the node's. It outlives this.
  void tell_of(const ClientPort& port) { client_port_ = &port; }

  /// Why the node cannot serve; empty when it can.
  std::string unready_because() const;
  std::string metrics() const;

 private:
  void call_object(const HttpRequest& request, std::string_view rest,
                   HttpListener::Respond respond);

  const Tables& tables_;
  PrincipalId self_;
  Driver& driver_;
  const Links& links_;
  const ProcessFacts& process_;
  bool running_ = false;
  const ClientPort* client_port_ = nullptr;
};

}  // namespace parley
