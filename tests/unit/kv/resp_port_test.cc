// SPDX-License-Identifier: Apache-2.0
//
// The port with real sockets, on a node whose backend commits whatever is pushed.
#include "apps/kv/resp_port.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <future>

#include "core/host/runtime/host.h"
#include "tests/unit/host/runtime/host_fixture.h"
#include "tests/unit/kv/fake_store.h"

namespace parley::resp {
namespace {

using test::FakeObject;
using test::request;

/// No agreement: one member that applies what is pushed. A push of "hang" is never
/// answered.
class Local final : public Machine {
 public:
  explicit Local(const Object& initial) : object_(initial.clone()) {}
  Local(const Local& other)
      : Machine(other),
        object_(other.object_->clone()),
        branches_count_(other.branches_count_),
        methods_(other.methods_) {}

  void step(const Input& input, Effects& effects) override {
    const Submit* submit = std::get_if<Submit>(&input);
    if (submit == nullptr) return;
    Outcome outcome;
    if (submit->port == port_pull) {
      outcome.branch = ++branches_count_;
    } else if (submit->port == port_invoke) {
      const InvokeCall call = decode_invoke(submit->value).value();
      methods_[call.branch] = call.method;
    } else {
      const Branch branch = decode_push(submit->value).value().branch;
      const Bytes method = methods_.at(branch);
      methods_.erase(branch);
      if (decode_command(method)->words.back() == "hang") return;
      outcome.value = object_->apply(method);
    }
    effects.push_back(Reply{submit->request, SharedBytes{encode_outcome(outcome)}});
  }
  void encode(StateWriter&) const override {}
  std::unique_ptr<Machine> clone() const override { return std::make_unique<Local>(*this); }

 private:
  std::unique_ptr<Object> object_;
  Branch branches_count_ = 0;
  std::map<Branch, Bytes> methods_;
};

class LocalFactory final : public BackendFactory {
 public:
  std::uint32_t invokes_per_pull_max() const override { return 0; }
  std::unique_ptr<Machine> create(const BackendSpec& spec) const override {
    return std::make_unique<Local>(spec.initial);
  }
};

class FakeFactory final : public ObjectFactory {
 public:
  std::unique_ptr<Object> create(const Config&) const override {
    return std::make_unique<FakeObject>();
  }
};

/// One node with a Redis port, running on a thread of its own.
class RunningPort {
 public:
  explicit RunningPort(const Deployment::Resp& resp) {
    add<ObjectFactory>(object_, std::make_shared<FakeFactory>());
    add<BackendFactory>(backend_, std::make_shared<LocalFactory>());
    cluster_.give_addresses();
    Deployment& deployment = cluster_.deployment;
    deployment.data_dir = directory_.path();
    deployment.objects.front().object = {"fake", {}};
    deployment.objects.front().backend = {"local", {}};
    deployment.principals.front().resp = address_.text();
    deployment.resp = resp;
    deployment.resp.object = "traffic";
    HostOptions options{.tables = cluster_.shared_tables(),
                        .nodes = {PrincipalId{0}},
                        .keys = [](PrincipalId) -> Result<std::unique_ptr<Keys>> {
                          return std::unique_ptr<Keys>{new host_test::NoKeys};
                        },
                        .make_client_port = make_resp_port,
                        .handle_signals = false};
    Result<std::unique_ptr<Host>> host = Host::open(std::move(options));
    if (!host) {
      error = host.error().message;
      return;
    }
    host_ = std::move(*host);
    running_ = std::async(std::launch::async, [this] { return host_->run(); });
  }
  ~RunningPort() {
    if (!running_.valid()) return;
    EXPECT_TRUE(stop().ok());
  }

  Status stop() {
    host_->stop();
    return running_.get();
  }
  std::string address() const { return address_.text(); }
  std::filesystem::path directory() const { return directory_.path(); }

  std::string error;  ///< Why it does not run.

 private:
  template <class Interface, class Factory>
  void add(const parley_plugin& plugin, std::shared_ptr<Factory> factory) {
    cluster_.catalogue.add(
        {&plugin, std::shared_ptr<void>{factory, static_cast<Interface*>(factory.get())}});
  }

  parley_plugin object_ = host_test::descriptor(PARLEY_KIND_OBJECT, "fake");
  parley_plugin backend_ = host_test::descriptor(PARLEY_KIND_BACKEND, "local");
  host_test::Cluster cluster_{1};
  host_test::ReservedAddress address_;
  host_test::TemporaryDirectory directory_;
  std::unique_ptr<Host> host_;
  std::future<Status> running_;
};

Deployment::Resp settings() {
  return {.object = {},
          .request_timeout = 5s,
          .clients_max = 100,
          .bulk_bytes_max = 1 << 20,
          .idle_timeout = {},
          .auth_file = {}};
}

/// A client that blocks.
class Socket {
 public:
  explicit Socket(const std::string& address) {
    const SocketAddress peer = resolve_address(address, true).value();
    fd_ = ::socket(peer.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(::connect(fd_, peer.pointer(), peer.size), 0);
    const timeval patience{20, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  }
  ~Socket() { ::close(fd_); }
  Socket(const Socket&) = delete;

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto done = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      ASSERT_GT(done, 0);
      bytes.remove_prefix(static_cast<std::size_t>(done));
    }
  }
  /// So many bytes, or fewer when the port hangs up.
  std::string receive(std::size_t size) {
    std::string out(size, '\0');
    std::size_t got = 0;
    while (got < size) {
      const auto done = ::recv(fd_, out.data() + got, size - got, 0);
      if (done <= 0) break;
      got += static_cast<std::size_t>(done);
    }
    out.resize(got);
    return out;
  }
  std::string receive_all() { return receive(std::size_t{1} << 24); }
  std::string ask(std::string_view bytes, std::size_t size) {
    send(bytes);
    return receive(size);
  }

