// SPDX-License-Identifier: Apache-2.0
//
// Authenticated statements between two processes over one link, against a bare
// Asio echo of the same bytes, alternating in the same run:
//
//   bench_link [--seconds S] [--mechanism hmac_sha256]
//
// A child process runs the answering node; this one runs the asking node. Prints
// the deployment, then one line per number in flight.
#include <fmt/core.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <future>
#include <vector>

#include "core/host/crypto/sha256.h"
#include "core/host/plugins/loader.h"
#include "core/host/runtime/host.h"
#include "core/host/runtime/log.h"
#include "core/host/runtime/socket.h"
#include "core/kernel/frame.h"
#include "tests/bench/echo/echo.h"
#include "tests/bench/link_asio_echo.h"

namespace {

using namespace parley;

constexpr std::uint64_t record_size = 100;
constexpr PrincipalId asker{0};
constexpr PrincipalId answerer{1};

/// One secret for all pairs: this measures, it does not protect.
class BenchKeys final : public Keys, private KeyRing {
 public:
  const KeyRing& ring(std::uint8_t) const override { return *this; }

 private:
  ByteView pair_secret(PrincipalId) const override { return secret_; }
  ByteView private_key() const override { return {}; }
  ByteView public_key(PrincipalId) const override { return {}; }

  Bytes secret_ = Bytes(32, 7);
};

/// A loopback port that is free now.
std::string free_address() {
  const int fd = listen_tcp(*resolve_address("127.0.0.1:0", true)).value();
  const std::string text = local_address(fd).text();
  ::close(fd);
  return text;
}

Deployment make_deployment(const std::string& mechanism, const std::string& directory) {
  const PrincipalSet both{asker, answerer};
  Deployment deployment;
  deployment.name = "bench";
  deployment.data_dir = directory;
  deployment.principals = {{"a", free_address(), "", ""}, {"b", free_address(), "", ""}};
  deployment.authentication = {{{both, both, true, {}, {}}, {{mechanism, {}}}}};
  deployment.objects = {
      {.name = "traffic",
       .object = {"register", {}},
       .backend = {"echo", {}},
       .store = {"memory", {}},
       .membership = {.epoch = Epoch{1}, .members = both, .order = {asker, answerer}}}};
  return deployment;
}

void print_deployment(const Deployment& deployment, const std::string& mechanism) {
  fmt::print("schema = 1\n[deployment]\nname = \"{}\"\n[principals]\n", deployment.name);
  for (const PrincipalEntry& entry : deployment.principals) {
    fmt::print("{} = {{ address = \"{}\" }}\n", entry.name, entry.address);
  }
  fmt::print("[[authentication]]\nbetween = \"a <-> b\"\nmechanisms = [\"{}\"]\n", mechanism);
  fmt::print(
      "[[object]]\nname = \"traffic\"\ntype = \"register\"\nmembers = \"all\"\n"
      "backend = {{ use = \"echo\" }}\nstore = {{ use = \"memory\" }}\n\n");
}

std::unique_ptr<Host> open_host(const std::shared_ptr<const Tables>& tables, PrincipalId node) {
  auto host = Host::open({.tables = tables,
                          .nodes = {node},
                          .keys = [](PrincipalId) -> Result<std::unique_ptr<Keys>> {
                            return std::unique_ptr<Keys>{new BenchKeys};
                          },
                          .process = {"bench", PARLEY_BUILD_TYPE, ""},
                          .handle_signals = node == answerer});
  if (host) return std::move(host).value();
  fmt::print(stderr, "bench_link: {}\n", host.error().message);
  std::_Exit(1);
}

/// Seconds for `total` statements and their echoes; negative: no answer.
double time_parley(Host& host, std::uint64_t total, std::uint64_t in_flight) {
  std::promise<bool> done;
  const auto start = std::chrono::steady_clock::now();
  host.request(asker, object_instance(0), echo::port_ask, echo::ask(total, in_flight, record_size),
               60s, [&](std::optional<SharedBytes> value) { done.set_value(value.has_value()); });
  const bool answered = done.get_future().get();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  return answered ? took.count() : -1;
}

/// Bytes of one statement on the link, header and evidence included.
std::size_t statement_size() {
  const Statement statement{.instance = object_instance(0),
                            .type = echo::type_ask,
                            .issuer = asker,
                            .verifiers = {answerer},
                            .auditors = {},
                            .record = SharedBytes{Bytes(record_size, 0)}};
  return 8 + frame_size({encode_body(statement, {}), SharedBytes{Bytes(32, 0)}});
}

/// However this process ends, its children end with it.
void die_with_parent() {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
}

std::uint16_t start_asio_server(pid_t& child) {
  int ends[2];
  if (::pipe(ends) != 0) std::_Exit(1);
  child = ::fork();
  if (child == 0) die_with_parent();
  if (child == 0) bench::run_asio_echo_server(ends[1]);
  std::uint16_t port = 0;
  if (::read(ends[0], &port, sizeof(port)) != sizeof(port)) std::_Exit(1);
  return port;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void compare(Host& host, std::uint16_t port, std::uint64_t in_flight, double seconds) {
  constexpr int rounds = 5;
  const std::size_t size = statement_size();
  // As many as take about the time wanted, guessed from a first short run.
  const std::uint64_t probe = 2'000 * std::max<std::uint64_t>(1, in_flight / 4);
  const double probed = time_parley(host, probe, in_flight);
  const auto total = static_cast<std::uint64_t>(static_cast<double>(probe) * seconds / probed);
  std::vector<double> parley_times;
  std::vector<double> asio_times;
  std::vector<double> ratios;
  for (int round = 0; round < rounds; ++round) {
    parley_times.push_back(time_parley(host, total, in_flight) / static_cast<double>(total));
    asio_times.push_back(bench::time_asio_echo(port, size, total, in_flight) /
                         static_cast<double>(total));
    ratios.push_back(parley_times.back() / asio_times.back());
  }
  const double ours = median(parley_times);
  const double theirs = median(asio_times);
  fmt::print("{:>9} {:>8} {:>14.2f} {:>14.2f} {:>7.2f} {:>18.0f} {:>18.0f}\n", in_flight, total,
             ours * 1e6, theirs * 1e6, median(ratios), 1 / ours, 2 / ours);
}

}  // namespace

int main(int argc, char** argv) {
  double seconds = 1;
  std::string mechanism = "hmac_sha256";
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--seconds") == 0) seconds = std::atof(argv[i + 1]);
    if (std::strcmp(argv[i], "--mechanism") == 0) mechanism = argv[i + 1];
  }
  set_log_level("warn");
  pid_t asio_server = 0;
  const std::uint16_t port = start_asio_server(asio_server);

