// SPDX-License-Identifier: Apache-2.0
//
// The store on a disk that is really full: a small tmpfs, which only root may mount.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/mount.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "plugins/store/rocksdb/rocksdb.h"

namespace parley::rocksdb {
namespace {

namespace fs = std::filesystem;
constexpr InstanceId instance{1};
constexpr std::size_t appends_max = 100'000;

Bytes record(std::size_t number) {
  return Bytes(number * 97 % 3'000, static_cast<std::uint8_t>(number));
}

/// The parameter is the segment size: a large one fills the disk with its log, a
/// small one also while tables are written and merged.
class FullDiskTest : public ::testing::TestWithParam<std::int64_t> {
 protected:
  void SetUp() override {
    std::string pattern = fs::temp_directory_path() / "parley_full_disk_XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    disk_ = pattern;
    if (::mount("tmpfs", disk_.c_str(), "tmpfs", 0, "size=4m") != 0) {
      GTEST_SKIP() << "a tmpfs cannot be mounted here: " << std::strerror(errno);
    }
    mounted_ = true;
    fs::create_directory(directory_ = disk_ / "store");
  }
  void TearDown() override {
    if (mounted_) {
      EXPECT_EQ(::umount(disk_.c_str()), 0) << std::strerror(errno);
    }
    fs::remove_all(disk_);
  }

  Result<std::unique_ptr<Store>> open() const {
    return Factory{}.open(directory_, Config{{{"segment_size", GetParam()}}});
  }

  /// Effect: takes all space but `left` bytes.
  void take_space(std::uint64_t left) const {
    std::ofstream ballast{disk_ / "ballast", std::ios::binary};
    const std::string page(4'096, 'x');
    while (ballast && fs::space(disk_).free > left) ballast << page << std::flush;
  }
  void free_space() const { fs::remove(disk_ / "ballast"); }

  /// Appends and syncs until the disk is full. `synced` counts what was promised.
  static Status write_until_full(Store& store, std::size_t& synced) {
    Status status;
    while (status.ok() && synced < appends_max) {
      const StoreChange change{instance, {Append{SharedBytes{record(synced + 1)}}}};
      status = store.append({&change, 1});
      if (status.ok()) status = store.sync();
      if (status.ok()) ++synced;
    }
    return status;
  }

  void expect_says_full(const Error& error) const {
    EXPECT_EQ(error.code, ErrorCode::Io);
    EXPECT_NE(error.message.find(directory_.string()), std::string::npos) << error.message;
    EXPECT_NE(error.message.find("No space left on device"), std::string::npos) << error.message;
  }

  /// All that was synced is there; what was appended last may be.
  static void expect_recovers(Store& store, std::size_t synced) {
    const auto recovered = store.recover(instance);
    ASSERT_TRUE(recovered.ok()) << recovered.error().message;
    EXPECT_GE(recovered->records.size(), synced);
    EXPECT_LE(recovered->records.size(), synced + 1);
    for (std::size_t i = 0; i < recovered->records.size(); ++i) {
      EXPECT_EQ(recovered->records[i].bytes, record(i + 1));
    }
  }

  fs::path disk_;
  fs::path directory_;
  bool mounted_ = false;
};

TEST_P(FullDiskTest, AFullDiskIsAnErrorAndWhatWasSyncedIsRecovered) {
  take_space(2 << 20);
  std::size_t synced = 0;
  {
    auto store = open().value();
    ASSERT_TRUE(store->recover(instance).ok());
    const Status full = write_until_full(*store, synced);
    ASSERT_FALSE(full.ok());
    EXPECT_GT(synced, 0u);
    expect_says_full(full.error());
    EXPECT_EQ(store->sync().error().message, full.error().message);
    free_space();
    // What the log lost in between nobody knows: only a new opening can tell.
    EXPECT_EQ(store->sync().error().message, full.error().message);
  }
  auto store = open();
  ASSERT_TRUE(store.ok()) << store.error().message;
  expect_recovers(**store, synced);
}

TEST_P(FullDiskTest, OpeningOnAFullDiskIsAnErrorAndChangesNothing) {
  take_space(2 << 20);
  std::size_t synced = 0;
  {
    auto store = open().value();
    ASSERT_TRUE(store->recover(instance).ok());
    ASSERT_FALSE(write_until_full(*store, synced).ok());
  }
  take_space(0);
  for (int i = 0; i < 3; ++i) {
    const auto refused = open();
    ASSERT_FALSE(refused.ok());
    expect_says_full(refused.error());
  }
  free_space();
  auto store = open();
  ASSERT_TRUE(store.ok()) << store.error().message;
  expect_recovers(**store, synced);
}

TEST_P(FullDiskTest, AStoreCannotBeginWithoutSpace) {
  take_space(0);
  const auto refused = open();
  ASSERT_FALSE(refused.ok());
  expect_says_full(refused.error());
  free_space();
  EXPECT_TRUE(open().ok());
}

INSTANTIATE_TEST_SUITE_P(Segments, FullDiskTest, ::testing::Values(64 << 10, 256 << 10, 8 << 20));

}  // namespace
}  // namespace parley::rocksdb
