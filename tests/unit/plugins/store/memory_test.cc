// SPDX-License-Identifier: Apache-2.0
#include "plugins/store/memory/memory.h"

#include <gtest/gtest.h>

namespace parley::memory {
namespace {

constexpr InstanceId instance{1};

SharedBytes bytes(std::string_view text) {
  return SharedBytes{view_of(text)};
}

TEST(MemoryStoreTest, InstancesDoNotShareLogs) {
  const auto store = Factory{}.open({}, {}).value();
  ASSERT_TRUE(store->recover(instance).ok());
  ASSERT_TRUE(store->recover(InstanceId{2}).ok());
  const std::vector<StoreChange> batch{{instance, {Append{bytes("one")}}},
                                       {InstanceId{2}, {Append{bytes("two")}}}};
  ASSERT_TRUE(store->append(batch).ok());
  EXPECT_EQ(store->recover(instance)->records.at(0).bytes, to_bytes("one"));
  EXPECT_EQ(store->recover(InstanceId{2})->records.at(0).bytes, to_bytes("two"));
}

TEST(MemoryStoreTest, TheNextRecordFollowsWhatASnapshotStandsFor) {
  const auto store = Factory{}.open({}, {}).value();
  ASSERT_TRUE(store->recover(instance).ok());
  const std::vector<StoreChange> batch{{instance, {Append{bytes("old")}}},
                                       {instance, {Snapshot{LogIndex{9}, {bytes("state")}}}},
                                       {instance, {Append{bytes("new")}}}};
  ASSERT_TRUE(store->append(batch).ok());
  const Recovered recovered = *store->recover(instance);
  EXPECT_EQ(recovered.snapshot_index, LogIndex{9});
  ASSERT_EQ(recovered.records.size(), 1u);
  EXPECT_EQ(recovered.records[0].index, LogIndex{10});
}

TEST(MemoryStoreTest, NothingOutlivesTheStore) {
  Factory factory;
  EXPECT_FALSE(factory.durable());
  {
    const auto store = factory.open({}, {}).value();
    ASSERT_TRUE(store->recover(instance).ok());
    const std::vector<StoreChange> batch{{instance, {Append{bytes("gone")}}}};
    ASSERT_TRUE(store->append(batch).ok());
    ASSERT_TRUE(store->sync().ok());
  }
  EXPECT_TRUE(factory.open({}, {}).value()->recover(instance)->records.empty());
}

}  // namespace
}  // namespace parley::memory
