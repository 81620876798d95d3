// SPDX-License-Identifier: Apache-2.0
#include "apps/torture/cluster.h"

#include <fmt/core.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <sstream>
#include <thread>

#include "apps/torture/resp_client.h"

namespace parley::torture {
namespace {

namespace fs = std::filesystem;

constexpr int kill_patience_ms = 5'000;
constexpr int failure_patience_ms = 20'000;
constexpr int failure_interval_ms = 50;
constexpr int stop_patience_ms = 10'000;
constexpr std::chrono::seconds serving_patience{60};
constexpr int disk_failed = 74;
constexpr const char* small_disk_options = "size=32m";

std::string find_clock_library() {
  for (const char* folder : {"/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu"}) {
    const std::string file = std::string{folder} + "/faketime/libfaketimeMT.so.1";
    if (fs::exists(file)) return file;
  }
  return {};
}

/// Small logs, so that snapshots, transfers and new files are part of every minute.
std::string backend_text(const std::string& name) {
  const bool has_snapshots = name != "single_paxos";
  return has_snapshots ? fmt::format("{{ use = \"{}\", snapshot_after = \"64KiB\" }}", name)
                       : fmt::format("\"{}\"", name);
}

std::string store_text(const std::string& name) {
  const char* key = name == "rocksdb" ? "segment_size" : name == "faulty" ? "rewrite_after" : "";
  return *key != '\0' ? fmt::format("{{ use = \"{}\", {} = \"64KiB\" }}", name, key)
                      : fmt::format("\"{}\"", name);
}

std::vector<std::string> own_messages(const std::string& log) {
  std::vector<std::string> messages;
  std::istringstream lines{log};
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("parley: ")) messages.push_back(line);
  }
  return messages;
}

bool answers(const std::string& address) {
  RespClient client;
  return client.connect(address, std::chrono::milliseconds{500}) &&
         client.commands({{"GET", "nothing"}}, std::chrono::seconds{3}).kind ==
             RespReply::Kind::Nil;
}

/// Puts a file where another may be read at the same time.
void replace_file(const fs::path& file, const std::string& content) {
  const fs::path fresh = file.string() + ".new";
  std::ofstream{fresh} << content;
  std::error_code ignored;
  fs::rename(fresh, file, ignored);
}

}  // namespace

Cluster::Cluster(const Options& options, fs::path folder, Network& network)
    : options_(options), folder_(std::move(folder)), network_(network) {
  for (std::size_t i = 0; i < options.nodes; ++i) {
    Node node;
    node.name = "r" + std::to_string(i + 1);
    node.address = network.new_address(i);
    node.metrics = network.new_address(i);
    node.resp = network.new_address(i);
    nodes_.push_back(std::move(node));
  }
  if (options.has(FaultClass::ClockJump)) clock_library_ = find_clock_library();
}

Cluster::~Cluster() {
  for (Node& node : nodes_) node.process = Child{};
  if (has_small_disk()) ::umount2(disk_of(small_disk_node()).c_str(), MNT_DETACH);
}

Status Cluster::start_all() {
  if (Status written = write_deployment(); !written) return written;
  if (options_.has(FaultClass::Disk) && options_.store != "faulty") mount_small_disk();
  const fs::path log = folder_ / "keys.log";
  if (!run({.words = {options_.programs + "/parley", "keys", "gen", folder_ / "torture.toml"},
            .output = log})) {
    std::ifstream in{log};
    std::ostringstream text;
    text << in.rdbuf();
    return Error{ErrorCode::Configuration, "no keys could be made:\n" + text.str()};
  }
  for (std::size_t i = 0; i < size(); ++i) start(i);
  return {};
}

Status Cluster::write_deployment() const {
  std::ofstream out{folder_ / "torture.toml"};
  out << "schema = 1\n[deployment]\nname = \"torture\"\ndata_dir = \"data\"\n[plugins]\n"
      << "directories = [\"" << options_.programs << "/../plugins\"]\n[principals]\n";
  std::string members;
  for (const Node& node : nodes_) {
    out << fmt::format("{} = {{ address = \"{}\", metrics = \"{}\", resp = \"{}\" }}\n", node.name,
                       node.address, node.metrics, node.resp);
    members += (members.empty() ? "\"" : ", \"") + node.name + "\"";
  }
  out << "[[authentication]]\nbetween = \"* <-> *\"\nmechanisms = [\"hmac_sha256\"]\n"
      << "[[object]]\nname = \"kv\"\ntype = \"kv\"\nmembers = [" << members << "]\n"
      << "backend = " << backend_text(options_.backend) << "\n"
      << "store = " << store_text(options_.store) << "\n"
      << "[resp]\nobject = \"kv\"\nrequest_timeout = \"2s\"\n";
  out.flush();
  if (out.good()) return {};
  return Error{ErrorCode::Io, (folder_ / "torture.toml").string() + ": cannot be written"};
}

void Cluster::mount_small_disk() {
  const fs::path disk = disk_of(small_disk_node());
  std::error_code failure;
  fs::create_directories(disk, failure);
  // A mount of this process and its children alone, gone with them.
  const bool mounted = ::unshare(CLONE_NEWNS) == 0 &&
                       ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                       ::mount("tmpfs", disk.c_str(), "tmpfs", 0, small_disk_options) == 0;
  small_disk_why_not_ = mounted ? "" : std::string{"no tmpfs: "} + std::strerror(errno);
}