 private:
  int fd_ = -1;
};

TEST(RespPortTest, ServesManyClientsOfOneObject) {
  RunningPort port{settings()};
  ASSERT_EQ(port.error, "");
  Socket one{port.address()};
  Socket two{port.address()};
  EXPECT_EQ(one.ask(request({"SET", "k", "v"}), 5), "+OK\r\n");
  EXPECT_EQ(two.ask("GET k\r\n", 7), "$1\r\nv\r\n");
  EXPECT_EQ(two.ask("QUIT\r\n", 100), "+OK\r\n");
  EXPECT_EQ(one.ask("PING\r\n", 7), "+PONG\r\n");
}

TEST(RespPortTest, ALongPipelineIsAnsweredInOrder) {
  RunningPort port{settings()};
  Socket client{port.address()};
  constexpr int count = 5'000;
  std::string pipeline;
  std::string expected;
  for (int i = 1; i <= count; ++i) {
    pipeline += request({"INCR", "k"});
    expected += ":" + std::to_string(i) + "\r\n";
  }
  EXPECT_EQ(client.ask(pipeline, expected.size()), expected);
}

// Goal: a client that sends and does not read stops being read, and loses nothing.
TEST(RespPortTest, AClientThatDoesNotReadIsWaitedFor) {
  RunningPort port{settings()};
  Socket client{port.address()};
  const std::string value(500'000, 'x');
  EXPECT_EQ(client.ask(request({"SET", "k", value}), 5), "+OK\r\n");
  constexpr std::size_t count = 100;
  std::string pipeline;
  for (std::size_t i = 0; i < count; ++i) pipeline += "GET k\r\n";
  client.send(pipeline);
  Socket other{port.address()};
  EXPECT_EQ(other.ask("PING\r\n", 7), "+PONG\r\n");
  const std::string reply = "$500000\r\n" + value + "\r\n";
  for (std::size_t i = 0; i < count; ++i) ASSERT_EQ(client.receive(reply.size()), reply) << i;
}

TEST(RespPortTest, AProtocolErrorArrivesBeforeTheEnd) {
  RunningPort port{settings()};
  Socket client{port.address()};
  client.send("*1\r\n:1\r\n" + std::string(200'000, 'x'));
  EXPECT_EQ(client.receive_all(), "-ERR Protocol error: expected '$', got ':'\r\n");
}

TEST(RespPortTest, ConnectionsAreBounded) {
  Deployment::Resp few = settings();
  few.clients_max = 2;
  RunningPort port{few};
  Socket one{port.address()};
  EXPECT_EQ(one.ask("PING\r\n", 7), "+PONG\r\n");
  {
    Socket two{port.address()};
    EXPECT_EQ(two.ask("PING\r\n", 7), "+PONG\r\n");
    Socket three{port.address()};
    EXPECT_EQ(three.receive_all(), "-ERR max number of clients reached\r\n");
    EXPECT_EQ(two.ask("QUIT\r\n", 5), "+OK\r\n");
  }
  // The place is free when the port has seen the end of the second.
  std::string answer;
  for (int tries = 0; tries < 10'000 && answer != "+PONG\r\n"; ++tries) {
    Socket four{port.address()};
    four.send("PING\r\n");
    answer = four.receive(7);
  }
  EXPECT_EQ(answer, "+PONG\r\n");
}

TEST(RespPortTest, AnIdleClientIsLeft) {
  Deployment::Resp hurried = settings();
  hurried.idle_timeout = 20ms;
  RunningPort port{hurried};
  Socket client{port.address()};
  EXPECT_EQ(client.receive_all(), "");
}

TEST(RespPortTest, WhatIsNotAnsweredInTimeIsUnknown) {
  Deployment::Resp hurried = settings();
  hurried.request_timeout = 1ms;
  RunningPort port{hurried};
  Socket client{port.address()};
  EXPECT_EQ(client.ask("SET k hang\r\n", 8), "-UNKNOWN");
}

TEST(RespPortTest, ThePasswordIsReadFromASecretFile) {
  host_test::TemporaryDirectory directory;
  const std::string file = directory.path() / "password";
  std::ofstream{file} << "secret\n";
  Deployment::Resp guarded = settings();
  guarded.auth_file = file;
  ::chmod(file.c_str(), 0644);
  EXPECT_NE(RunningPort{guarded}.error.find("others can read"), std::string::npos);
  ::chmod(file.c_str(), 0600);
  RunningPort port{guarded};
  ASSERT_EQ(port.error, "");
  Socket client{port.address()};
  EXPECT_EQ(client.ask("GET k\r\n", 7), "-NOAUTH");
  EXPECT_EQ(Socket{port.address()}.ask("AUTH secret\r\n", 5), "+OK\r\n");
}

TEST(RespPortTest, StopsWithClientsConnected) {
  RunningPort port{settings()};
  Socket client{port.address()};
  EXPECT_EQ(client.ask("PING\r\n", 7), "+PONG\r\n");
  EXPECT_TRUE(port.stop().ok());
}

}  // namespace
}  // namespace parley::resp
