// SPDX-License-Identifier: Apache-2.0
//
// What is measured: Parley with one of its backends, etcd and Redis, each as real
// processes on loopback with their data in a folder of one file system.
#pragma once

#include <memory>
#include <optional>

#include "tests/bench/kv/child.h"
#include "tests/bench/kv/load.h"

namespace parley::bench {

/// Nodes are counted from 0. Not for concurrent use.
class System {
 public:
  virtual ~System() = default;
  System(const System&) = delete;
  System& operator=(const System&) = delete;

  const std::string& name() const { return name_; }
  std::size_t nodes() const { return addresses_.size(); }
  /// The deployment, or the command lines.
  virtual std::string configuration() const = 0;
  virtual std::string version() const = 0;
  virtual std::filesystem::path node_directory(std::size_t node) const = 0;
  /// Precondition: all nodes run. The node that orders writes; the first if none
  /// does or none tells.
  virtual std::size_t leader() = 0;

  /// Effect: every node runs and a put was answered. An error says what a log says.
  std::optional<std::string> start();
  void start_node(std::size_t node);
  void kill_node(std::size_t node) { children_[node].kill(); }
  /// Effect: no process is left; the data is removed.
  void stop();

  pid_t pid(std::size_t node) const { return children_[node].pid(); }
  Target at(std::size_t node) const { return {{addresses_[node]}, protocol_}; }
  Target everywhere() const { return {addresses_, protocol_}; }

 protected:
  using MakeProtocol = std::unique_ptr<Protocol> (*)();
  System(std::string name, MakeProtocol protocol, std::size_t nodes,
         std::filesystem::path directory);

  virtual std::vector<std::string> command(std::size_t node) const = 0;
  /// What has to be there before the first node is started; an error's text if it fails.
  virtual std::optional<std::string> prepare() { return std::nullopt; }

  std::string name_;
  std::filesystem::path directory_;
  std::vector<std::string> addresses_;

 private:
  std::string last_words() const;

  MakeProtocol protocol_;
  std::vector<Child> children_;
};

struct ParleyOptions {
  std::filesystem::path build{};  ///< Has bin/parley and plugins.
  std::string backend = "multi_paxos";
  std::string store = "rocksdb";
  /// Further keys of the backend's table, such as `snapshot_after = "1GiB"`.
  std::string backend_keys{};
};

class Parley final : public System {
 public:
  Parley(const ParleyOptions& options, const std::filesystem::path& directory);
  std::string configuration() const override { return toml_; }
  std::string version() const override;
  std::filesystem::path node_directory(std::size_t node) const override;
  std::size_t leader() override;

  /// The value of the node's metric of this name and labels; 0 if there is none.
  double metric(std::size_t node, const std::string& name) const;
  /// The highest position that the node knows to be decided.
  double decided(std::size_t node) const;

 private:
  std::vector<std::string> command(std::size_t node) const override;
  std::optional<std::string> prepare() override;

  std::string program_;
  std::vector<std::string> metrics_;
  std::string toml_;
};

std::unique_ptr<System> make_etcd_cluster(const std::filesystem::path& directory);
std::unique_ptr<System> make_redis(const std::filesystem::path& directory);

/// The backends of a build that serve a key-value store.
std::vector<std::string> backends(const std::filesystem::path& build);

}  // namespace parley::bench
