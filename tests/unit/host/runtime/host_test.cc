// SPDX-License-Identifier: Apache-2.0
#include "core/host/runtime/host.h"

#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "tests/unit/host/runtime/host_fixture.h"

namespace parley {
namespace {

using host_test::Cluster;

constexpr PrincipalId a{0};
constexpr InstanceId traffic{1};

/// A host of all nodes of a cluster, running on a thread of its own.
class RunningHost {
 public:
  explicit RunningHost(Cluster& cluster) {
    cluster.give_addresses();
    cluster.deployment.data_dir = directory_.path();
    HostOptions options{.tables = nullptr,
                        .nodes = {},
                        .keys = [](PrincipalId) -> Result<std::unique_ptr<Keys>> {
                          return std::unique_ptr<Keys>{new host_test::NoKeys};
                        },
                        .handle_signals = false};
    options.tables = cluster.shared_tables();
    for (std::uint32_t i = 0; i < cluster.deployment.principals.size(); ++i) {
      options.nodes.push_back(PrincipalId{i});
    }
    host_ = Host::open(std::move(options)).value();
    running_ = std::async(std::launch::async, [this] { return host_->run(); });
  }

  ~RunningHost() {
    if (running_.valid()) static_cast<void>(stop());
  }

  std::optional<Bytes> request(PortId port, Bytes value, Duration deadline = 20s) {
    std::promise<std::optional<Bytes>> answer;
    host_->request(a, traffic, port, std::move(value), deadline,
                   [&](std::optional<SharedBytes> reply) {
                     answer.set_value(reply ? std::optional{to_bytes(*reply)} : std::nullopt);
                   });
    return answer.get_future().get();
  }

  Host& host() { return *host_; }
  Status wait() { return running_.get(); }
  Status stop() {
    host_->stop();
    return wait();
  }

 private:
  host_test::TemporaryDirectory directory_;
  std::unique_ptr<Host> host_;
  std::future<Status> running_;
};

TEST(HostTest, NodesOfOneProcessTalkOverTheirLinks) {
  for (const LinkKind kind : {LinkKind::Tcp, LinkKind::Udp, LinkKind::Multicast}) {
    Cluster cluster{2};
    const PrincipalSet both{a, PrincipalId{1}};
    cluster.deployment.links = {{.scope = {both, both, true, {}, {}}, .kind = kind}};
    RunningHost running{cluster};
    // Statements that were sent before the link was up are lost, like the answer.
    bool answered = false;
    for (int tries = 0; tries < 40 && !answered; ++tries) {
      answered = running.request(echo::port_ask, echo::ask(1, 1, 10), 500ms).has_value();
    }
    EXPECT_TRUE(answered);
    EXPECT_TRUE(running.stop().ok());
  }
}

TEST(HostTest, ManyStatementsInFlightAllComeBack) {
  for (const bool costly : {false, true}) {
    Cluster cluster{2, costly};
    RunningHost running{cluster};
    EXPECT_TRUE(running.request(echo::port_ask, echo::ask(10'000, 256, 100)).has_value());
    EXPECT_TRUE(running.stop().ok());
  }
}

TEST(HostTest, RequestsAreAnsweredAfterTheirWritesInOrder) {
  Cluster cluster{2};
  RunningHost running{cluster};
  for (std::uint8_t i = 1; i < 100; ++i) {
    EXPECT_EQ(running.request(echo::port_write, Bytes{1}), Bytes{i});
  }
  EXPECT_TRUE(running.stop().ok());
}

TEST(HostTest, ABrokenStoreEndsTheProcessWithItsError) {
  Cluster cluster{2, false, true};
  RunningHost running{cluster};
  bool answered = false;
  running.host().request(a, traffic, echo::port_write, Bytes{1}, 60s,
                         [&](std::optional<SharedBytes>) { answered = true; });
  const Status ended = running.wait();
  ASSERT_FALSE(ended.ok());
  EXPECT_EQ(ended.error().code, ErrorCode::Io);
  EXPECT_EQ(ended.error().message, "disk full");
  EXPECT_FALSE(answered) << "nobody may hear of what may not be durable";
}

TEST(HostTest, StopsWhileStatementsAreInFlight) {
  Cluster cluster{3, true};
  RunningHost running{cluster};
  for (int i = 0; i < 50; ++i) {
    running.host().request(a, traffic, echo::port_ask, echo::ask(1'000'000, 64, 100), 60s,
                           [](std::optional<SharedBytes>) {});
  }
  EXPECT_TRUE(running.stop().ok());
}

}  // namespace
}  // namespace parley
