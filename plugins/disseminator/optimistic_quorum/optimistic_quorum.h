// SPDX-License-Identifier: Apache-2.0
//
// As many verifiers as a quorum needs beside the sender, and no more, in the
// hope that they all answer. Those that answered first since they were last
// silent come first, then those it knows nothing of, then those that were silent
// at an escalation. Saves the messages to the rest; whoever is wrong about the
// hope pays one escalation.
#pragma once

#include <vector>

#include "core/api/disseminator.h"

namespace parley::optimistic_quorum {

class OptimisticQuorum final : public Disseminator {
 public:
  /// `size` counts destinations; 0: what a majority of the verifiers and this
  /// node needs beside this node.
  OptimisticQuorum(PrincipalId self, std::uint32_t size) : self_(self), size_(size) {}

  PrincipalSet targets(const PrincipalSet& verifiers) override;
  void on_answer(PrincipalId peer) override;
  void on_escalation(const PrincipalSet& silent) override;
  void encode(StateWriter& out) const override;
  std::unique_ptr<Disseminator> clone() const override {
    return std::make_unique<OptimisticQuorum>(*this);
  }

 private:
  std::size_t wanted(std::size_t verifiers_count) const;

  PrincipalId self_;
  std::uint32_t size_;
  std::vector<PrincipalId> answering_;  ///< By first answer since the last silence.
  PrincipalSet silent_;                 ///< Disjoint from `answering_`.
};

}  // namespace parley::optimistic_quorum
