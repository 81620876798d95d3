// SPDX-License-Identifier: Apache-2.0
//
// A listener of a node beside its links and HTTP: a protocol that clients speak,
// served on the node's own loop. The host opens, stops and measures it, and knows
// nothing of what is said there.
#pragma once

#include <functional>
#include <memory>

#include "core/base/result.h"
#include "core/host/runtime/driver.h"
#include "core/host/runtime/event_loop.h"
#include "core/host/runtime/metrics.h"
#include "core/kernel/tables.h"

namespace parley {

class NodeService;
struct ProcessFacts;

class ClientPort {
 public:
  virtual ~ClientPort() = default;
  /// Effect: listens where the deployment says. The error names the address.
  virtual Status listen() = 0;
  /// Effect: takes no new connection and begins no new call.
  virtual void stop() = 0;
  /// No call is being made and no answer waits to be sent.
  virtual bool idle() const = 0;
  virtual void add_metrics(MetricsText& out) const = 0;
};

/// The parts of a node, all of which outlive its ports.
struct ClientPortParts {
  EventLoop& loop;
  const Tables& tables;
  PrincipalId self;
  Driver& driver;
  const NodeService& service;
  const ProcessFacts& process;
};

/// Null: the node has no such port.
using MakeClientPort = std::function<Result<std::unique_ptr<ClientPort>>(const ClientPortParts&)>;

}  // namespace parley
