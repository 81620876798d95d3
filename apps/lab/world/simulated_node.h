// SPDX-License-Identifier: Apache-2.0
//
// What the world moves: a node of the kernel as in production, or a bare Machine
// without kernel, for worlds of a million trivial ones.
#pragma once

#include <memory>
#include <vector>

#include "core/kernel/node.h"

namespace parley {

class SimulatedNode {
 public:
  virtual ~SimulatedNode() = default;
  /// What a received frame becomes: Arrived, or Dropped. Views point into `bytes`.
  virtual NodeInput admit(PrincipalId from, ByteView bytes) = 0;
  /// Effect: as Node::step.
  virtual void step(const NodeInput& input, NodeOutput& out) = 0;
};

/// A parley::Node; frames are really decoded and their evidence checked.
class KernelNode final : public SimulatedNode {
 public:
  KernelNode(const Tables& tables, PrincipalId self, const Keys& keys, Chooser& chooser)
      : domain_(tables.seal_domain), node_(tables, self, keys, chooser) {}

  NodeInput admit(PrincipalId from, ByteView bytes) override;
  void step(const NodeInput& input, NodeOutput& out) override { node_.step(input, out); }
  const Node& node() const { return node_; }

 private:
  const SealDomain& domain_;
  Node node_;
  Bytes scratch_;
};

/// What bare nodes of one world share.
struct BareSetting {
  static constexpr std::uint16_t types_count = 8;

  BareSetting(SharedMembership all, Chooser& choices);

  SharedMembership membership;
  Chooser& chooser;
  Effects effects{};               ///< Scratch of one step.
  std::vector<SharedBytes> types;  ///< Statement types 0..7, encoded once.
};

/// One Machine, its effects performed without kernel: a Send or Publish is one
/// frame per destination, unauthenticated and never repeated.
class BareNode final : public SimulatedNode {
 public:
  static constexpr InstanceId instance{1};

  BareNode(BareSetting& setting, PrincipalId self, std::unique_ptr<Machine> machine)
      : setting_(setting), machine_(std::move(machine)), self_(self) {}

  NodeInput admit(PrincipalId from, ByteView bytes) override;
  void step(const NodeInput& input, NodeOutput& out) override;

 private:
  void run(const Input& input);
  void perform(Effect& effect, NodeOutput& out) const;

  BareSetting& setting_;
  std::unique_ptr<Machine> machine_;
  PrincipalId self_;
};

}  // namespace parley
