// SPDX-License-Identifier: Apache-2.0
//
// The network of a campaign: a namespace for each node, joined by a bridge, so
// that links can be cut. It belongs to this process and is gone with it. Without
// the rights or the tools for that, nodes share the loopback and nothing is cut.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace parley::torture {

class Network {
 public:
  /// With no nodes, none is made. Precondition: the program has one thread.
  /// `folder` is for files of its own.
  Network(std::size_t nodes, std::filesystem::path folder);
  ~Network();
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  bool can_cut() const { return why_not_.empty(); }
  /// What is missing to cut links; empty: nothing.
  const std::string& why_not() const { return why_not_; }

  /// Of a node, from 0, for `Command::network`; -1: it shares ours.
  int space_of(std::size_t node) const { return can_cut() ? spaces_[node] : -1; }
  /// An address of the node that nobody else has; each call gives another.
  std::string new_address(std::size_t node);

  using Pair = std::pair<std::size_t, std::size_t>;  ///< From, to.
  /// Effect: packets of these pairs are dropped where they arrive.
  void cut(const std::vector<Pair>& pairs);
  /// Effect: nobody reaches the node at all.
  void unplug(std::size_t node);
  /// Effect: everything arrives.
  void heal();

 private:
  std::string build(std::size_t nodes);
  bool add_node(std::size_t node, int own_space);

  std::filesystem::path folder_;
  std::vector<int> spaces_;  ///< Descriptors of namespaces.
  std::vector<int> held_;    ///< Sockets that keep loopback ports from others.
  std::string why_not_;
  int next_port_ = 7'000;
};

/// The program's full path; empty if it is not installed.
std::string find_program(const std::string& name);

}  // namespace parley::torture
