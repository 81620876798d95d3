// SPDX-License-Identifier: Apache-2.0
#include "plugins/store/faulty/faulty.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <chrono>
#include <fstream>

#include "apps/lab/conformance/conformance.h"
#include "plugins/store/faulty/faults.h"
#include "plugins/store/faulty/frame.h"

namespace parley::faulty {
namespace {

namespace fs = std::filesystem;
constexpr InstanceId instance{1};

Config config_with(const Faults& faults, std::int64_t rewrite_after = 16 << 20) {
  return Config{{{"disk_size", static_cast<std::int64_t>(faults.disk_size)},
                 {"short_write_at", static_cast<std::int64_t>(faults.short_write_at)},
                 {"sync_fails_at", static_cast<std::int64_t>(faults.sync_fails_at)},
                 {"sync_delay", faults.sync_delay},
                 {"torn_tail", faults.torn_tail},
                 {"rewrite_after", rewrite_after}}};
}

Bytes record(std::size_t number) {
  return Bytes(number * 97 % 300, static_cast<std::uint8_t>(number));
}

class FaultyTest : public ::testing::Test {
 protected:
  FaultyTest() {
    std::string pattern = fs::temp_directory_path() / "parley_faulty_XXXXXX";
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
  }
  ~FaultyTest() override { fs::remove_all(directory_); }

  void open(const Faults& faults = {}, std::int64_t rewrite_after = 16 << 20) {
    store_.reset();
    auto opened = Factory{}.open(directory_, config_with(faults, rewrite_after));
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    store_ = std::move(*opened);
    const Result<Recovered> recovered = store_->recover(instance);
    ASSERT_TRUE(recovered.ok()) << recovered.error().message;
    next_ = 1;
    for (const Recovered::Record& one : recovered->records) {
      EXPECT_EQ(one.index.value, next_);
      EXPECT_EQ(one.bytes, record(next_)) << next_;
      ++next_;
    }
  }

  /// How many records came back when the store was opened last, and appended since.
  std::size_t count() const { return next_ - 1; }

  Status append() {
    const StoreChange change{instance, {Append{SharedBytes{record(next_++)}}}};
    return store_->append({&change, 1});
  }

  void ask_for(const std::string& faults) const {
    std::ofstream{directory_ / "new"} << faults;
    fs::rename(directory_ / "new", directory_ / faults_file);
  }

  /// Goes on in a copy of the directory, as a kill leaves it.
  void crash() {
    const fs::path copy = directory_ / "copy";
    fs::create_directory(copy);
    for (const char* name : {"log", "log.synced"}) fs::copy(directory_ / name, copy / name);
    store_.reset();
    for (const char* name : {"log", "log.synced"}) fs::rename(copy / name, directory_ / name);
  }

  void expect_failed(const Status& status, const std::string& words) {
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, ErrorCode::Io);
    EXPECT_NE(status.error().message.find(words), std::string::npos) << status.error().message;
    const std::string first = status.error().message;
    for (const Status& later : {append(), store_->sync()}) {
      ASSERT_FALSE(later.ok());
      EXPECT_EQ(later.error().message, first);
    }
    EXPECT_FALSE(store_->recover(instance).ok());
  }

