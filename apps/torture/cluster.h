// SPDX-License-Identifier: Apache-2.0
//
// The deployment under torture: its file, its nodes as processes, and what they
// did that nobody asked for.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "apps/torture/child.h"
#include "apps/torture/network.h"
#include "apps/torture/options.h"
#include "core/base/result.h"

namespace parley::torture {

class Cluster {
 public:
  /// `folder` is for this cluster alone. Effect: none but the addresses taken.
  Cluster(const Options& options, std::filesystem::path folder, Network& network);
  ~Cluster();
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  /// Writes the deployment, makes keys, mounts the small disk, starts every node.
  Status start_all();
  /// Whether every node answers a read in time.
  Status await_serving();
  /// Asks every node to end and waits. Effect: unexpected statuses are noted.
  void stop_all();

  std::size_t size() const { return nodes_.size(); }
  std::vector<std::string> addresses() const;

  void start(std::size_t node);
  bool running(std::size_t node) const { return nodes_[node].process.running(); }
  void kill(std::size_t node);
  void pause(std::size_t node);
  void resume(std::size_t node);
  /// Waits for an exit with 74 that says why in one message, and notes anything else.
  /// Meanwhile `again` is called now and then.
  void expect_disk_failure(std::size_t node, const std::function<void()>& again);
  /// Notes nodes that ended by themselves, and starts them again.
  void look_after();

  /// Control files of the faulty store; an empty text takes the file away.
  void set_store_faults(std::size_t node, const std::string& faults) const;
  /// The node whose disk is small; none: it could not be mounted.
  bool has_small_disk() const { return small_disk_why_not_.empty(); }
  const std::string& small_disk_why_not() const { return small_disk_why_not_; }
  std::size_t small_disk_node() const { return nodes_.size() - 1; }
  /// Takes all the space that is left on it. A store may free some later.
  void fill_small_disk() const;
  void empty_small_disk() const;
  /// Whether clocks can be moved, and by how many seconds one is.
  bool has_clocks() const { return !clock_library_.empty(); }
  void set_clock(std::size_t node, long seconds) const;

  const std::vector<std::string>& unexpected() const { return unexpected_; }
  void note(const std::string& what) { unexpected_.push_back(what); }

 private:
  struct Node {
    std::string name;
    std::string address;
    std::string metrics;
    std::string resp;
    Child process{};
    std::uintmax_t log_begin = 0;  ///< Of the log of this life.
  };

  Status write_deployment() const;
  void mount_small_disk();
  std::filesystem::path log_of(std::size_t node) const;
  std::filesystem::path disk_of(std::size_t node) const;
  std::filesystem::path clock_of(std::size_t node) const;
  std::string log_tail(std::size_t node) const;
  std::string log_of_life(std::size_t node) const;

  const Options& options_;
  std::filesystem::path folder_;
  Network& network_;
  std::vector<Node> nodes_;
  std::vector<std::string> unexpected_;
  std::string small_disk_why_not_ = "not asked for";
  std::string clock_library_;
};

}  // namespace parley::torture
