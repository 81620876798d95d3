// SPDX-License-Identifier: Apache-2.0
//
// The suite of disseminators must find a clone that shares what it learned with
// its original, or forgets it.
#include <gtest/gtest.h>

#include <set>

#include "apps/lab/conformance/conformance.h"

namespace parley {
namespace {

enum class Fault { None, SharesItsMemory, ForgetsItsMemory };

/// All but the silent, as long as somebody is left.
class Wary final : public Disseminator {
 public:
  Wary(PrincipalId self, Fault fault) : self_(self), fault_(fault) {}

  PrincipalSet targets(const PrincipalSet& verifiers) override {
    const PrincipalSet others = verifiers - PrincipalSet{self_};
    const PrincipalSet answering = others - *silent_;
    return answering.empty() ? others : answering;
  }
  void on_answer(PrincipalId peer) override { silent_->erase(peer); }
  void on_escalation(const PrincipalSet& silent) override { *silent_ |= silent; }
  void encode(StateWriter& out) const override { out.principals(*silent_); }
  std::unique_ptr<Disseminator> clone() const override {
    if (fault_ == Fault::ForgetsItsMemory) return std::make_unique<Wary>(self_, fault_);
    auto copy = std::make_unique<Wary>(*this);
    if (fault_ != Fault::SharesItsMemory) copy->silent_ = std::make_shared<PrincipalSet>(*silent_);
    return copy;
  }

 private:
  PrincipalId self_;
  Fault fault_;
  std::shared_ptr<PrincipalSet> silent_ = std::make_shared<PrincipalSet>();
};

class WaryFactory final : public DisseminatorFactory {
 public:
  explicit WaryFactory(Fault fault) : fault_(fault) {}
  std::unique_ptr<Disseminator> create(PrincipalId self, const Config& /*config*/) const override {
    return std::make_unique<Wary>(self, fault_);
  }

 private:
  Fault fault_;
};

std::set<std::string> broken(Fault fault) {
  parley_plugin descriptor{};
  descriptor.kind = PARLEY_KIND_DISSEMINATOR;
  descriptor.name = "faulty";
  std::set<std::string> rules;
  for (const Finding& finding :
       run_conformance({&descriptor, std::make_shared<WaryFactory>(fault)})) {
    if (!finding.passed) rules.insert(finding.rule);
  }
  return rules;
}

TEST(DisseminatorTeethTest, ACloneThatIsNoneIsFound) {
  EXPECT_EQ(broken(Fault::None), std::set<std::string>{});
  EXPECT_TRUE(broken(Fault::SharesItsMemory).contains("a clone is a deep copy"));
  EXPECT_TRUE(broken(Fault::ForgetsItsMemory).contains("a clone is a deep copy"));
}

}  // namespace
}  // namespace parley
