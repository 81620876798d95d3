// SPDX-License-Identifier: Apache-2.0
#include "core/host/runtime/node_runtime.h"

#include <utility>

#include "core/host/runtime/entropy.h"
#include "core/host/runtime/log.h"

namespace parley {
namespace {

constexpr auto tick_interval = std::chrono::seconds{1};
constexpr auto stop_poll_interval = std::chrono::milliseconds{2};
/// How long a stopping node waits for answers to requests, and for all the rest.
constexpr auto answers_time_max = std::chrono::seconds{1};
constexpr auto stop_time_max = std::chrono::seconds{3};

/// Who shares an instance with `self`: those it will have something to say to.
PrincipalSet companions(const Tables& tables, PrincipalId self) {
  PrincipalSet peers;
  for (const InstanceRoute& instance : tables.instances) {
    if (instance.hosts.contains(self)) peers |= instance.hosts;
  }
  peers.erase(self);
  return peers;
}

}  // namespace

NodeRuntime::NodeRuntime(Setup setup)
    : setup_(std::move(setup)),
      tick_(loop_, [this] { on_tick(); }),
      stop_timer_(loop_, [this] { continue_stop(); }) {}

NodeRuntime::~NodeRuntime() {
  join();
  committer_.reset();  // Waits for the batch that is being written.
}

Result<std::unique_ptr<NodeRuntime>> NodeRuntime::open(Setup setup) {
  std::unique_ptr<NodeRuntime> runtime{new NodeRuntime{std::move(setup)}};
  if (Status opened = runtime->open_parts(); !opened) return opened.error();
  return runtime;
}

Status NodeRuntime::open_parts() {
  const Deployment& deployment = setup_.tables.deployment;
  Result<std::unique_ptr<Stores>> stores =
      Stores::open(setup_.tables, setup_.self, std::filesystem::path{deployment.data_dir} / name());
  if (!stores) return stores.error();
  stores_ = std::move(*stores);
  Result<std::map<InstanceId, Recovered>> recovered = stores_->recover();
  if (!recovered) return recovered.error();
  recovered_.recovered = std::move(*recovered);
  committer_ = stores_->durable() ? make_threaded_committer(*stores_, loop_)
                                  : make_inline_committer(*stores_);
  if (!deployment.trace.file.empty()) {
    Result<std::unique_ptr<TraceWriter>> trace = TraceWriter::create(
        trace_path(deployment.trace.file, name()), {setup_.self, deployment.name});
    if (!trace) return trace.error();
    trace_ = std::move(*trace);
  }
  driver_ = std::make_unique<Driver>(Driver::Parts{
      .tables = setup_.tables,
      .self = setup_.self,
      .keys = *setup_.keys,
      .loop = loop_,
      .workers = setup_.workers,
      .committer = *committer_,
      .trace = trace_.get(),
      // From a task of its own: links are being read further up the stack.
      .failed = [this](const Error& error) { loop_.post([this, error] { finish(error); }); }});
  links_ = std::make_unique<Links>(loop_, deployment, setup_.self, random_number(), setup_.workers,
                                   *driver_);
  driver_->attach(*links_);
  service_ =
      std::make_unique<NodeService>(setup_.tables, setup_.self, *driver_, *links_, setup_.process);
  http_ = std::make_unique<HttpListener>(
      loop_, name(),
      [this](const HttpRequest& request, bool loopback, HttpListener::Respond respond) {
        service_->handle(request, loopback, std::move(respond));
      });
  if (Status listening = links_->listen(); !listening) return listening;
  // Posted before anybody can ask anything of this node.
  loop_.post([this] { boot(std::exchange(recovered_, {})); });
  if (Status opened = open_client_port(); !opened) return opened;
  const std::string& address = deployment.principals[setup_.self.value].metrics;
  return address.empty() ? Status{} : http_->listen(address);
}

Status NodeRuntime::open_client_port() {
  if (!setup_.make_client_port) return {};
  Result<std::unique_ptr<ClientPort>> port =
      setup_.make_client_port({.loop = loop_,
                               .tables = setup_.tables,
                               .self = setup_.self,
                               .driver = *driver_,
                               .service = *service_,
                               .process = setup_.process});
  if (!port) return port.error();
  client_port_ = std::move(*port);
  if (client_port_ == nullptr) return {};
  service_->tell_of(*client_port_);
  return client_port_->listen();
}

bool NodeRuntime::clients_idle() const {
  return http_->idle() && (client_port_ == nullptr || client_port_->idle());
}

void NodeRuntime::start() {
  thread_ = std::thread{[this] { loop_.run(); }};
}

void NodeRuntime::boot(Boot boot) {
  links_->dial(companions(setup_.tables, setup_.self));
  driver_->boot(boot);
  service_->set_running(true);
  tick_.start_after(tick_interval);
  setup_.ready();
}

void NodeRuntime::on_tick() {
  if (trace_ != nullptr) trace_->flush();
  tick_.start_after(tick_interval);
}

void NodeRuntime::stop() {
  loop_.post([this] { begin_stop(); });
}

void NodeRuntime::begin_stop() {
  if (std::exchange(stopping_, true)) return;
  log_info(name(), "stopping");
  stop_began_ = SteadyClock::now();
  service_->set_running(false);
  http_->stop_listening();
  if (client_port_ != nullptr) client_port_->stop();
  continue_stop();
}

void NodeRuntime::continue_stop() {
  const auto waited = SteadyClock::now() - stop_began_;
  // Answers may still need the peers; after them nothing is taken in.
  if (receiving_ && (clients_idle() || waited > answers_time_max)) {
    receiving_ = false;
    links_->stop_receiving();
  }
  links_->flush();
  const bool done = !receiving_ && driver_->idle() && links_->idle() && clients_idle();
  if (done || waited > stop_time_max) return finish({});
  stop_timer_.start_after(stop_poll_interval);
}

void NodeRuntime::finish(const Status& status) {
  if (std::exchange(finished_, true)) return;
  if (trace_ != nullptr) trace_->flush();
  loop_.stop();
  setup_.stopped(status);
}

void NodeRuntime::join() {
  if (thread_.joinable()) thread_.join();
}

void NodeRuntime::request(InstanceId instance, PortId port, Bytes value, Duration deadline,
                          Driver::Answer answer) {
  loop_.post([this, instance, port, value = std::move(value), deadline,
              answer = std::move(answer)]() mutable {
    driver_->request(instance, port, value, deadline, std::move(answer));
  });
}

}  // namespace parley