Status Cluster::await_serving() {
  const auto end = std::chrono::steady_clock::now() + serving_patience;
  for (std::size_t i = 0; i < size(); ++i) {
    while (!answers(nodes_[i].resp)) {
      if (std::chrono::steady_clock::now() > end) {
        return Error{ErrorCode::Unavailable,
                     fmt::format("{} answers no read within {} s of rest; its log ends with:\n{}",
                                 nodes_[i].name, serving_patience.count(), log_tail(i))};
      }
      look_after();
      std::this_thread::sleep_for(std::chrono::milliseconds{20});
    }
  }
  return {};
}

void Cluster::stop_all() {
  look_after();
  for (const Node& node : nodes_) {
    if (node.process.running()) node.process.signal(SIGTERM);
  }
  for (std::size_t i = 0; i < size(); ++i) {
    if (!running(i)) continue;
    const std::optional<int> status = nodes_[i].process.wait(stop_patience_ms);
    if (status == 0) continue;
    note(status ? fmt::format("{} exited with {} when it was asked to stop; its log ends with:\n{}",
                              nodes_[i].name, *status, log_tail(i))
                : fmt::format("{} did not stop within {} s", nodes_[i].name,
                              stop_patience_ms / 1'000));
  }
}

std::vector<std::string> Cluster::addresses() const {
  std::vector<std::string> list;
  for (const Node& node : nodes_) list.push_back(node.resp);
  return list;
}

void Cluster::start(std::size_t node) {
  Node& one = nodes_[node];
  std::error_code none_yet;
  const std::uintmax_t size = fs::file_size(log_of(node), none_yet);
  one.log_begin = none_yet ? 0 : size;
  Command command{
      .words = {options_.programs + "/parley", "run", folder_ / "torture.toml", "--node", one.name},
      .output = log_of(node),
      .network = network_.space_of(node)};
  if (has_clocks()) {
    if (!fs::exists(clock_of(node))) set_clock(node, 0);
    command.environment = {
        "LD_PRELOAD=" + clock_library_, "FAKETIME_TIMESTAMP_FILE=" + clock_of(node).string(),
        "FAKETIME_CACHE_DURATION=1", "FAKETIME_DONT_FAKE_MONOTONIC=1", "NO_FAKE_STAT=1"};
  }
  one.process = Child{command};
}

void Cluster::kill(std::size_t node) {
  if (!running(node)) return;
  nodes_[node].process.signal(SIGKILL);
  const std::optional<int> status = nodes_[node].process.wait(kill_patience_ms);
  if (status != 128 + SIGKILL) note(fmt::format("{} was not killed", nodes_[node].name));
}

void Cluster::pause(std::size_t node) {
  if (running(node)) nodes_[node].process.signal(SIGSTOP);
}

void Cluster::resume(std::size_t node) {
  if (running(node)) nodes_[node].process.signal(SIGCONT);
}

void Cluster::expect_disk_failure(std::size_t node, const std::function<void()>& again) {
  std::optional<int> status;
  for (int waited = 0; !status && waited < failure_patience_ms; waited += failure_interval_ms) {
    again();
    status = nodes_[node].process.wait(failure_interval_ms);
  }
  const std::string& name = nodes_[node].name;
  if (!status) return note(name + ": a failed disk did not end the node");
  if (*status != disk_failed) {
    return note(fmt::format("{}: a failed disk ended the node with {} instead of {}:\n{}", name,
                            *status, disk_failed, log_tail(node)));
  }
  const std::size_t messages = own_messages(log_of_life(node)).size();
  if (messages != 1) {
    note(fmt::format("{}: a failed disk gave {} messages instead of one:\n{}", name, messages,
                     log_tail(node)));
  }
}

void Cluster::look_after() {
  for (std::size_t i = 0; i < size(); ++i) {
    const std::optional<int> status = nodes_[i].process.poll();
    if (!status) continue;
    note(fmt::format("{} exited with {} by itself; its log ends with:\n{}", nodes_[i].name, *status,
                     log_tail(i)));
    start(i);
  }
}

void Cluster::set_store_faults(std::size_t node, const std::string& faults) const {
  const fs::path file = disk_of(node) / "faulty" / "faults";
  std::error_code ignored;
  if (faults.empty()) {
    fs::remove(file, ignored);
  } else {
    replace_file(file, faults);
  }
}

void Cluster::fill_small_disk() const {
  std::ofstream ballast{disk_of(small_disk_node()) / "ballast", std::ios::binary | std::ios::app};
  const std::string page(4'096, 'x');
  while (ballast) ballast << page << std::flush;
}

void Cluster::empty_small_disk() const {
  std::error_code ignored;
  fs::remove(disk_of(small_disk_node()) / "ballast", ignored);
}

void Cluster::set_clock(std::size_t node, long seconds) const {
  replace_file(clock_of(node), fmt::format("{:+}\n", seconds));
}

fs::path Cluster::log_of(std::size_t node) const {
  return folder_ / (nodes_[node].name + ".log");
}
fs::path Cluster::disk_of(std::size_t node) const {
  return folder_ / "data" / nodes_[node].name;
}
fs::path Cluster::clock_of(std::size_t node) const {
  return folder_ / (nodes_[node].name + ".clock");
}

std::string Cluster::log_of_life(std::size_t node) const {
  std::ifstream in{log_of(node), std::ios::binary};
  in.seekg(static_cast<std::streamoff>(nodes_[node].log_begin));
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string Cluster::log_tail(std::size_t node) const {
  constexpr std::size_t tail_size = 1'500;
  const std::string log = log_of_life(node);
  return log.size() <= tail_size ? log : log.substr(log.size() - tail_size);
}

}  // namespace parley::torture
