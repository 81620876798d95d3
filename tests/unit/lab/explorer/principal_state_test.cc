// SPDX-License-Identifier: Apache-2.0
#include "apps/lab/explorer/principal_state.h"

#include <gtest/gtest.h>

#include "tests/unit/lab/explorer/toy_machine.h"

namespace parley::testing {
namespace {

constexpr PrincipalState::Options toy_state{
    .object = toy_instance, .keeps_logs = true, .keeps_timers = true};

PrincipalState started(const System& system, std::uint32_t self, Performed& done) {
  PrincipalState state{system, toy_state, PrincipalId{self}, std::nullopt};
  Choices choices;
  state.start(choices, done);
  return state;
}

// Goal: a Local effect is carried out within its event, and so is its answer.
TEST(PrincipalStateTest, ALocalEffectBecomesASubmitAndItsReplyIsAnswered) {
  System system = toy_system(2, [](const Input& input, ToyMemory& /*memory*/, Effects& effects) {
    if (const Answered* answered = std::get_if<Answered>(&input)) {
      effects.push_back(send_to(1, answered->request.value + answered->value[0], 20));
    }
    if (!std::holds_alternative<Start>(input)) return;
    effects.push_back(Local{PortId{5}, RequestId{40}, record_of(8)});
    effects.push_back(Local{PortId{6}, RequestId{1}, record_of(9)});  // Wired to nothing.
  });
  InstanceRoute served = system.instances.front();
  served.id = InstanceId{2};
  served.create = [](PrincipalId) {
    return std::make_unique<ToyMachine>(
        [](const Input& input, ToyMemory& /*memory*/, Effects& effects) {
          const Submit* submit = std::get_if<Submit>(&input);
          if (submit == nullptr) return;
          effects.push_back(send_to(1, submit->value[0], submit->port.value));
          effects.push_back(Reply{submit->request, record_of(2)});
        });
  };
  system.instances.front().wires = {{PortId{5}, InstanceId{2}, PortId{7}}};
  system.instances.push_back(std::move(served));

  Performed done;
  started(system, 0, done);
  ASSERT_EQ(done.sends.size(), 2u);
  EXPECT_EQ(done.sends[1].instance, toy_instance);
  EXPECT_EQ(done.sends[1].record, record_of(42));
  EXPECT_EQ(done.sends[0].instance, InstanceId{2});
  EXPECT_EQ(done.sends[0].type, StatementType{7});
  EXPECT_EQ(done.sends[0].record, record_of(8));
  EXPECT_FALSE(done.answered);
}

/// On a timer, p0 counts itself and p1 as the members of epoch 5; it says whom it hears.
System shrinking_system(std::uint64_t epoch) {
  return toy_system(3, [epoch](const Input& input, ToyMemory& memory, Effects& effects) {
    if (std::holds_alternative<Start>(input)) effects.push_back(timer(1));
    if (const Deliver* heard = std::get_if<Deliver>(&input)) memory.heard.insert(heard->issuer);
    if (!std::holds_alternative<TimerFired>(input)) return;
    Membership fewer{.epoch = Epoch{epoch}, .members = {PrincipalId{0}, PrincipalId{1}}};
    fewer.order = fewer.members.members();
    effects.push_back(ChangeMembership{std::make_shared<const Membership>(fewer)});
  });
}

TEST(PrincipalStateTest, AChangeOfMembersCountsFromItsStepOn) {
  const System system = shrinking_system(5);
  Performed done;
  PrincipalState state = started(system, 0, done);
  const auto bytes = [&] {
    Bytes out;
    state.encode(out);
    return out;
  };
  const auto says = [&](std::uint32_t from) {
    Choices choices;
    state.deliver({PrincipalId{from}, PrincipalId{0}, toy_instance, StatementType{1}, {}}, choices,
                  done);
  };
  const Bytes first = bytes();
  says(2);
  const Bytes heard = bytes();
  EXPECT_NE(heard, first);
  Choices choices;
  state.fire(toy_instance, TimerId{1}, choices, done);
  ASSERT_EQ(done.changes.size(), 1u);
  EXPECT_EQ(done.changes[0].membership->epoch, Epoch{5});
  EXPECT_FALSE(done.violation);
  const Bytes changed = bytes();
  says(2);  // No member any more: the machine does not hear of it.
  EXPECT_EQ(bytes(), changed);
  says(1);
  EXPECT_NE(bytes(), changed);
  state.crash(choices, done);  // Its own log would have to say so again.
  EXPECT_EQ(bytes(), first);
}

TEST(PrincipalStateTest, StatesOfDifferentMembersDiffer) {
  Bytes of_epoch[2];
  for (const std::uint64_t epoch : {5u, 6u}) {
    const System system = shrinking_system(epoch);
    Performed done;
    PrincipalState state = started(system, 0, done);
    Choices choices;
    state.fire(toy_instance, TimerId{1}, choices, done);
    state.encode(of_epoch[epoch - 5]);
  }
  EXPECT_NE(of_epoch[0], of_epoch[1]);
}

TEST(PrincipalStateTest, MembersOfAnEarlierEpochViolate) {
  const System system = shrinking_system(0);
  Performed done;
  PrincipalState state = started(system, 0, done);
  Choices choices;
  state.fire(toy_instance, TimerId{1}, choices, done);
  ASSERT_TRUE(done.violation);
  EXPECT_EQ(done.violation->invariant, "epoch_order");
}

TEST(PrincipalStateTest, EveryPartitionCountsItsOwnPositions) {
  const auto deciding = [](std::uint64_t second_position) {
    return toy_system(1, [=](const Input& input, ToyMemory& /*memory*/, Effects& effects) {
      if (!std::holds_alternative<Start>(input)) return;
      effects.push_back(Decide{1, record_of(1), record_of(100)});
      effects.push_back(Decide{1, record_of(2), record_of(101)});
      effects.push_back(Decide{second_position, record_of(3), record_of(101)});
    });
  };
  Performed apart;
  const System in_order = deciding(2);
  started(in_order, 0, apart);
  EXPECT_FALSE(apart.violation);
  ASSERT_EQ(apart.decides.size(), 3u);
  EXPECT_EQ(apart.decides[1].partition, record_of(101));
  Performed again;
  const System repeating = deciding(1);
  started(repeating, 0, again);
  ASSERT_TRUE(again.violation);
  EXPECT_EQ(again.violation->invariant, "decide_order");
}

// Goal: what is passed over is a matter of all principals, not of this one.
TEST(PrincipalStateTest, APositionThatIsPassedOverIsTold) {
  const System system =
      toy_system(1, [](const Input& input, ToyMemory& /*memory*/, Effects& effects) {
        if (!std::holds_alternative<Start>(input)) return;
        effects.push_back(Decide{1, record_of(1), record_of(100)});
        effects.push_back(Decide{4, record_of(2), record_of(100)});
      });
  Performed done;
  started(system, 0, done);
  EXPECT_FALSE(done.violation);
  ASSERT_EQ(done.skipped.size(), 1u);
  EXPECT_EQ(done.skipped[0].from, 2u);
  EXPECT_EQ(done.skipped[0].to, 4u);
}

TEST(PrincipalStateTest, APublicationGoesToEveryOtherHostAmongItsVerifiers) {
  const System system = toy_system(3, [](const Input& input, ToyMemory& memory, Effects& effects) {
    if (!std::holds_alternative<Start>(input)) return;
    const PrincipalSet verifiers{PrincipalId{0}, PrincipalId{1}, PrincipalId{2}, PrincipalId{9}};
    effects.push_back(Publish{.id = PublicationId{1},
                              .verifiers = verifiers,
                              .auditors = {},
                              .type = StatementType{4},
                              .record = record_of(memory.self.value)});
  });
  Performed done;
  started(system, 1, done);
  ASSERT_EQ(done.sends.size(), 2u);
  EXPECT_EQ(done.sends[0].to, PrincipalId{0});
  EXPECT_EQ(done.sends[1].to, PrincipalId{2});
}

TEST(PrincipalStateTest, EqualStatesHaveEqualBytesHoweverTheyCameAbout) {
  const System system = toy_system(1, [](const Input& input, ToyMemory& /*memory*/, Effects& out) {
    if (std::holds_alternative<Start>(input)) {
      out.push_back(timer(2));
      out.push_back(timer(1));
    } else {
      out.push_back(timer(2));
      out.push_back(timer(1));
    }
  });
  Performed done;
  PrincipalState state = started(system, 0, done);
  Bytes before;
  state.encode(before);
  Choices choices;
  state.fire(toy_instance, TimerId{2}, choices, done);
  Bytes after;
  state.encode(after);
  EXPECT_EQ(before, after);
}

TEST(PrincipalStateTest, ACopyLivesItsOwnLife) {
  const System system = toy_system(1, [](const Input& /*input*/, ToyMemory& memory, Effects& out) {
    memory.numbers.push_back(1);
    out.push_back(timer(1));
  });
  Performed done;
  const PrincipalState state = started(system, 0, done);
  PrincipalState copy{state};
  Choices choices;
  copy.fire(toy_instance, TimerId{1}, choices, done);
  Bytes original;
  Bytes copied;
  state.encode(original);
  copy.encode(copied);
  EXPECT_NE(original, copied);
}

TEST(SystemTest, HoldsWhatIsWiredTogetherInEitherDirection) {
  Tables tables;
  tables.deployment.principals = {{"r1", "", "", ""}};
  for (std::uint16_t id = 1; id <= 4; ++id) {
    tables.instances.push_back({.id = InstanceId{id}, .name = "i" + std::to_string(id)});
  }
  tables.instances[0].wires = {{PortId{1}, InstanceId{3}, PortId{1}}};
  tables.instances[3].wires = {{PortId{1}, InstanceId{3}, PortId{1}}};
  const System system = system_of(tables, InstanceId{3});
  ASSERT_EQ(system.instances.size(), 3u);
  EXPECT_EQ(system.instances[0].name, "i1");
  EXPECT_EQ(system.instances[1].name, "i3");
  EXPECT_EQ(system.instances[2].name, "i4");
  EXPECT_EQ(system_of(tables, InstanceId{2}).instances.size(), 1u);
  EXPECT_EQ(system.name_of(PrincipalId{0}), "r1");
}

class DurableLogTest : public ::testing::Test {
 protected:
  void append(std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t i = from; i <= to; ++i) log_.apply({Append{record_of(i)}});
  }
  std::vector<std::uint64_t> indices() const {
    std::vector<std::uint64_t> found;
    for (const Recovered::Record& record : log_.recover().records) {
      EXPECT_EQ(record.bytes[0], record.index.value);
      found.push_back(record.index.value);
    }
    return found;
  }
  DurableLog log_;
};

TEST_F(DurableLogTest, TruncatedRecordsAreWrittenAnew) {
  append(1, 5);
  log_.apply({TruncateSuffix{LogIndex{3}}});
  EXPECT_EQ(indices(), (std::vector<std::uint64_t>{1, 2}));
  append(3, 4);
  EXPECT_EQ(indices(), (std::vector<std::uint64_t>{1, 2, 3, 4}));
  log_.apply({TruncateSuffix{LogIndex{9}}});
  EXPECT_EQ(indices().size(), 4u);
}

TEST_F(DurableLogTest, IndicesGoOnBehindATrimmedPrefix) {
  append(1, 3);
  log_.apply({TrimPrefix{LogIndex{3}}});
  EXPECT_TRUE(indices().empty());
  append(4, 5);
  EXPECT_EQ(indices(), (std::vector<std::uint64_t>{4, 5}));
}

TEST_F(DurableLogTest, ASnapshotStandsForTheRecordsUpToIt) {
  append(1, 4);
  log_.apply({Snapshot{LogIndex{2}, {record_of(77)}}});
  EXPECT_EQ(indices(), (std::vector<std::uint64_t>{3, 4}));
  EXPECT_EQ(log_.recover().snapshot_index, LogIndex{2});
  EXPECT_EQ(log_.recover().snapshot_chunks.size(), 1u);
  log_.apply({Snapshot{LogIndex{9}, {}}});  // From beyond the log.
  append(10, 10);
  EXPECT_EQ(indices(), (std::vector<std::uint64_t>{10}));
}

}  // namespace
}  // namespace parley::testing
