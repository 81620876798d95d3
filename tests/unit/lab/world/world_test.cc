// SPDX-License-Identifier: Apache-2.0
#include "apps/lab/world/world.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <string>

#include "core/api/toolchain.h"
#include "core/base/overloaded.h"

namespace parley {
namespace {

/// Told what to do, as a script that machines of one world share.
using Script = std::function<void(PrincipalId self, const Input&, Effects&)>;

class ToldMachine final : public Machine {
 public:
  ToldMachine(PrincipalId self, const Script& script) : script_(script), self_(self) {}
  void step(const Input& input, Effects& effects) override { script_(self_, input, effects); }
  void encode(StateWriter& out) const override { out.principal(self_); }
  std::unique_ptr<Machine> clone() const override { return std::make_unique<ToldMachine>(*this); }

 private:
  const Script& script_;
  PrincipalId self_;
};

SharedMembership everybody(std::uint32_t count) {
  auto all = std::make_shared<Membership>();
  for (std::uint32_t i = 0; i < count; ++i) all->members.insert(PrincipalId{i});
  all->order = all->members.members();
  return all;
}

/// A world of bare machines that all follow one script.
class BareWorld : public WorldObserver {
 public:
  BareWorld(WorldSetting setting, Script script)
      : membership_(everybody(setting.nodes_count)), script_(std::move(script)) {
    world = std::make_unique<World>(
        setting,
        [this](PrincipalId self, Chooser& chooser) -> std::unique_ptr<SimulatedNode> {
          if (!setting_) setting_ = std::make_unique<BareSetting>(membership_, chooser);
          return std::make_unique<BareNode>(*setting_, self,
                                            std::make_unique<ToldMachine>(self, script_));
        },
        *this);
    for (std::uint32_t i = 0; i < setting.nodes_count; ++i) world->boot(PrincipalId{i});
  }

  void on_released(PrincipalId node, const NodeOutput& output) override {
    for (const NodeOutput::Decided& decided : output.decides) {
      decisions.push_back({node, world->now(), std::string{text_of(decided.value.view())}});
      latest = decided.position;
    }
  }
  void on_forged(PrincipalId) override { ++forged; }
  void on_durable_notes(PrincipalId, const std::vector<NodeOutput::Noted>& notes) override {
    for (const NodeOutput::Noted& noted : notes) durable.push_back(noted.note.values[0]);
  }

  struct Decision {
    PrincipalId node;
    Duration at;
    std::string value;
  };
  std::unique_ptr<World> world;
  std::vector<Decision> decisions;
  std::vector<std::uint64_t> durable;  ///< First values of the notes that no crash undoes.
  std::uint64_t latest = 0;            ///< Position of the last decision.
  int forged = 0;

