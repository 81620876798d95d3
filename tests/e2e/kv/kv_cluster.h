// SPDX-License-Identifier: Apache-2.0
//
// Three processes that replicate the key-value store on loopback, each with a
// Redis port; and commands of a shell, for clients that are programs.
#pragma once

#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>

#include "tests/e2e/process.h"

namespace parley::e2e {

/// Runs a line in a shell, for at most a minute and a half; 124: it took longer.
inline Finished run_shell(const std::string& line) {
  Finished finished;
  FILE* pipe = ::popen(("timeout 90 sh -c '" + line + "' 2>&1").c_str(), "r");
  if (pipe == nullptr) return finished;
  std::array<char, 4096> room;
  for (std::size_t size; (size = std::fread(room.data(), 1, room.size(), pipe)) > 0;) {
    finished.output.append(room.data(), size);
  }
  const int status = ::pclose(pipe);
  finished.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return finished;
}

inline bool has_program(const std::string& name) {
  return run_shell("command -v " + name).status == 0;
}

class KvCluster : public testing::Test {
 protected:
  KvCluster() {
    std::string made = (std::filesystem::temp_directory_path() / "parley_kv.XXXXXX").string();
    if (::mkdtemp(made.data()) != nullptr) directory_ = made;
    std::ofstream out{file()};
    out << "schema = 1\n[deployment]\nname = \"kv\"\ndata_dir = \"var\"\n[plugins]\n"
        << "directories = [\"" << PARLEY_BUILD_DIR << "/plugins\"]\n[principals]\n";
    for (const std::string& node : names) {
      resp_[node] = free_address();
      metrics_[node] = free_address();
      out << node << " = { address = \"" << free_address() << "\", metrics = \"" << metrics_[node]
          << "\", resp = \"" << resp_[node] << "\" }\n";
    }
    out << "[[authentication]]\nfrom = \"*\"\nmechanisms = [\"hmac_sha256\"]\n"
        << "[[object]]\nname = \"kv\"\ntype = \"kv\"\nmembers = [\"r1\", \"r2\", \"r3\"]\n"
        << "backend = \"multi_paxos\"\nstore = \"rocksdb\"\n"
        << "[resp]\nobject = \"kv\"\nrequest_timeout = \"3s\"\n";
  }

  ~KvCluster() override {
    nodes_.clear();
    for (const auto& entry : std::filesystem::directory_iterator{directory_}) {
      if (!HasFailure() || entry.path().extension() != ".log") continue;
      std::ifstream log{entry.path()};
      std::cerr << entry.path().filename().string() << ":\n" << log.rdbuf() << "\n";
    }
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  void SetUp() override {
    const Finished keys = run_parley("keys gen " + file());
    ASSERT_EQ(keys.status, 0) << keys.output;
    for (const std::string& node : names) start(node);
    for (const std::string& node : names) ASSERT_TRUE(serves(node)) << node;
  }

  void TearDown() override {
    for (auto& [name, node] : nodes_) node.signal(SIGTERM);
    for (auto& [name, node] : nodes_) EXPECT_EQ(node.wait(), 0) << name;
  }

  std::string file() const { return (directory_ / "kv.toml").string(); }
  std::string port(const std::string& node) const {
    const std::string& address = resp_.at(node);
    return address.substr(address.rfind(':') + 1);
  }

  void start(const std::string& node) {
    nodes_.insert_or_assign(node,
                            Process{{"run", file(), "--node", node}, directory_ / (node + ".log")});
  }
  /// Whether the node answers a read, in the end.
  bool serves(const std::string& node) {
    return eventually([&] { return cli(node, "GET nothing").output == "\n"; });
  }
  void kill_hard(const std::string& node) {
    nodes_.at(node).signal(SIGKILL);
    EXPECT_EQ(nodes_.at(node).wait(), 128 + SIGKILL);
    nodes_.erase(node);
  }

  /// What redis-cli prints for a command; its own output form, not a terminal's.
  Finished cli(const std::string& node, const std::string& arguments) const {
    return run_shell("redis-cli -p " + port(node) + " " + arguments);
  }

  inline static const std::vector<std::string> names{"r1", "r2", "r3"};
  std::filesystem::path directory_;
  std::map<std::string, std::string> resp_;
  std::map<std::string, std::string> metrics_;
  std::map<std::string, Process> nodes_;
};

}  // namespace parley::e2e