  fs::path directory_;
  std::unique_ptr<Store> store_;
  std::size_t next_ = 1;
};

TEST_F(FaultyTest, WithoutFaultsPassesTheSuite) {
  static constexpr parley_field fields[] = {
      {"disk_size", PARLEY_FIELD_SIZE, 0, "0B", 0, 1, ""},
      {"short_write_at", PARLEY_FIELD_INT, 0, "0", 0, 1, ""},
      {"sync_fails_at", PARLEY_FIELD_INT, 0, "0", 0, 1, ""},
      {"sync_delay", PARLEY_FIELD_DURATION, 0, "0s", 0, 1, ""},
      {"torn_tail", PARLEY_FIELD_BOOL, 0, "false", 0, 0, ""},
      {"rewrite_after", PARLEY_FIELD_SIZE, 0, "64KiB", 4 << 10, 1 << 30, "Small: often."},
  };
  parley_plugin descriptor{};
  descriptor.kind = PARLEY_KIND_STORE;
  descriptor.name = "faulty";
  descriptor.guarantees = PARLEY_GUARANTEE_DURABLE;
  descriptor.fields = fields;
  descriptor.fields_count = std::size(fields);
  for (const Finding& finding : check_store({&descriptor, std::make_shared<Factory>()})) {
    EXPECT_TRUE(finding.passed) << finding.rule << ": " << finding.detail;
  }
}

TEST_F(FaultyTest, AFullDiskFailsTheAppendAndKeepsWhatWasSynced) {
  open({.disk_size = 4'000});
  std::size_t synced = 0;
  Status appended = append();
  for (; appended.ok(); appended = append()) {
    ASSERT_TRUE(store_->sync().ok());
    synced = count();
  }
  expect_failed(appended, "No space left on device");
  EXPECT_EQ(fs::file_size(directory_ / "log"), 4'000u);
  open();
  EXPECT_EQ(count(), synced);
  EXPECT_TRUE(append().ok());
  EXPECT_TRUE(store_->sync().ok());
}

TEST_F(FaultyTest, AShortWriteIsCutWhenTheStoreOpens) {
  open({.short_write_at = 3});
  ASSERT_TRUE(append().ok());
  ASSERT_TRUE(append().ok());
  ASSERT_TRUE(store_->sync().ok());
  const auto whole = fs::file_size(directory_ / "log");
  expect_failed(append(), "short write");
  EXPECT_GT(fs::file_size(directory_ / "log"), whole);
  open();
  EXPECT_EQ(count(), 2u);
  EXPECT_EQ(fs::file_size(directory_ / "log"), whole);
}

TEST_F(FaultyTest, AFailedSyncLosesWhatItWasToKeep) {
  open({.sync_fails_at = 2});
  ASSERT_TRUE(append().ok());
  ASSERT_TRUE(store_->sync().ok());
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(append().ok());
  expect_failed(store_->sync(), "sync failed: Input/output error");
  open();
  EXPECT_GE(count(), 1u);
  EXPECT_LT(count(), 11u);
}

TEST_F(FaultyTest, ATornTailIsWhatWasNotSynced) {
  open();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(append().ok());
  ASSERT_TRUE(store_->sync().ok());
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(append().ok());
  crash();
  open({.torn_tail = true});
  EXPECT_GE(count(), 5u);
  EXPECT_LT(count(), 25u);
  const std::size_t kept = count();
  open({.torn_tail = true});
  EXPECT_EQ(count(), kept) << "what an opening kept is durable";
}

TEST_F(FaultyTest, ASyncTakesItsDelay) {
  open({.sync_delay = 30ms});
  ASSERT_TRUE(append().ok());
  const auto before = std::chrono::steady_clock::now();
  ASSERT_TRUE(store_->sync().ok());
  EXPECT_GE(std::chrono::steady_clock::now() - before, 30ms);
}

TEST_F(FaultyTest, TheControlFileStandsForTheConfiguration) {
  open({.short_write_at = 4});
  ASSERT_TRUE(append().ok());
  ask_for("# none\n");
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(append().ok());
  ASSERT_TRUE(store_->sync().ok());
  ask_for("sync_fails_at = 2 # from here\n");
  ASSERT_TRUE(append().ok());
  ASSERT_TRUE(store_->sync().ok());
  ASSERT_TRUE(append().ok());
  expect_failed(store_->sync(), "sync_fails_at = 2");
  fs::remove(directory_ / faults_file);
  open();
  EXPECT_EQ(count(), 7u);
}

TEST_F(FaultyTest, AControlFileThatMakesNoSenseFailsTheStore) {
  open();
  ask_for("disk_size = 1\ndisksize = 2\n");
  const Status appended = append();
  ASSERT_FALSE(appended.ok());
  EXPECT_NE(appended.error().message.find("line 2: expected one of disk_size"), std::string::npos)
      << appended.error().message;
}

TEST_F(FaultyTest, ALogThatIsWrittenAnewIsShortAndWhole) {
  open({}, 4 << 10);
  for (int round = 0; round < 200; ++round) {
    ASSERT_TRUE(append().ok());
    const StoreChange trim{instance, {TrimPrefix{LogIndex{next_ > 10 ? next_ - 10 : 0}}}};
    ASSERT_TRUE(store_->append({&trim, 1}).ok());
    ASSERT_TRUE(store_->sync().ok());
  }
  EXPECT_LT(fs::file_size(directory_ / "log"), 20'000u);
  const Recovered before = store_->recover(instance).value();
  store_.reset();
  store_ = Factory{}.open(directory_, config_with({})).value();
  const Recovered after = store_->recover(instance).value();
  ASSERT_EQ(after.records.size(), before.records.size());
  EXPECT_EQ(after.records.front().index, before.records.front().index);
  EXPECT_EQ(after.records.back().bytes, record(200));
}

TEST_F(FaultyTest, DamageBeforeWhatWasSyncedIsRefused) {
  open();
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(append().ok());
    ASSERT_TRUE(store_->sync().ok());
  }
  store_.reset();
  std::fstream log{directory_ / "log", std::ios::in | std::ios::out | std::ios::binary};
  log.seekp(static_cast<std::streamoff>(head_size + 30));
  log.put('?');
  log.close();
  const auto opened = Factory{}.open(directory_, config_with({}));
  ASSERT_FALSE(opened.ok());
  EXPECT_NE(opened.error().message.find("byte 24: expected an intact log"), std::string::npos)
      << opened.error().message;
}

TEST_F(FaultyTest, ACutLogLeavesWholeAppends) {
  open();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(append().ok());
  store_.reset();
  std::size_t before = 20;
  for (auto size = fs::file_size(directory_ / "log"); size > head_size; size -= size / 40 + 1) {
    if (size > fs::file_size(directory_ / "log")) continue;
    fs::resize_file(directory_ / "log", std::max<std::uintmax_t>(size, head_size));
    open();
    EXPECT_LE(count(), before);
    before = count();
    store_.reset();
  }
  EXPECT_LE(before, 1u);
}

TEST(FaultsFileTest, SaysWhatIsWrongWithALine) {
  const auto message = [](std::string_view text) { return parse_faults(text).error().message; };
  EXPECT_EQ(message("x"), "line 1: expected key = value, found 'x'");
  EXPECT_EQ(message("\n\ndisk_size = -1"),
            "line 3: expected a whole number, found 'disk_size = -1'");
  EXPECT_EQ(message("torn_tail = yes"), "line 1: expected true or false, found 'torn_tail = yes'");
  EXPECT_EQ(message("sync_delay = 10ms"),
            "line 1: expected milliseconds, at most 3600000, found 'sync_delay = 10ms'");
  EXPECT_EQ(parse_faults("torn_tail = true\nsync_delay=7").value(),
            (Faults{.sync_delay = 7ms, .torn_tail = true}));
}

TEST(FaultyFrameTest, HostilePayloadsAreRefused) {
  const std::vector<StoreChange> changes{
      {instance, {Append{SharedBytes{view_of("one")}}}},
      {instance, {Snapshot{LogIndex{3}, {SharedBytes{view_of("two")}, SharedBytes{}}}}}};
  const Bytes sound = encode_changes(changes);
  ASSERT_TRUE(decode_changes(sound));
  for (std::size_t size = 1; size < sound.size(); ++size) {
    const auto cut = decode_changes(ByteView{sound}.first(size));
    // The first change alone is whole too.
    EXPECT_TRUE(!cut || cut->size() < changes.size()) << size;
  }
  Bytes unknown = sound;
  unknown[2] = 9;
  EXPECT_FALSE(decode_changes(unknown));
}

}  // namespace
}  // namespace parley::faulty
