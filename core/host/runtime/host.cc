// SPDX-License-Identifier: Apache-2.0
#include "core/host/runtime/host.h"

#include <sys/resource.h>

#include <csignal>
#include <cstdlib>
#include <map>
#include <utility>

#include "core/host/runtime/log.h"
#include "core/host/runtime/node_runtime.h"
#include "core/host/runtime/sd_notify.h"
#include "core/host/runtime/workers.h"

namespace parley {
namespace {

constexpr std::size_t workers_count = 2;

/// As many descriptors as the system permits: connections and stores need them, and
/// the customary soft limit is for programs that use select.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

struct Host::State {
  explicit State(HostOptions chosen) : options(std::move(chosen)) {}

  void on_ready(PrincipalId node) {
    if (options.ready) options.ready(node);
    if (++ready_count == nodes.size()) sd_notify("READY=1");
  }

  void on_stopped(const Status& result) {
    if (!result && status) status = result;
    ++stopped_count;
    if (stopped_count == nodes.size()) return loop.stop();
    if (!result) stop_nodes();
  }

  void on_signal(int number) {
    if (signalled) std::_Exit(128 + number);
    signalled = true;
    stop_nodes();
  }

  void stop_nodes() {
    if (std::exchange(stopping, true)) return;
    sd_notify("STOPPING=1");
    for (auto& [id, node] : nodes) node->stop();
  }

  HostOptions options;
  EventLoop loop;  // Of the thread that calls run: signals, and what nodes report.
  std::map<PrincipalId, std::unique_ptr<NodeRuntime>> nodes;
  Workers workers{workers_count};  // Gone before the nodes whose frames it checks.
  Status status;
  std::size_t ready_count = 0;
  std::size_t stopped_count = 0;
  bool stopping = false;
  bool signalled = false;
};

Host::Host(std::unique_ptr<State> state) : state_(std::move(state)) {}
Host::~Host() = default;

Result<std::unique_ptr<Host>> Host::open(HostOptions options) {
  raise_descriptor_limit();
  std::unique_ptr<Host> host{new Host{std::make_unique<State>(std::move(options))}};
  State* state = host->state_.get();
  for (const PrincipalId node : state->options.nodes) {
    Result<std::unique_ptr<Keys>> keys = state->options.keys(node);
    if (!keys) return keys.error();
    Result<std::unique_ptr<NodeRuntime>> runtime = NodeRuntime::open(
        {.tables = *state->options.tables,
         .self = node,
         .keys = std::move(*keys),
         .workers = state->workers,
         .process = state->options.process,
         .make_client_port = state->options.make_client_port,
         .ready = [state, node] { state->loop.post([state, node] { state->on_ready(node); }); },
         .stopped =
             [state](const Status& status) {
               state->loop.post([state, status] { state->on_stopped(status); });
             }});
    if (!runtime) return runtime.error();
    state->nodes.emplace(node, std::move(*runtime));
  }
  return host;
}

Status Host::run() {
  // A peer that went away is an error of the write, not a signal.
  std::signal(SIGPIPE, SIG_IGN);
  if (state_->options.handle_signals) {
    state_->loop.handle_signals({SIGTERM, SIGINT},
                                [state = state_.get()](int number) { state->on_signal(number); });
  }
  for (auto& [id, node] : state_->nodes) node->start();
  if (!state_->nodes.empty()) state_->loop.run();
  for (auto& [id, node] : state_->nodes) node->join();
  return state_->status;
}

void Host::stop() {
  state_->loop.post([state = state_.get()] { state->stop_nodes(); });
}

void Host::request(PrincipalId node, InstanceId instance, PortId port, Bytes value,
                   Duration deadline, Driver::Answer answer) {
  state_->nodes.at(node)->request(instance, port, std::move(value), deadline, std::move(answer));
}

}  // namespace parley
