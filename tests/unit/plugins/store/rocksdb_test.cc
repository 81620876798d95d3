// SPDX-License-Identifier: Apache-2.0
#include "plugins/store/rocksdb/rocksdb.h"

#include <gtest/gtest.h>
#include <rocksdb/db.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <fstream>

#include "plugins/store/rocksdb/layout.h"

namespace parley::rocksdb {
namespace {

namespace fs = std::filesystem;
constexpr InstanceId instance{1};

/// The record of that number: sizes vary so that batches cross log blocks.
Bytes record(std::size_t number) {
  return Bytes(number * 97 % 700, static_cast<std::uint8_t>(number));
}

class RocksDbTest : public ::testing::Test {
 protected:
  RocksDbTest() {
    std::string pattern = fs::temp_directory_path() / "parley_rocksdb_XXXXXX";
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    scratch_ = pattern;
    directory_ = scratch_ / "store";
    fs::create_directory(directory_);
  }
  ~RocksDbTest() override { fs::remove_all(scratch_); }

  static Result<std::unique_ptr<Store>> open(const fs::path& directory,
                                             std::int64_t segment_size = 8 << 20) {
    return Factory{}.open(directory, Config{{{"segment_size", segment_size}}});
  }

  static Status append_next(Store& store, std::size_t& next) {
    const StoreChange change{instance, {Append{SharedBytes{record(next++)}}}};
    return store.append({&change, 1});
  }

  /// A store with `synced` batches synced one by one and `pending` only appended, closed.
  void fill(std::size_t synced, std::size_t pending) {
    auto store = open(directory_).value();
    ASSERT_TRUE(store->recover(instance).ok());
    std::size_t next = 1;
    for (std::size_t i = 0; i < synced; ++i) {
      ASSERT_TRUE(append_next(*store, next).ok());
      ASSERT_TRUE(store->sync().ok());
    }
    synced_log_size_ = fs::file_size(log_of(directory_));
    for (std::size_t i = 0; i < pending; ++i) ASSERT_TRUE(append_next(*store, next).ok());
  }

  static fs::path log_of(const fs::path& directory) {
    fs::path newest;
    for (const auto& entry : fs::directory_iterator{directory}) {
      if (entry.path().extension() == ".log") newest = std::max(newest, entry.path());
    }
    return newest;
  }

  /// A copy of the directory, to be hurt.
  fs::path image() {
    const fs::path copy = scratch_ / ("image" + std::to_string(images_count_++));
    fs::copy(directory_, copy, fs::copy_options::recursive);
    return copy;
  }

  static void overwrite(const fs::path& file, std::uint64_t offset, const std::string& bytes) {
    std::fstream stream{file, std::ios::in | std::ios::out | std::ios::binary};
    stream.seekp(static_cast<std::streamoff>(offset));
    stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }

  static void flip_byte(const fs::path& file, std::uint64_t offset) {
    std::ifstream stream{file, std::ios::binary};
    stream.seekg(static_cast<std::streamoff>(offset));
    overwrite(file, offset, std::string(1, static_cast<char>(stream.get() ^ 0x10)));
  }

  /// How many records the store holds, all of them as written, without gaps.
  static std::size_t intact_prefix(const fs::path& directory) {
    auto store = open(directory);
    EXPECT_TRUE(store.ok()) << store.error().message;
    if (!store.ok()) return 0;
    const auto recovered = (*store)->recover(instance);
    EXPECT_TRUE(recovered.ok());
    for (std::size_t i = 0; i < recovered->records.size(); ++i) {
      EXPECT_EQ(recovered->records[i].index.value, i + 1);
      EXPECT_EQ(recovered->records[i].bytes, record(i + 1));
    }
    return recovered->records.size();
  }

