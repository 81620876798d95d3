// SPDX-License-Identifier: Apache-2.0
//
// Every verifier at once: one message each, and nothing to learn.
#pragma once

#include "core/api/disseminator.h"

namespace parley::unicast {

class Unicast final : public Disseminator {
 public:
  explicit Unicast(PrincipalId self) : self_(self) {}

  PrincipalSet targets(const PrincipalSet& verifiers) override {
    return verifiers - PrincipalSet{self_};
  }
  void on_answer(PrincipalId) override {}
  void on_escalation(const PrincipalSet&) override {}
  void encode(StateWriter&) const override {}
  std::unique_ptr<Disseminator> clone() const override { return std::make_unique<Unicast>(*this); }

 private:
  PrincipalId self_;
};

}  // namespace parley::unicast
