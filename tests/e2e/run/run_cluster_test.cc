// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <map>

#include "tests/e2e/process.h"

namespace parley::e2e {
namespace {

const std::vector<std::string> names{"r1", "r2", "r3"};

/// Three nodes, one register, in a directory of their own.
class ClusterTest : public testing::Test {
 protected:
  ClusterTest() {
    std::string made = (std::filesystem::temp_directory_path() / "parley_e2e.XXXXXX").string();
    if (::mkdtemp(made.data()) != nullptr) directory_ = made;
    for (const std::string& name : names) {
      link_[name] = free_address();
      metrics_[name] = free_address();
    }
    write_deployment("register", "var");
  }

  ~ClusterTest() override {
    nodes_.clear();
    if (HasFailure()) {
      for (const auto& entry : std::filesystem::directory_iterator{directory_}) {
        if (entry.path().extension() != ".log") continue;
        std::ifstream log{entry.path()};
        std::cerr << entry.path().filename().string() << ":\n" << log.rdbuf() << "\n";
      }
    }
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  void write_deployment(const std::string& name, const std::string& data_dir) {
    std::ofstream out{file()};
    out << "schema = 1\n[deployment]\nname = \"" << name << "\"\ndata_dir = \"" << data_dir
        << "\"\n[plugins]\ndirectories = [\"" << PARLEY_BUILD_DIR << "/plugins\"]\n[principals]\n";
    for (const std::string& node : names) {
      out << node << " = { address = \"" << link_[node] << "\", metrics = \"" << metrics_[node]
          << "\" }\n";
    }
    out << "[groups]\nreplicas = [\"r1\", \"r2\", \"r3\"]\n"
        << "[[authentication]]\nbetween = \"replicas <-> replicas\"\n"
        << "mechanisms = [\"hmac_sha256\"]\n"
        << "[[object]]\nname = \"register\"\ntype = \"register\"\nmembers = \"replicas\"\n"
        << "backend = { use = \"single_paxos\" }\nstore = { use = \"rocksdb\" }\n"
        << "[trace]\nfile = \"trace/run.trace\"\n";
  }

  std::string file() const { return (directory_ / "deployment.toml").string(); }
  std::filesystem::path log(const std::string& name) const { return directory_ / (name + ".log"); }

  /// Keys are made by running all nodes in one process once.
  void make_keys() {
    Process all{{"run", file()}, log("keys")};
    ASSERT_TRUE(eventually([&] { return all.output().find("r3 is up") != std::string::npos; }))
        << all.output();
    EXPECT_NE(all.output().find("missing key files"), std::string::npos);
    all.signal(SIGTERM);
    ASSERT_EQ(all.wait(), 0) << all.output();
  }

  void start(const std::string& node) {
    nodes_.insert_or_assign(node, Process{{"run", file(), "--node", node}, log(node)});
  }
  void start_all() {
    for (const std::string& node : names) start(node);
    for (const std::string& node : names) ASSERT_TRUE(is_ready(node)) << node;
  }
  bool is_ready(const std::string& node) {
    return eventually([&] { return http(metrics_[node], "GET", "/readyz").status == 200; });
  }
  void kill_hard(const std::string& node) {
    nodes_.at(node).signal(SIGKILL);
    EXPECT_EQ(nodes_.at(node).wait(), 128 + SIGKILL);
    nodes_.erase(node);
  }
  void stop_all() {
    for (auto& [name, node] : nodes_) node.signal(SIGTERM);
    for (auto& [name, node] : nodes_) EXPECT_EQ(node.wait(), 0) << name;
    nodes_.clear();
  }

  HttpReply call(const std::string& node, const std::string& what, std::string_view body = {}) {
    return http(metrics_[node], "POST", "/objects/register/" + what, body);
  }

  HttpReply call_on(const std::string& node, const std::string& what, const std::string& branch,
                    std::string_view body = {}) {
    return call(node, what + "?branch=" + branch, body);
  }
  /// The branch of a pull that succeeds: the first may find no quorum yet.
  std::string pull(const std::string& node) {
    HttpReply pulled;
    EXPECT_TRUE(eventually([&] { return (pulled = call(node, "pull")).status == 200; }))
        << pulled.body;
    return branch_of(pulled);
  }

  /// Pull, invoke, push until a push succeeds: each may fail for good reasons.
  bool write(const std::string& node, const std::string& value) {
    return eventually([&] {
      const std::string branch = branch_of(call(node, "pull"));
      return !branch.empty() && call_on(node, "invoke", branch, "put " + value).status == 200 &&
             call_on(node, "push", branch).status == 200;
    });
  }

  /// The value of a metric line that begins so; -1: there is none.
  double metric(const std::string& node, const std::string& line) {
    const std::string text = "\n" + http(metrics_[node], "GET", "/metrics").body;
    const std::size_t at = text.find("\n" + line + " ");
    return at == std::string::npos ? -1 : std::stod(text.substr(at + line.size() + 2));
  }

  std::filesystem::path directory_;
  std::map<std::string, std::string> link_;
  std::map<std::string, std::string> metrics_;
  std::map<std::string, Process> nodes_;
};

TEST_F(ClusterTest, ADecisionSurvivesKillsAndIsLearntByWhoWasAway) {
  make_keys();
  start_all();
  kill_hard("r3");
  ASSERT_TRUE(write("r1", "hello"));

  start("r3");
  const std::string decided = "parley_decided_position{instance=\"register\"}";
  EXPECT_TRUE(eventually([&] { return metric("r3", decided) == 1; }));

  for (const std::string& node : names) kill_hard(node);
  start("r2");
  EXPECT_TRUE(eventually([&] { return http(metrics_["r2"], "GET", "/healthz").status == 200; }));
  EXPECT_EQ(http(metrics_["r2"], "GET", "/readyz").status, 503) << "one of three is no majority";
  start("r1");
  start("r3");
  for (const std::string& node : names) ASSERT_TRUE(is_ready(node)) << node;
  HttpReply pulled;
  EXPECT_TRUE(eventually([&] { return (pulled = call("r2", "pull")).status == 200; }));
  EXPECT_NE(pulled.body.find("\"value\":\"hello\""), std::string::npos) << pulled.body;
  stop_all();

  // Every life of every node, killed ones too, replays as it was recorded.
  int traces = 0;
  for (const auto& entry : std::filesystem::directory_iterator{directory_ / "trace"}) {
    const Finished replayed = run_parley("replay " + file() + ' ' + entry.path().string());
    EXPECT_EQ(replayed.status, 0) << entry.path() << replayed.output;
    ++traces;
  }
  EXPECT_EQ(traces, 3 + 3 + 1 + 3) << "the run for the keys, the first, r3 again, and the last";
}

TEST_F(ClusterTest, ARestartedPeerIsNoticedAndSentAgainWhatItMayHaveForgotten) {
  make_keys();
  start_all();
  kill_hard("r2");
  start("r2");
  ASSERT_TRUE(is_ready("r2"));
  EXPECT_TRUE(eventually(
      [&] { return metric("r1", "parley_link_peer_restarts_total{peer=\"r2\"}") == 1; }));
  stop_all();
}

TEST_F(ClusterTest, MalformedBytesAtTheLinkPortAreCountedAndHarmNothing) {
  make_keys();
  start_all();
  throw_bytes(link_["r1"], "GET / HTTP/1.1\r\nHost: r1\r\n\r\n");
  throw_bytes(link_["r1"], std::string(100'000, '\xFF'));
  throw_bytes(link_["r1"], std::string_view{"\x10\0\0\0\0\0\0\0garbagegarbage!!", 24});
  EXPECT_TRUE(
      eventually([&] { return metric("r1", "parley_link_refused_total{reason=\"hello\"}") >= 2; }));
  EXPECT_TRUE(write("r1", "unharmed"));
  stop_all();
}

TEST_F(ClusterTest, BadRequestsAreAnsweredWithTheirStatus) {
  make_keys();
  start_all();
  const std::string& r1 = metrics_["r1"];
  EXPECT_EQ(http(r1, "GET", "/nothing").status, 404);
  EXPECT_EQ(http(r1, "POST", "/metrics").status, 405);
  EXPECT_EQ(http(r1, "GET", "/objects/register/pull").status, 405);
  EXPECT_EQ(http(r1, "POST", "/objects/other/pull").status, 404);
  EXPECT_EQ(http(r1, "POST", "/objects/register/peek").status, 404);
  EXPECT_EQ(call_on("r1", "invoke", "1", "no such method").status, 400);
  EXPECT_EQ(call_on("r1", "invoke", "1", "put x").status, 409) << "nothing was pulled";
  EXPECT_EQ(call_on("r1", "push", "1").status, 409);
  EXPECT_EQ(call("r1", "pull?state=yes").status, 400);
  for (const std::string call_without : {"invoke", "push", "invoke?branch=x", "push?branch="}) {
    const HttpReply refused = call("r1", call_without, call_without[0] == 'i' ? "put x" : "");
    EXPECT_EQ(refused.status, 400) << call_without;
    EXPECT_NE(refused.body.find("expected ?branch=N"), std::string::npos) << refused.body;
  }
  EXPECT_NE(throw_bytes(r1, "POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n").find(" 413 "),
            std::string::npos);
  const HttpReply head = http(r1, "HEAD", "/healthz");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.body, "");
  const std::string pull = "POST /objects/register/pull HTTP/1.1\r\nConnection: close\r\n";
  for (const char* page : {"Host: 127.0.0.1\r\nOrigin: http://evil.example\r\n\r\n",
                           "Host: rebound.example\r\n\r\n", "\r\n"}) {
    EXPECT_NE(throw_bytes(r1, pull + page).find(" 403 "), std::string::npos) << page;
  }
  EXPECT_NE(throw_bytes(r1, "nonsense\r\n\r\n").find(" 400 "), std::string::npos);
  stop_all();
}

TEST_F(ClusterTest, APullTellsTheStateUnlessToldNotTo) {
  make_keys();
  start_all();
  ASSERT_TRUE(write("r1", "hello"));
  EXPECT_NE(call("r1", "pull").body.find("\"value\":\"hello\""), std::string::npos);
  const HttpReply stateless = call("r1", "pull?state=0");
  EXPECT_EQ(stateless.status, 200) << stateless.body;
  EXPECT_NE(stateless.body.find("\"value\":null"), std::string::npos) << stateless.body;
  stop_all();
}

// Goal: a caller never commits, or is answered for, what another one invoked.
TEST_F(ClusterTest, CallersThatInterleaveOnOneNodeAreAnsweredForTheirOwnMethods) {
  make_keys();
  start_all();
  const std::string first = pull("r1");
  ASSERT_EQ(call_on("r1", "invoke", first, "put first").status, 200);
  const std::string second = pull("r1");
  ASSERT_NE(first, second);
  // The later pull took over: what the first one invoked never happened.
  const HttpReply late = call_on("r1", "push", first);
  EXPECT_EQ(late.status, 409) << late.body;
  EXPECT_NE(late.body.find("\"kind\":\"stale\""), std::string::npos) << late.body;
  EXPECT_EQ(call_on("r1", "invoke", first, "put first").status, 409);
  // Nothing is pushed for who has invoked nothing.
  EXPECT_EQ(call_on("r1", "push", second).status, 409);
  const HttpReply invoked = call_on("r1", "invoke", second, "put second");
  ASSERT_EQ(invoked.status, 200) << invoked.body;
  EXPECT_EQ(call_on("r1", "push", first).status, 409);
  const HttpReply pushed = call_on("r1", "push", second);
  EXPECT_EQ(pushed.status, 200) << pushed.body;
  EXPECT_NE(pushed.body.find("\"value\":\"second\""), std::string::npos) << pushed.body;
  EXPECT_EQ(call_on("r1", "push", first).status, 409);
  stop_all();
}

TEST_F(ClusterTest, WithoutAQuorumACallEndsAndSaysSo) {
  make_keys();
  start("r1");
  ASSERT_TRUE(eventually([&] { return http(metrics_["r1"], "GET", "/healthz").status == 200; }));
  const HttpReply reply = call("r1", "pull");
  EXPECT_TRUE(reply.status == 503 || reply.status == 504) << reply.status << reply.body;
  stop_all();
}

TEST_F(ClusterTest, AnotherClustersDataDirectoryIsRefused) {
  make_keys();
  write_deployment("another", "var");
  const Finished refused = run_parley("run " + file() + " --node r1");
  EXPECT_EQ(refused.status, 78);
  EXPECT_NE(refused.output.find("expected data of node r1 of deployment 'another', found node r1 "
                                "of 'register'"),
            std::string::npos)
      << refused.output;
}

TEST_F(ClusterTest, NodesOfAnotherDeploymentAreNotLinked) {
  make_keys();
  start("r1");
  ASSERT_TRUE(eventually([&] { return http(metrics_["r1"], "GET", "/healthz").status == 200; }));
  write_deployment("another", "elsewhere");
  std::filesystem::create_directories(directory_ / "elsewhere");
  std::filesystem::copy(directory_ / "var" / "keys", directory_ / "elsewhere" / "keys",
                        std::filesystem::copy_options::recursive);
  start("r2");
  EXPECT_TRUE(
      eventually([&] { return metric("r1", "parley_link_refused_total{reason=\"hello\"}") > 0; }));
  EXPECT_EQ(metric("r1", "parley_links_up"), 0);
  stop_all();
}

TEST_F(ClusterTest, APortInUseIsOneClearMessage) {
  make_keys();
  const int occupied = occupy(link_["r1"]);
  ASSERT_GE(occupied, 0);
  const Finished refused = run_parley("run " + file() + " --node r1");
  ::close(occupied);
  EXPECT_EQ(refused.status, 74);
  EXPECT_NE(refused.output.find("cannot listen on " + link_["r1"]), std::string::npos)
      << refused.output;
}

TEST_F(ClusterTest, OneNodeWithoutItsKeysNamesTheCommandThatMakesThem) {
  const Finished refused = run_parley("run " + file() + " --node r1");
  EXPECT_EQ(refused.status, 78);
  EXPECT_NE(refused.output.find("parley keys gen " + file() + " --node r1"), std::string::npos)
      << refused.output;
}

TEST_F(ClusterTest, TheSameNodeDoesNotRunTwice) {
  make_keys();
  start("r1");
  ASSERT_TRUE(eventually([&] { return http(metrics_["r1"], "GET", "/healthz").status == 200; }));
  const Finished refused = run_parley("run " + file() + " --node r1");
  EXPECT_EQ(refused.status, 74);
  EXPECT_NE(refused.output.find("another process runs this node"), std::string::npos);
  stop_all();
}

TEST_F(ClusterTest, AnUnknownNodeIsRefusedWithTheNamesThereAre) {
  const Finished refused = run_parley("run " + file() + " --node r9");
  EXPECT_EQ(refused.status, 78);
  EXPECT_NE(refused.output.find("expected one of r1, r2, r3, found 'r9'"), std::string::npos);
}

TEST_F(ClusterTest, TheServiceManagerHearsOfReadyAndStopping) {
  const std::string path = (directory_ / "notify").string();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  const int manager = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  ASSERT_EQ(::bind(manager, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  const auto heard = [&](std::string_view message) {
    return eventually([&] {
      char room[64];
      const ssize_t size = ::recv(manager, room, sizeof(room), 0);
      return size > 0 && std::string_view(room, static_cast<std::size_t>(size)) == message;
    });
  };
  Process all{{"run", file()}, log("all"), {"NOTIFY_SOCKET=" + path}};
  EXPECT_TRUE(heard("READY=1"));
  all.signal(SIGTERM);
  EXPECT_TRUE(heard("STOPPING=1"));
  EXPECT_EQ(all.wait(), 0);
  ::close(manager);
}

TEST_F(ClusterTest, ADamagedTraceIsBadSourceAndATornOneIsNot) {
  make_keys();
  start_all();
  ASSERT_TRUE(write("r1", "recorded"));
  stop_all();
  const std::filesystem::path trace = directory_ / "trace" / "run.r1.trace";
  const auto size = std::filesystem::file_size(trace);
  std::filesystem::resize_file(trace, size - 1);
  EXPECT_EQ(run_parley("replay " + file() + ' ' + trace.string()).status, 0);
  {
    std::fstream damaged{trace, std::ios::in | std::ios::out | std::ios::binary};
    damaged.seekp(40);
    damaged.put('\x7F');
  }
  EXPECT_EQ(run_parley("replay " + file() + ' ' + trace.string()).status, 65);
  EXPECT_EQ(run_parley("trace export " + trace.string()).status, 65);
}

TEST_F(ClusterTest, ATraceIsExportedAsALineOfJsonForEachStep) {
  make_keys();
  const std::string trace = (directory_ / "trace" / "run.r1.trace").string();
  const Finished exported = run_parley("trace export --json " + trace);
  EXPECT_EQ(exported.status, 0);
  EXPECT_EQ(exported.output.find("{\"step\":1,"), 0u) << exported.output;
  const Finished shown = run_parley("trace show " + trace);
  EXPECT_EQ(shown.status, 0);
  EXPECT_NE(shown.output.find("boot"), std::string::npos);
}

}  // namespace
}  // namespace parley::e2e