 private:
  SharedMembership membership_;
  Script script_;
  std::unique_ptr<BareSetting> setting_;
};

SharedBytes shared(std::string_view text) {
  return SharedBytes{view_of(text)};
}

/// Every node throws a random hop count to a random node until it is used up.
void hop(PrincipalId self, const Input& input, Effects& effects) {
  const auto throw_on = [&](std::uint8_t hops) {
    const PrincipalId to{(self.value + 1) % 5};
    effects.push_back(Send{to, StatementType{1}, SharedBytes{Bytes{hops}}});
  };
  std::visit(overloaded{
                 [&](const Start&) {
                   effects.push_back(SetTimer{TimerId{1}, 1ms, 9ms});
                 },
                 [&](const TimerFired&) { effects.push_back(Draw{100}); },
                 [&](const Drawn& drawn) { throw_on(static_cast<std::uint8_t>(drawn.value)); },
                 [&](const Deliver& deliver) {
                   if (deliver.record[0] > 0) {
                     throw_on(static_cast<std::uint8_t>(deliver.record[0] - 1));
                   }
                 },
                 [&](const Submit&) {},
                 [&](const Answered&) {},
                 [&](const MembershipChanged&) {},
             },
             input);
}

std::uint64_t hop_digest(std::uint64_t seed) {
  BareWorld lab{{.nodes_count = 5, .seed = seed}, hop};
  lab.world->network().setting.loss = 1'000;
  lab.world->run(1s);
  EXPECT_GT(lab.world->machine_steps(), 10u);
  return lab.world->digest();
}

TEST(WorldTest, EqualSeedsGiveEqualDigests) {
  EXPECT_EQ(hop_digest(1), hop_digest(1));
}

// The number is the same for every compiler: a change of it is a change of what
// a seed means, and wants a reason.
TEST(WorldTest, DigestOfASeedIsTheSameForEveryCompiler) {
  EXPECT_EQ(hop_digest(42), 2430432961028405078u);
}

TEST(WorldTest, DifferentSeedsGiveDifferentDigests) {
  EXPECT_NE(hop_digest(1), hop_digest(2));
}

TEST(WorldTest, NothingLeavesBeforeItsPersistIsDurable) {
  BareWorld lab{{.nodes_count = 1, .sync_min = 3ms, .sync_max = 3ms},
                [](PrincipalId, const Input& input, Effects& effects) {
                  if (!std::holds_alternative<Start>(input)) return;
                  effects.push_back(Decide{1, shared("early")});
                  effects.push_back(Persist{Append{shared("record")}});
                }};
  lab.world->run(2ms);
  EXPECT_TRUE(lab.decisions.empty());
  lab.world->run(4ms);
  ASSERT_EQ(lab.decisions.size(), 1u);
  EXPECT_EQ(lab.decisions[0].at, 3ms);
}

// Goal: a step without persists must not overtake one that waits for the disk.
TEST(WorldTest, LaterStepsWaitForTheDiskToo) {
  BareWorld lab{{.nodes_count = 1, .sync_min = 3ms, .sync_max = 3ms},
                [](PrincipalId, const Input& input, Effects& effects) {
                  if (std::holds_alternative<Start>(input)) {
                    effects.push_back(Persist{Append{shared("record")}});
                    effects.push_back(Decide{1, shared("first")});
                    effects.push_back(SetTimer{TimerId{1}, 1ms, 1ms});
                  } else {
                    effects.push_back(Decide{2, shared("second")});
                  }
                }};
  lab.world->run(10ms);
  ASSERT_EQ(lab.decisions.size(), 2u);
  EXPECT_EQ(lab.decisions[0].value, "first");
  EXPECT_EQ(lab.decisions[1].value, "second");
  EXPECT_EQ(lab.decisions[1].at, 3ms);
}

TEST(WorldTest, StepsDuringASyncShareTheNextOne) {
  BareWorld lab{{.nodes_count = 1, .sync_min = 10ms, .sync_max = 10ms},
                [](PrincipalId, const Input& input, Effects& effects) {
                  if (std::holds_alternative<Start>(input)) {
                    for (std::uint32_t i = 0; i < 5; ++i) {
                      effects.push_back(SetTimer{TimerId{i}, 1ms, 9ms});
                    }
                  }
                  effects.push_back(Persist{Append{shared("record")}});
                  effects.push_back(Decide{1, shared("any")});
                }};
  lab.world->run(1s);
  ASSERT_EQ(lab.decisions.size(), 6u);
  EXPECT_EQ(lab.decisions[0].at, 10ms);
  for (std::size_t i = 1; i < 6; ++i) EXPECT_EQ(lab.decisions[i].at, 20ms);
}

TEST(WorldTest, ACrashForgetsWhatWasNotSyncedAndARestartRecoversTheRest) {
  BareWorld lab{{.nodes_count = 1, .sync_min = 5ms, .sync_max = 5ms},
                [](PrincipalId, const Input& input, Effects& effects) {
                  if (const Start* start = std::get_if<Start>(&input)) {
                    for (const Recovered::Record& record : start->recovered.records) {
                      effects.push_back(Decide{record.index.value, SharedBytes{record.bytes}});
                    }
                    if (start->recovered.records.empty()) {
                      effects.push_back(Persist{Append{shared("synced")}});
                      effects.push_back(SetTimer{TimerId{1}, 7ms, 7ms});
                    }
                  } else {
                    effects.push_back(Persist{Append{shared("unsynced")}});
                  }
                }};
  lab.world->run(8ms);
  lab.world->crash(PrincipalId{0}, false);
  lab.world->run(20ms);
  lab.world->restart(PrincipalId{0});
  ASSERT_EQ(lab.decisions.size(), 1u);
  EXPECT_EQ(lab.decisions[0].value, "synced");
}

constexpr NoteDeclaration wrote{"wrote", "A record was appended.", "number"};

/// A record a millisecond, each noted; the first sync takes ten.
void write_and_note(PrincipalId, const Input& input, Effects& effects) {
  std::uint64_t number = 1;
  if (const TimerFired* fired = std::get_if<TimerFired>(&input)) number = fired->timer.value;
  effects.push_back(Note{&wrote, {number}});
  effects.push_back(Persist{Append{shared("record")}});
  const auto next = static_cast<std::uint32_t>(number + 1);
  effects.push_back(SetTimer{TimerId{next}, 1ms, 1ms});
}

TEST(WorldTest, ANoteIsDurableWithItsStep) {
  BareWorld lab{{.nodes_count = 1, .sync_min = 10ms, .sync_max = 10ms}, write_and_note};
  lab.world->run(9ms);
  EXPECT_TRUE(lab.durable.empty());
  lab.world->run(11ms);
  EXPECT_EQ(lab.durable, (std::vector<std::uint64_t>{1}));
}

TEST(WorldTest, ACrashUndoesNotesThatAreNotOnDisk) {
  BareWorld lab{{.nodes_count = 1, .sync_min = 10ms, .sync_max = 10ms}, write_and_note};
  lab.world->run(5ms);
  lab.world->crash(PrincipalId{0}, false);
  lab.world->run(50ms);
  EXPECT_TRUE(lab.durable.empty());
}

// Goal: what a crash left on disk has happened, though nobody was told.
TEST(WorldTest, NotesOfTheBatchesThatATornCrashLeavesAreDurable) {
  std::set<std::size_t> survived;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    BareWorld lab{
        {.nodes_count = 1, .seed = seed, .sync_min = 10ms, .sync_max = 10ms},
        [](PrincipalId self, const Input& input, Effects& effects) {
          if (const Start* start = std::get_if<Start>(&input);
              start != nullptr && !start->recovered.records.empty()) {
            effects.push_back(Decide{start->recovered.records.size(), shared("recovered")});
            return;
          }
          write_and_note(self, input, effects);
        }};
    lab.world->run(4500us);
    lab.world->crash(PrincipalId{0}, true);
    const std::vector<std::uint64_t> notes = lab.durable;
    for (std::size_t i = 0; i < notes.size(); ++i) ASSERT_EQ(notes[i], i + 1);
    survived.insert(notes.size());
    if (notes.empty()) continue;
    lab.world->restart(PrincipalId{0});
    lab.world->run(100ms);
    ASSERT_EQ(lab.latest, notes.size());
  }
  EXPECT_GT(survived.size(), 2u);
}

TEST(WorldTest, ACrashedNodesTimersNeverFire) {
  BareWorld lab{{.nodes_count = 1}, [](PrincipalId, const Input& input, Effects& effects) {
                  if (std::holds_alternative<TimerFired>(input)) {
                    effects.push_back(Decide{1, shared("fired")});
                  } else {
                    effects.push_back(SetTimer{TimerId{1}, 5ms, 5ms});
                  }
                }};
  lab.world->crash(PrincipalId{0}, true);
  lab.world->run(100ms);
  EXPECT_TRUE(lab.decisions.empty());
}

TEST(WorldTest, ACancelledOrRestartedTimerFiresOnceAtMost) {
  BareWorld lab{{.nodes_count = 1}, [](PrincipalId, const Input& input, Effects& effects) {
                  if (std::holds_alternative<Start>(input)) {
                    effects.push_back(SetTimer{TimerId{1}, 5ms, 5ms});
                    effects.push_back(SetTimer{TimerId{1}, 7ms, 7ms});
                    effects.push_back(SetTimer{TimerId{2}, 5ms, 5ms});
                    effects.push_back(CancelTimer{TimerId{2}});
                  } else {
                    effects.push_back(Decide{1, shared("fired")});
                  }
                }};
  lab.world->run(100ms);
  ASSERT_EQ(lab.decisions.size(), 1u);
  EXPECT_EQ(lab.decisions[0].at, 7ms);
}

TEST(WorldTest, AFastClockFiresEarlyAndAPausedNodeLate) {
  BareWorld lab{{.nodes_count = 3}, [](PrincipalId, const Input& input, Effects& effects) {
                  if (std::holds_alternative<Submit>(input)) {
                    effects.push_back(SetTimer{TimerId{1}, 100ms, 100ms});
                  } else if (std::holds_alternative<TimerFired>(input)) {
                    effects.push_back(Decide{1, shared("fired")});
                  }
                }};
  lab.world->drift(PrincipalId{0}, 250'000);
  for (std::uint32_t i = 0; i < 3; ++i) {
    lab.world->submit(PrincipalId{i}, BareNode::instance, RequestId{1}, PortId{1}, {});
  }
  lab.world->run(1ms);
  lab.world->pause(PrincipalId{2}, 150ms);
  lab.world->run(1s);
  ASSERT_EQ(lab.decisions.size(), 3u);
  EXPECT_EQ(lab.decisions[0].at, 80ms);
  EXPECT_EQ(lab.decisions[1].at, 100ms);
  EXPECT_EQ(lab.decisions[2].at, 150ms);
}

/// Node 0 sends one numbered frame each millisecond to node 1, which decides them.
Script numbered_frames() {
  auto sent = std::make_shared<std::uint8_t>(0);
  return [sent](PrincipalId self, const Input& input, Effects& effects) {
    if (const Deliver* deliver = std::get_if<Deliver>(&input)) {
      effects.push_back(Decide{1, SharedBytes{deliver->record}});
    } else if (self == PrincipalId{0}) {
      effects.push_back(Send{PrincipalId{1}, StatementType{1}, SharedBytes{Bytes{++*sent}}});
      if (*sent < 100) effects.push_back(SetTimer{TimerId{1}, 1ms, 1ms});
    }
  };
}

TEST(WorldTest, LinksKeepTheirOrderUnlessReorderingIsOn) {
  for (const bool reorder : {false, true}) {
    WorldSetting setting{.nodes_count = 2, .seed = 3};
    setting.network.delay_max = 20ms;
    setting.network.reorder = reorder ? 500'000 : 0;
    BareWorld lab{setting, numbered_frames()};
    lab.world->run(1s);
    ASSERT_EQ(lab.decisions.size(), 100u);
    bool ordered = true;
    for (std::size_t i = 1; i < 100; ++i) {
      ordered = ordered && lab.decisions[i - 1].value < lab.decisions[i].value;
    }
    EXPECT_EQ(ordered, !reorder);
  }
}

TEST(WorldTest, LossDuplicationAndPartitionsDoWhatTheySay) {
  WorldSetting setting{.nodes_count = 2, .seed = 3};
  setting.network.loss = 500'000;
  BareWorld lossy{setting, numbered_frames()};
  lossy.world->run(1s);
  EXPECT_GT(lossy.decisions.size(), 20u);
  EXPECT_LT(lossy.decisions.size(), 80u);

  setting.network.loss = 0;
  setting.network.duplicate = 1'000'000;
  BareWorld doubled{setting, numbered_frames()};
  doubled.world->run(1s);
  EXPECT_EQ(doubled.decisions.size(), 200u);

  setting.network.duplicate = 0;
  BareWorld cut{setting, numbered_frames()};
  cut.world->network().block(PrincipalId{0}, PrincipalId{1}, true);
  cut.world->run(50ms);
  const std::size_t during = cut.decisions.size();
  cut.world->network().unblock_all();
  cut.world->run(1s);
  EXPECT_LE(during, 1u);
  EXPECT_GT(cut.decisions.size(), 40u);
  EXPECT_LT(cut.decisions.size(), 60u);
}

TEST(WorldTest, DamagedFramesAreDroppedByTheLink) {
  WorldSetting setting{.nodes_count = 2, .seed = 3};
  setting.network.corrupt = 1'000'000;
  BareWorld lab{setting, numbered_frames()};
  lab.world->run(1s);
  EXPECT_TRUE(lab.decisions.empty());
}

// Goal: where evidence is said to detect damage, evidence that does not is found out.
TEST(WorldTest, DamageThatPassesForAuthenticIsReported) {
  WorldSetting setting{.nodes_count = 2, .seed = 3};
  setting.network.corrupt = 1'000'000;
  setting.evidence_detects_damage = true;
  BareWorld lab{setting, numbered_frames()};
  lab.world->run(1s);
  EXPECT_GT(lab.forged, 0);
}

/// A line of /proc/self/status, in bytes.
std::int64_t memory_status(const std::string& name) {
  std::ifstream status{"/proc/self/status"};
  std::string word;
  while (status >> word) {
    std::int64_t kilobytes = 0;
    if (word == name && status >> kilobytes) return kilobytes * 1024;
  }
  return 0;
}

TEST(WorldTest, MillionTrivialMachinesFitInMemory) {
  constexpr std::uint32_t count = 1'048'576;
  // The least protocol there is: beat once, greet the neighbour, count greetings.
  class Trivial final : public Machine {
   public:
    explicit Trivial(PrincipalId self) : self_(self) {}
    void step(const Input& input, Effects& effects) override {
      if (std::holds_alternative<Start>(input)) {
        effects.push_back(SetTimer{TimerId{1}, 1s, 2s});
      } else if (std::holds_alternative<TimerFired>(input)) {
        static const SharedBytes greeting = shared("hello");
        effects.push_back(Send{PrincipalId{(self_.value + 1) % count}, StatementType{1}, greeting});
      } else if (std::holds_alternative<Deliver>(input)) {
        ++greetings_;
      }
    }
    void encode(StateWriter& out) const override { out.varint(greetings_); }
    std::unique_ptr<Machine> clone() const override { return std::make_unique<Trivial>(*this); }

   private:
    PrincipalId self_;
    std::uint32_t greetings_ = 0;
  };

  if (!std::string_view{PARLEY_TOOLCHAIN_SANITIZER}.empty()) GTEST_SKIP() << "sanitizers need more";
  // What earlier tests of this process needed at their peak is not meant.
  std::ofstream{"/proc/self/clear_refs"} << 5;
  const std::int64_t before = memory_status("VmRSS:");
  ASSERT_GT(before, 0);
  WorldObserver nobody;
  const auto nobody_special = std::make_shared<const Membership>();
  std::unique_ptr<BareSetting> shared_setting;
  World world{{.nodes_count = count, .digest = false},
              [&](PrincipalId self, Chooser& chooser) -> std::unique_ptr<SimulatedNode> {
                if (!shared_setting) {
                  shared_setting = std::make_unique<BareSetting>(nobody_special, chooser);
                }
                return std::make_unique<BareNode>(*shared_setting, self,
                                                  std::make_unique<Trivial>(self));
              },
              nobody};
  for (std::uint32_t i = 0; i < count; ++i) world.boot(PrincipalId{i});
  world.run(10s);
  EXPECT_EQ(world.machine_steps(), std::uint64_t{3} * count);
  const std::int64_t peak = memory_status("VmHWM:");
  RecordProperty("bytes", std::to_string(peak - before));
  std::printf("%u machines: %lld MB\n", count, static_cast<long long>((peak - before) / 1'000'000));
  EXPECT_LT(peak - before, 300'000'000);
}

}  // namespace
}  // namespace parley