  const std::filesystem::path build{PARLEY_BUILD_DIR};
  const std::vector<std::filesystem::path> directories{build / "plugins", build / "bench_plugins"};
  const LoadedPlugins plugins = load_plugins(scan_plugins(directories));
  const std::string directory =
      (std::filesystem::temp_directory_path() / ("parley_bench_link." + std::to_string(::getpid())))
          .string();
  const Deployment deployment = make_deployment(mechanism, directory);
  auto tables = make_tables(deployment, plugins.catalogue, &sha256);
  if (!tables) {
    fmt::print(stderr, "bench_link: {}\n", tables.error().message);
    return 1;
  }
  const pid_t child = ::fork();
  if (child == 0) die_with_parent();
  if (child == 0) std::_Exit(open_host(*tables, answerer)->run().ok() ? 0 : 1);

  {
    const auto host = open_host(*tables, asker);
    std::thread running{[&] { static_cast<void>(host->run()); }};
    print_deployment(deployment, mechanism);
    fmt::print("{}, {} processors, {} B records, {} B a statement on the link\n", PARLEY_BUILD_TYPE,
               std::thread::hardware_concurrency(), record_size, statement_size());
    // Until the link is up statements are lost, and so is the answer.
    while (time_parley(*host, 1, 1) < 0) {
    }
    fmt::print("{:>9} {:>8} {:>14} {:>14} {:>7} {:>18} {:>18}\n", "in flight", "total",
               "parley us/trip", "asio us/trip", "ratio", "round trips/s", "statements/s");
    for (const std::uint64_t in_flight : {1, 16, 256}) compare(*host, port, in_flight, seconds);
    host->stop();
    running.join();
  }
  ::kill(child, SIGTERM);
  ::kill(asio_server, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::waitpid(asio_server, nullptr, 0);
  std::filesystem::remove_all(directory);
  return 0;
}
