// SPDX-License-Identifier: Apache-2.0
#include "plugins/object/configuration/configuration.h"

#include <gtest/gtest.h>

#include "core/base/prng.h"

namespace parley::configuration {
namespace {

std::string run(Object& object, std::string_view words) {
  return object.describe(object.apply(*object.parse_method(words)));
}

Bytes snapshot_of(const Object& object) {
  Bytes out;
  object.snapshot(out);
  return out;
}

TEST(ConfigurationTest, EpochsFollowEachOther) {
  ConfigurationMaster master;
  EXPECT_EQ(run(master, "get 2"), "completed 1");
  EXPECT_EQ(run(master, "propose 2 1 0,2"), "completed 1; epoch 2 of 0,2");
  EXPECT_EQ(run(master, "propose 2 2 2 1,0"),
            "completed 1; epoch 2 of 0,2; epoch 3 of 2 learners 0,1");
}

// Goal: who loses the race learns who won.
TEST(ConfigurationTest, OneProposalAfterAnEpochIsDecided) {
  ConfigurationMaster master;
  run(master, "propose 2 1 0,2");
  EXPECT_EQ(run(master, "propose 2 1 1,2"), "completed 1; epoch 2 of 0,2");
  EXPECT_EQ(run(master, "propose 2 7 1"), "completed 1; epoch 2 of 0,2");
}

TEST(ConfigurationTest, ACompletedEpochStandsForThoseBefore) {
  ConfigurationMaster master;
  run(master, "propose 2 1 0,1");
  run(master, "propose 2 2 1");
  EXPECT_EQ(run(master, "complete 2 3"), "completed 3; epoch 3 of 1");
  EXPECT_EQ(run(master, "complete 2 2"), "completed 3; epoch 3 of 1");
  EXPECT_EQ(run(master, "complete 2 4"), "completed 3; epoch 3 of 1");
  EXPECT_EQ(run(master, "propose 2 3 1,0"), "completed 3; epoch 3 of 1; epoch 4 of 1,0");
}

TEST(ConfigurationTest, InstancesDoNotMeet) {
  ConfigurationMaster master;
  run(master, "propose 2 1 0");
  EXPECT_EQ(run(master, "get 3"), "completed 1");
  EXPECT_NE(master.partition(*master.parse_method("get 2")),
            master.partition(*master.parse_method("get 3")));
}

TEST(ConfigurationTest, MembersMustBeSaidAndMayNotLearn) {
  ConfigurationMaster master;
  EXPECT_EQ(run(master, "propose 2 1 0,1 1"), "completed 1");
  Bytes nobody = encode_configuration(
      ConfigurationCall{ConfigurationCallKind::Propose, InstanceId{2}, Epoch{1}, {}, {}});
  EXPECT_EQ(master.describe(master.apply(nobody)), "completed 1");
}

TEST(ConfigurationTest, OnlyGetReads) {
  const ConfigurationMaster master;
  EXPECT_TRUE(master.reads_only(*master.parse_method("get 2")));
  EXPECT_FALSE(master.reads_only(*master.parse_method("complete 2 1")));
  EXPECT_FALSE(master.reads_only(*master.parse_method("propose 2 1 0")));
}

TEST(ConfigurationTest, WordsThatAreNoMethodAreRefused) {
  const ConfigurationMaster master;
  for (const char* words :
       {"", "get", "get x", "get 70000", "get 2 2", "propose 2 1", "complete 2", "propose 2 1 0,0",
        "propose 2 1 0,,1", "propose 2 1 0 1 2", "gets 2", "propose 2 1 99999999"}) {
    EXPECT_EQ(master.parse_method(words), std::nullopt) << words;
  }
}

TEST(ConfigurationTest, ASnapshotIsTheState) {
  ConfigurationMaster master;
  run(master, "propose 2 1 0,1");
  run(master, "propose 5 1 4 3");
  run(master, "complete 2 2");
  ConfigurationMaster copy;
  ASSERT_TRUE(copy.restore(snapshot_of(master)));
  EXPECT_EQ(snapshot_of(copy), snapshot_of(master));
  EXPECT_EQ(run(copy, "get 5"), "completed 1; epoch 2 of 4 learners 3");
  EXPECT_EQ(copy.describe(snapshot_of(copy)),
            "instance 2: completed 2; epoch 2 of 0,1\n"
            "instance 5: completed 1; epoch 2 of 4 learners 3");
}

// Goal: nothing is restored that could not have come about, and nothing is fatal.
TEST(ConfigurationTest, ForeignBytesAreAnsweredAndNotRestored) {
  ConfigurationMaster master;
  run(master, "propose 2 1 0,1");
  const Bytes whole = snapshot_of(master);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    ConfigurationMaster copy;
    EXPECT_FALSE(copy.restore(ByteView{whole}.first(size))) << size;
  }
  Prng random{11};
  for (int i = 0; i < 20'000; ++i) {
    Bytes bytes = whole;
    bytes[random.below(bytes.size())] = static_cast<std::uint8_t>(random.next());
    master.apply(bytes);
    master.describe(bytes);
    ConfigurationMaster copy;
    if (!copy.restore(bytes)) continue;
    EXPECT_EQ(snapshot_of(copy), bytes);
  }
  EXPECT_TRUE(master.apply(to_bytes("nonsense")).empty());
  EXPECT_EQ(master.describe(to_bytes("nonsense")), "(not understood)");
}

// Goal: a number of a principal far beyond all is refused before it is put into a
// set, which would be as large as that number.
TEST(ConfigurationTest, APrincipalBeyondAllIsRefused) {
  ConfigurationCall call{ConfigurationCallKind::Propose, InstanceId{2}, Epoch{1}, {}, {}};
  call.order = {PrincipalId{UINT32_MAX}, PrincipalId{UINT32_MAX - 1}};
  const Bytes method = encode_configuration(call);
  EXPECT_EQ(decode_configuration_call(method), std::nullopt);
  EXPECT_TRUE(ConfigurationMaster{}.apply(method).empty());
}

TEST(ConfigurationTest, AnInstanceThatCompletesNothingIsBounded) {
  ConfigurationMaster master;
  for (std::size_t epoch = 1; epoch <= 2 * epochs_max; ++epoch) {
    run(master, "propose 2 " + std::to_string(epoch) + " 0");
  }
  EXPECT_EQ(decode_configuration_answer(master.apply(*master.parse_method("get 2")))->epochs.size(),
            epochs_max + 1);
  EXPECT_EQ(run(master, "complete 2 " + std::to_string(epochs_max + 2)),
            "completed 258; epoch 258 of 0");
}

}  // namespace
}  // namespace parley::configuration
