// SPDX-License-Identifier: Apache-2.0
#include "apps/kv/resp_port.h"

#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <map>
#include <utility>

#include "apps/kv/connection.h"
#include "apps/kv/port_metrics.h"
#include "core/host/deployment/secret_file.h"
#include "core/host/runtime/acceptor.h"
#include "core/host/runtime/log.h"
#include "core/host/runtime/node_service.h"
#include "core/host/runtime/socket.h"

namespace parley::resp {
namespace {

/// The engine answers within the call's own timeout; this is for when it cannot.
constexpr Duration answer_grace = 1s;
/// Of the words of one request beside its largest one.
constexpr std::size_t request_bytes_beside = std::size_t{1} << 20;
constexpr std::size_t password_max = 512;
constexpr std::size_t clients_listed_max = 10'000;

Result<std::string> read_password(const std::string& file) {
  if (file.empty()) return std::string{};
  const std::string place = "[resp] auth_file: ";
  if (const std::optional<SecretFileFault> fault = check_secret_file(file)) {
    return Error{ErrorCode::Configuration,
                 place + fault->message + (fault->help.empty() ? "" : "; " + fault->help)};
  }
  std::ifstream in{file, std::ios::binary};
  std::string password;
  std::getline(in, password);
  if (!password.empty() && password.back() == '\r') password.pop_back();
  if (!password.empty() && password.size() <= password_max) return password;
  return Error{ErrorCode::Configuration, place + "expected a password of 1 to " +
                                             std::to_string(password_max) + " bytes on the first " +
                                             "line of " + file + ", found " +
                                             std::to_string(password.size()) + " bytes"};
}

std::uint64_t resident_bytes() {
  std::ifstream file{"/proc/self/statm"};
  std::uint64_t total = 0;
  std::uint64_t resident = 0;
  file >> total >> resident;
  constexpr std::uint64_t page_size = 4096;
  return resident * page_size;
}

class RespPort final : public ClientPort, public Connection::Owner, public SessionHost {
 public:
  RespPort(const ClientPortParts& parts, InstanceId instance, PortFacts facts)
      : parts_(parts),
        instance_(instance),
        facts_(std::move(facts)),
        metrics_(facts_.commands),
        acceptor_(parts.loop, facts_.node,
                  [this](int fd, const SocketAddress& peer) { on_connection(fd, peer); }) {}

  Status listen() override {
    const std::string& address = parts_.tables.deployment.principals[parts_.self.value].resp;
    if (Status listening = acceptor_.listen(address); !listening) return listening;
    facts_.address = acceptor_.address();
    return {};
  }

  void stop() override { acceptor_.close(); }

  bool idle() const override {
    return std::none_of(connections_.begin(), connections_.end(),
                        [](const auto& each) { return each.second->busy(); });
  }

  void add_metrics(MetricsText& out) const override { metrics_.add_to(out, connections_.size()); }

 private:
  void on_connection(int fd, const SocketAddress& peer) {
    if (connections_.size() >= facts_.clients_max) {
      // Into the socket's empty buffer, so it is taken whole.
      write_some(fd, view_of("-ERR max number of clients reached\r\n"));
      ::shutdown(fd, SHUT_WR);
      metrics_.count_error(ErrorKind::ClientsMax);
      return Descriptor{parts_.loop, fd, [] {}, [] {}}.close();
    }
    tune_link(fd);
    metrics_.count_client();
    const auto made = std::make_shared<Connection>(parts_.loop, fd, *this, facts_, *this,
                                                   ++last_id_, peer.text());
    connections_.emplace(last_id_, made);
    made->start();
  }

