// SPDX-License-Identifier: Apache-2.0
//
// A rehearsal is worth as much as what it finds: each machine here breaks one
// rule of the Machine's contract.
#include "apps/lab/conformance/rehearsal.h"

#include <gtest/gtest.h>

namespace parley {
namespace {

inline constexpr NoteDeclaration note_declared{"subject_heard", "A statement was heard.", ""};
inline constexpr NoteDeclaration note_undeclared{"subject_secret", "Not in the descriptor.", ""};

enum class Fault {
  None,
  Differs,
  EncodesAnAddress,
  ClonesNothing,
  InvertsARange,
  DrawsFromNothing,
  PublishesUnpersisted,
  NotesUndeclared,
  PublishesUndeclared,
  CutsWhatIsNotThere,
  ForgetsItsLog,
};

std::uint64_t machines_made = 0;

/// Counts what it hears and keeps the count in its log.
class Subject final : public Machine {
 public:
  explicit Subject(Fault fault) : fault_(fault), number_(++machines_made) {}

  void step(const Input& input, Effects& effects) override {
    if (const auto* start = std::get_if<Start>(&input)) {
      count_ = fault_ == Fault::ForgetsItsLog ? number_ : start->recovered.records.size();
      return;
    }
    if (!std::holds_alternative<Deliver>(input) && !std::holds_alternative<Submit>(input)) return;
    ++count_;
    const bool persists = fault_ != Fault::PublishesUnpersisted;
    if (persists) effects.push_back(Persist{Append{SharedBytes{view_of("heard")}}});
    const std::uint16_t type = fault_ == Fault::PublishesUndeclared ? 9 : 1;
    effects.push_back(Publish{.id = PublicationId{count_},
                              .verifiers = {PrincipalId{0}, PrincipalId{1}, PrincipalId{2}},
                              .type = StatementType{type},
                              .durable = true});
    effects.push_back(Note{fault_ == Fault::NotesUndeclared ? &note_undeclared : &note_declared});
    misbehave(effects);
  }

  void encode(StateWriter& out) const override {
    out.varint(count_);
    if (fault_ == Fault::EncodesAnAddress) out.u64(number_);
  }

  std::unique_ptr<Machine> clone() const override {
    if (fault_ == Fault::ClonesNothing) return std::make_unique<Subject>(fault_);
    return std::make_unique<Subject>(*this);
  }

 private:
  void misbehave(Effects& effects) const {
    const Duration late{20};
    const Duration early{10};
    const TimerId timer{fault_ == Fault::Differs ? static_cast<std::uint32_t>(number_) : 1};
    effects.push_back(fault_ == Fault::InvertsARange ? SetTimer{timer, late, early}
                                                     : SetTimer{timer, early, late});
    if (fault_ == Fault::DrawsFromNothing) effects.push_back(Draw{0});
    if (fault_ == Fault::CutsWhatIsNotThere) {
      effects.push_back(Persist{TruncateSuffix{LogIndex{1'000'000}}});
    }
  }

  Fault fault_;
  std::uint64_t number_;
  std::uint64_t count_ = 0;
};

/// The rules that a machine with this fault breaks.
std::set<std::string> broken(Fault fault) {
  static constexpr const NoteDeclaration* notes[] = {&note_declared};
  parley_plugin plugin{};
  plugin.notes = notes;
  plugin.notes_count = 1;
  Findings findings;
  rehearse([fault] { return std::make_unique<Subject>(fault); }, plugin, {StatementType{1}},
           findings);
  std::set<std::string> rules;
  for (const Finding& finding : findings) {
    if (!finding.passed) rules.insert(finding.rule);
  }
  return rules;
}

TEST(RehearsalTest, AnHonestMachinePasses) {
  EXPECT_TRUE(broken(Fault::None).empty());
}

TEST(RehearsalTest, FindsEachBrokenRule) {
  EXPECT_TRUE(broken(Fault::Differs).contains("equal inputs give equal effects"));
  EXPECT_TRUE(broken(Fault::EncodesAnAddress).contains("equal states encode to equal bytes"));
  EXPECT_TRUE(broken(Fault::ClonesNothing).contains("a clone is a deep copy"));
  EXPECT_TRUE(
      broken(Fault::InvertsARange).contains("a timer's range is not negative and not inverted"));
  EXPECT_TRUE(
      broken(Fault::DrawsFromNothing).contains("a step draws at most once, from a positive bound"));
  EXPECT_TRUE(broken(Fault::PublishesUnpersisted)
                  .contains("a durable publication is persisted with its step"));
  EXPECT_TRUE(broken(Fault::NotesUndeclared).contains("every note is declared in the descriptor"));
  EXPECT_TRUE(
      broken(Fault::PublishesUndeclared).contains("every published statement type is declared"));
  EXPECT_TRUE(broken(Fault::CutsWhatIsNotThere).contains("the log is cut only where it is"));
  EXPECT_TRUE(
      broken(Fault::ForgetsItsLog).contains("a machine starts again from what it persisted"));
}

}  // namespace
}  // namespace parley