  fs::path scratch_;
  fs::path directory_;
  std::uint64_t synced_log_size_ = 0;
  int images_count_ = 0;
};

TEST_F(RocksDbTest, ATruncatedTailLeavesWholeBatches) {
  fill(10, 0);
  std::size_t kept_before = intact_prefix(image());
  EXPECT_EQ(kept_before, 10u);
  const std::uint64_t size = fs::file_size(log_of(directory_));
  for (std::uint64_t cut = 1; cut < size; cut += 173) {
    const fs::path copy = image();
    fs::resize_file(log_of(copy), size - cut);
    const std::size_t kept = intact_prefix(copy);
    EXPECT_LE(kept, kept_before);
    kept_before = kept;
  }
  EXPECT_LE(kept_before, 1u);
}

// Goal: preallocated space that was never written, and a last write of which
// only the beginning arrived, are torn tails and not damage.
TEST_F(RocksDbTest, AZeroedOrGarbledTailLeavesWholeBatches) {
  fill(10, 0);
  const std::uint64_t size = fs::file_size(log_of(directory_));
  for (const char filler : {'\0', 'x'}) {
    for (std::uint64_t tail : {1u, 7u, 50u, 300u}) {
      const fs::path copy = image();
      overwrite(log_of(copy), size - tail, std::string(tail + 4'096, filler));
      EXPECT_GE(intact_prefix(copy), 8u);
    }
  }
}

TEST_F(RocksDbTest, DamageBeforeSyncedDataIsAnErrorThatNamesTheFile) {
  fill(10, 0);
  for (const std::uint64_t offset : {4u, 5u, 60u, 400u, 900u}) {
    const fs::path copy = image();
    const fs::path log = log_of(copy);
    flip_byte(log, offset);
    // Twice: a refusal must not consume the evidence.
    for (int i = 0; i < 2; ++i) {
      const auto store = open(copy);
      ASSERT_FALSE(store.ok()) << "byte " << offset;
      EXPECT_EQ(store.error().code, ErrorCode::Io);
      EXPECT_NE(store.error().message.find(log.string()), std::string::npos);
      EXPECT_NE(store.error().message.find("before data that was synced"), std::string::npos);
    }
  }
}

// Goal: pages of one unsynced write may reach the disk in any order.
TEST_F(RocksDbTest, DamageAmongWhatWasNeverSyncedIsCut) {
  fill(5, 10);
  const std::uint64_t size = fs::file_size(log_of(directory_));
  ASSERT_GT(size, synced_log_size_);
  for (std::uint64_t offset = synced_log_size_; offset < size; offset += 433) {
    const fs::path copy = image();
    flip_byte(log_of(copy), offset);
    const std::size_t kept = intact_prefix(copy);
    EXPECT_GE(kept, 5u);
    EXPECT_LT(kept, 15u);
    EXPECT_EQ(intact_prefix(copy), kept);  // And stays so.
  }
}

// Goal: a log file ends at a sync, many times over, and no record falls between two.
TEST_F(RocksDbTest, SegmentsComeAndGoAndLoseNothing) {
  std::size_t next = 1;
  auto store = open(directory_, 64 << 10).value();
  ASSERT_TRUE(store->recover(instance).ok());
  for (int i = 0; i < 2'000; ++i) {
    ASSERT_TRUE(append_next(*store, next).ok());
    if (i % 19 == 0) {
      ASSERT_TRUE(store->sync().ok());
    }
  }
  ASSERT_TRUE(store->sync().ok());
  store.reset();
  EXPECT_EQ(intact_prefix(directory_), 2'000u);
}

TEST_F(RocksDbTest, TheDirectoryHasOneUser) {
  const auto first = open(directory_);
  ASSERT_TRUE(first.ok());
  const auto second = open(directory_);
  ASSERT_FALSE(second.ok());
  EXPECT_NE(second.error().message.find("only user"), std::string::npos);
  EXPECT_NE(second.error().message.find(directory_.string()), std::string::npos);
}

TEST_F(RocksDbTest, ADirectoryThatCannotBeWrittenIsAnError) {
  for (const fs::path& unusable : {fs::path{"/proc/self"}, scratch_ / "missing" / "store"}) {
    const auto store = open(unusable);
    ASSERT_FALSE(store.ok());
    EXPECT_EQ(store.error().code, ErrorCode::Io);
    EXPECT_NE(store.error().message.find(unusable.string()), std::string::npos);
  }
}

/// Runs `use` on the database behind a closed store.
template <class Use>
void with_engine(const fs::path& directory, Use&& use) {
  ::rocksdb::Options options;
  options.create_if_missing = true;
  ::rocksdb::DB* raw = nullptr;
  ASSERT_TRUE(::rocksdb::DB::Open(options, directory.string(), &raw).ok());
  const std::unique_ptr<::rocksdb::DB> db{raw};
  use(*db);
}

TEST_F(RocksDbTest, AnotherDatabaseIsRefused) {
  with_engine(directory_, [](::rocksdb::DB& db) { ASSERT_TRUE(db.Put({}, "users", "1").ok()); });
  const auto store = open(directory_);
  ASSERT_FALSE(store.ok());
  EXPECT_EQ(store.error().code, ErrorCode::Configuration);
}

TEST_F(RocksDbTest, AnotherFormatIsRefused) {
  fill(1, 0);
  with_engine(directory_, [](::rocksdb::DB& db) {
    ASSERT_TRUE(db.Put({}, format_key, "parley store 2").ok());
  });
  const auto store = open(directory_);
  ASSERT_FALSE(store.ok());
  EXPECT_EQ(store.error().code, ErrorCode::Configuration);
  EXPECT_NE(store.error().message.find("'parley store 2'"), std::string::npos);
}

TEST_F(RocksDbTest, AMissingRecordIsAnError) {
  fill(5, 0);
  with_engine(directory_, [](::rocksdb::DB& db) {
    ASSERT_TRUE(db.Delete({}, key_of(instance, Part::Record, 3)).ok());
  });
  const auto recovered = (*open(directory_))->recover(instance);
  ASSERT_FALSE(recovered.ok());
  EXPECT_NE(recovered.error().message.find("expected record 3, found 4"), std::string::npos);
}

TEST_F(RocksDbTest, ARecordInTheWrongPlaceIsAnError) {
  fill(5, 0);
  with_engine(directory_, [](::rocksdb::DB& db) {
    std::string value;
    ASSERT_TRUE(db.Get({}, key_of(instance, Part::Record, 4), &value).ok());
    ASSERT_TRUE(db.Put({}, key_of(instance, Part::Record, 3), value).ok());
  });
  const auto recovered = (*open(directory_))->recover(instance);
  ASSERT_FALSE(recovered.ok());
  EXPECT_NE(recovered.error().message.find("damaged"), std::string::npos);
}

/// No file of this process grows beyond a size, for as long as this lives.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { ::setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

TEST_F(RocksDbTest, AfterAFailedWriteEveryCallFails) {
  auto store = open(directory_).value();
  ASSERT_TRUE(store->recover(instance).ok());
  std::size_t next = 1;
  ASSERT_TRUE(append_next(*store, next).ok());
  ASSERT_TRUE(store->sync().ok());
  std::string first_message;
  {
    const FileSizeLimit limit{16'384};
    Status status;
    for (int i = 0; i < 1'000 && status.ok(); ++i) {
      status = append_next(*store, next);
      if (status.ok()) status = store->sync();
    }
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, ErrorCode::Io);
    first_message = status.error().message;
  }
  // Also when the disk has room again: what it lost in between nobody knows.
  EXPECT_EQ(append_next(*store, next).error().message, first_message);
  EXPECT_EQ(store->sync().error().message, first_message);
  EXPECT_EQ(store->recover(instance).error().message, first_message);
  store.reset();
  EXPECT_GE(intact_prefix(directory_), 1u);
}

}  // namespace
}  // namespace parley::rocksdb
