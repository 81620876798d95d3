// SPDX-License-Identifier: Apache-2.0
#include "apps/lab/world/disk.h"

#include <gtest/gtest.h>

#include <string>

namespace parley {
namespace {

constexpr InstanceId instance{1};

StoreChange appended(std::string_view text) {
  return {instance, Persist{Append{SharedBytes{view_of(text)}}}};
}

std::vector<std::string> records_of(const Disk& disk) {
  std::vector<std::string> texts;
  const auto all = disk.recover();
  const auto found = all.find(instance);
  if (found == all.end()) return texts;
  for (const Recovered::Record& record : found->second.records) {
    texts.push_back(std::to_string(record.index.value) + std::string{text_of(record.bytes)});
  }
  return texts;
}

using Texts = std::vector<std::string>;

TEST(DiskTest, LosesWhatWasNotSynced) {
  Disk disk;
  Prng prng{1};
  disk.append({appended("a")});
  disk.sync(1);
  disk.append({appended("b")});
  disk.crash(prng, false);
  EXPECT_EQ(records_of(disk), Texts{"1a"});
}

TEST(DiskTest, NeverLosesWhatWasSynced) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Disk disk;
    Prng prng{seed};
    disk.append({appended("a")});
    disk.append({appended("b")});
    disk.sync(2);
    disk.append({appended("c")});
    disk.crash(prng, true);
    const Texts left = records_of(disk);
    ASSERT_GE(left.size(), 2u);
    EXPECT_EQ(left[0], "1a");
    EXPECT_EQ(left[1], "2b");
  }
}

TEST(DiskTest, TornTailIsAPrefixAndEveryPrefixOccurs) {
  std::vector<int> seen(4, 0);
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Disk disk;
    Prng prng{seed};
    for (const char* text : {"a", "b", "c"}) disk.append({appended(text)});
    disk.crash(prng, true);
    const Texts left = records_of(disk);
    const Texts whole{"1a", "2b", "3c"};
    ASSERT_LE(left.size(), whole.size());
    EXPECT_TRUE(std::equal(left.begin(), left.end(), whole.begin()));
    ++seen[left.size()];
  }
  for (const int count : seen) EXPECT_GT(count, 0);
}

TEST(DiskTest, ABatchSurvivesWholeOrNotAtAll) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Disk disk;
    Prng prng{seed};
    disk.append({appended("a"), appended("b")});
    disk.crash(prng, true);
    EXPECT_NE(records_of(disk).size(), 1u);
  }
}

TEST(DiskTest, IndicesGoOnAfterTruncationTrimmingAndSnapshots) {
  Disk disk;
  disk.append({appended("a"), appended("b"), appended("c")});
  disk.append({{instance, Persist{TruncateSuffix{LogIndex{3}}}}, appended("d")});
  disk.append({{instance, Persist{Snapshot{LogIndex{2}, {SharedBytes{view_of("ab")}}}}}});
  disk.sync(3);
  EXPECT_EQ(records_of(disk), Texts{"3d"});
  EXPECT_EQ(disk.recover().at(instance).snapshot_index, LogIndex{2});
  disk.append({{instance, Persist{TrimPrefix{LogIndex{3}}}}, appended("e")});
  disk.sync(4);
  EXPECT_EQ(records_of(disk), Texts{"4e"});
}

}  // namespace
}  // namespace parley