  void submit(const std::shared_ptr<Connection>& connection, const Ask& ask) override {
    const std::weak_ptr<Connection> weak = connection;
    if (!parts_.service.running()) {
      return parts_.loop.post([weak] {
        if (const auto self = weak.lock()) self->refuse("the node is stopping");
      });
    }
    parts_.driver.request(
        instance_, ask.port, ask.value, facts_.request_timeout + answer_grace,
        [this, weak, began = SteadyClock::now()](std::optional<SharedBytes> value) {
          metrics_.observe(SteadyClock::now() - began);
          const auto self = weak.lock();
          if (self == nullptr) return;
          self->answer(value ? std::optional{value->view()} : std::nullopt);
        });
  }

  void on_gone(const Connection& connection) override { connections_.erase(connection.id()); }

  std::uint64_t wall_clock_ms() override {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
  }

  PortStatus status() override {
    const auto up = std::chrono::duration_cast<std::chrono::seconds>(SteadyClock::now() - started_);
    return {.unready_because = parts_.service.unready_because(),
            .uptime_seconds = static_cast<std::uint64_t>(up.count()),
            .clients = connections_.size(),
            .clients_total = metrics_.clients_total(),
            .commands_total = metrics_.commands_total(),
            .refused_clients_total = metrics_.errors(ErrorKind::ClientsMax),
            .memory_bytes = resident_bytes()};
  }

  std::string clients_text() override {
    std::string out;
    std::size_t left = clients_listed_max;
    for (const auto& [id, connection] : connections_) {
      if (left-- == 0) break;
      out += connection->text() + '\n';
    }
    return out;
  }

  void count_command(bool own, std::size_t index) override { metrics_.count_command(own, index); }
  void count_error(ErrorKind kind) override { metrics_.count_error(kind); }

  const ClientPortParts parts_;
  InstanceId instance_;
  PortFacts facts_;
  PortMetrics metrics_;
  Acceptor acceptor_;
  SteadyClock::time_point started_ = SteadyClock::now();
  std::uint64_t last_id_ = 0;
  std::map<std::uint64_t, std::shared_ptr<Connection>> connections_;
};

}  // namespace

Result<std::unique_ptr<ClientPort>> make_resp_port(const ClientPortParts& parts) {
  const Deployment& deployment = parts.tables.deployment;
  const PrincipalEntry& self = deployment.principals[parts.self.value];
  if (self.resp.empty()) return std::unique_ptr<ClientPort>{};
  const Deployment::Resp& resp = deployment.resp;
  const InstanceRoute* instance = parts.tables.instance(resp.object);
  if (instance == nullptr || !instance->hosts.contains(parts.self)) {
    return Error{ErrorCode::Configuration, "[resp] object: expected an object that " + self.name +
                                               " hosts, found '" + resp.object + "'"};
  }
  Result<std::string> password = read_password(resp.auth_file);
  if (!password) return password.error();
  const std::size_t position = instance->id.value - 1u;
  const ObjectEntry& entry = deployment.objects[position];
  const Object& replicated = *parts.tables.objects[position];
  const auto* remembering = dynamic_cast<const SessionObject*>(&replicated);
  const Object& object = remembering == nullptr ? replicated : remembering->inner();
  PortFacts facts{.node = self.name,
                  .deployment = deployment.name,
                  .object_name = entry.name,
                  .object_type = entry.object.name,
                  .backend = entry.backend.name,
                  .version = parts.process.version,
                  .object = object,
                  .replicated = replicated,
                  .wrapped = remembering != nullptr,
                  .commands = DataCommands{object},
                  .request_timeout = resp.request_timeout,
                  .limits = {.bulk_max = resp.bulk_bytes_max,
                             .request_max = resp.bulk_bytes_max + request_bytes_beside},
                  .clients_max = resp.clients_max,
                  .idle_timeout = resp.idle_timeout,
                  .password = *std::move(password)};
  if (facts.commands.names().empty()) {
    return Error{ErrorCode::Configuration,
                 "[resp] object: expected an object that answers "
                 "COMMAND, found '" +
                     entry.name + "' of type " + entry.object.name};
  }
  return std::unique_ptr<ClientPort>{
      std::make_unique<RespPort>(parts, instance->id, std::move(facts))};
}

}  // namespace parley::resp
