// SPDX-License-Identifier: Apache-2.0
#include "plugins/store/rocksdb/rocksdb.h"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <map>

#include "core/base/assert.h"
#include "core/base/overloaded.h"
#include "plugins/store/rocksdb/layout.h"
#include "plugins/store/rocksdb/wal_scan.h"

namespace parley::rocksdb {
namespace {

namespace engine = ::rocksdb;

engine::Slice slice(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
ByteView view(const engine::Slice& bytes) {
  return view_of({bytes.data(), bytes.size()});
}

/// An instance's head, and where its log ends.
struct Log {
  Head head{};
  std::uint64_t last = 0;
};

/// Turns changes into one write batch; the logs run ahead of the database.
class BatchWriter {
 public:
  BatchWriter(InstanceId instance, Log& log, engine::WriteBatch& batch)
      : instance_(instance), log_(log), batch_(batch) {}

  void apply(const Persist& persist) {
    std::visit(overloaded{
                   [&](const Append& append) { put(Part::Record, ++log_.last, append.record); },
                   [&](const TruncateSuffix& truncate) { truncate_from(truncate.index.value); },
                   [&](const TrimPrefix& prefix) {
                     trim(prefix.index.value);
                     put_head();
                   },
                   [&](const Snapshot& snapshot) { replace_snapshot(snapshot); },
               },
               persist.change);
  }

 private:
  void put(Part part, std::uint64_t number, ByteView content) {
    const std::string key = key_of(instance_, part, number);
    check(batch_.Put(key, seal_value(key, content)));
  }
  void put_head() { put(Part::Head, 0, encode_head(log_.head)); }

  /// Drops numbers in [first, end).
  void erase(Part part, std::uint64_t first, std::uint64_t end) {
    if (first >= end) return;
    check(batch_.DeleteRange(key_of(instance_, part, first), key_of(instance_, part, end)));
  }

  void truncate_from(std::uint64_t index) {
    const std::uint64_t first = std::max(index, log_.head.trimmed + 1);
    erase(Part::Record, first, log_.last + 1);
    log_.last = std::min(log_.last, first - 1);
  }

  void trim(std::uint64_t through) {
    if (through <= log_.head.trimmed) return;
    erase(Part::Record, log_.head.trimmed + 1, std::min(through, log_.last) + 1);
    log_.head.trimmed = through;
    log_.last = std::max(log_.last, through);
  }

  void replace_snapshot(const Snapshot& snapshot) {
    erase(Part::Chunk, snapshot.chunks.size(), log_.head.chunks_count);
    for (std::size_t i = 0; i < snapshot.chunks.size(); ++i) {
      put(Part::Chunk, i, snapshot.chunks[i]);
    }
    trim(snapshot.index.value);
    log_.head.snapshot_index = snapshot.index.value;
    log_.head.chunks_count = snapshot.chunks.size();
    put_head();
  }

  /// A batch lives in memory and has no limit of its own.
  static void check(const engine::Status& status) { PARLEY_ASSERT(status.ok()); }

  InstanceId instance_;
  Log& log_;
  engine::WriteBatch& batch_;
};

class RocksDb final : public Store {
 public:
  RocksDb(std::string directory, std::unique_ptr<engine::DB> db, std::uint64_t segment_bytes)
      : directory_(std::move(directory)), db_(std::move(db)), segment_bytes_(segment_bytes) {
    synced_through_ = db_->GetLatestSequenceNumber();
  }

  Result<Recovered> recover(InstanceId instance) override {
    if (failed_) return *failed_;
    Log log;
    Result<Recovered> recovered = read(instance, log);
    if (recovered) logs_[instance] = log;
    return recovered;
  }

  Status append(std::span<const StoreChange> changes) override {
    if (failed_) return *failed_;
    batch_.Clear();
    // First, so that every batch says what was durable before it (wal_scan.h).
    if (auto status = batch_.PutLogData(slice(encode_watermark(synced_through_))); !status.ok()) {
      return fail("append", status);
    }
    for (const StoreChange& change : changes) {
      const auto log = logs_.find(change.instance);
      PARLEY_ASSERT(log != logs_.end());  // Recovered before written to.
      BatchWriter{change.instance, log->second, batch_}.apply(change.persist);
    }
    if (batch_.Count() == 0) return {};
    if (auto status = db_->Write({}, &batch_); !status.ok()) return fail("append", status);
    unsynced_ = true;
    segment_used_ += batch_.GetDataSize();
    // Bounds memory even if nobody ever syncs.
    if (segment_used_ >= 2 * segment_bytes_) return sync();
    return {};
  }

  Status sync() override {
    if (failed_) return *failed_;
    if (!unsynced_) return {};
    if (auto status = db_->FlushWAL(true); !status.ok()) return fail("sync", status);
    synced_through_ = db_->GetLatestSequenceNumber();
    unsynced_ = false;
    return segment_used_ < segment_bytes_ ? Status{} : next_segment();
  }

 private:
  /// Only here does a log file end, hence never with anything unsynced in it:
  /// a crash cannot take the end of one file and leave the beginning of the next.
  Status next_segment() {
    engine::FlushOptions options;
    options.wait = false;
    options.allow_write_stall = true;
    if (auto status = db_->Flush(options); !status.ok()) return fail("flush", status);
    segment_used_ = 0;
    return {};
  }

  Error fail(const char* what, const engine::Status& status) {
    failed_ = Error{ErrorCode::Io, directory_ + ": " + what + " failed: " + status.ToString()};
    return *failed_;
  }

  Error damaged(InstanceId instance, const std::string& what) const {
    return {ErrorCode::Io,
            directory_ + ": instance " + std::to_string(instance.value) + ": " + what};
  }

  Result<Recovered> read(InstanceId instance, Log& log) {
    Recovered recovered;
    const std::string begin = key_of(instance, Part::Head, 0);
    const std::string end = key_of(instance, Part::Record, UINT64_MAX);
    const engine::Slice bound{end};
    engine::ReadOptions options;
    options.iterate_upper_bound = &bound;
    options.fill_cache = false;
    const std::unique_ptr<engine::Iterator> row{db_->NewIterator(options)};
    for (row->Seek(begin); row->Valid(); row->Next()) {
      const std::string key = row->key().ToString();
      const std::optional<ByteView> content = open_value(key, view(row->value()));
      if (!content || key.size() != begin.size()) {
        return damaged(instance,
                       "expected an intact entry, found a damaged one at key " + to_hex_key(key));
      }
      if (Status added = add(instance, key, *content, log, recovered); !added) {
        return added.error();
      }
    }
    if (!row->status().ok()) return fail("recover", row->status());
    if (recovered.snapshot_chunks.size() != log.head.chunks_count) {
      return damaged(instance, "expected " + std::to_string(log.head.chunks_count) +
                                   " snapshot chunks, found " +
                                   std::to_string(recovered.snapshot_chunks.size()));
    }
    return recovered;
  }

  /// Entries come in the order of the keys: head, chunks, records.
  Status add(InstanceId instance, const std::string& key, ByteView content, Log& log,
             Recovered& recovered) const {
    const std::uint64_t number = number_of(key);
    switch (static_cast<Part>(key[2])) {
      case Part::Head: {
        const std::optional<Head> head = decode_head(content);
        if (!head) return damaged(instance, "the log's head is malformed");
        log = {*head, head->trimmed};
        recovered.snapshot_index = LogIndex{head->snapshot_index};
        return {};
      }
      case Part::Chunk:
        if (number != recovered.snapshot_chunks.size()) break;
        recovered.snapshot_chunks.push_back(to_bytes(content));
        return {};
      case Part::Record:
        if (number != log.last + 1) break;
        log.last = number;
        recovered.records.push_back({LogIndex{number}, to_bytes(content)});
        return {};
    }
    return damaged(instance, "expected record " + std::to_string(log.last + 1) + ", found " +
                                 std::to_string(number));
  }

  static std::string to_hex_key(const std::string& key) {
    return engine::Slice{key}.ToString(/*hex=*/true);
  }

  std::string directory_;
  std::unique_ptr<engine::DB> db_;
  std::uint64_t segment_bytes_;
  std::uint64_t segment_used_ = 0;
  std::uint64_t synced_through_ = 0;
  bool unsynced_ = false;
  std::map<InstanceId, Log> logs_;
  engine::WriteBatch batch_;
  std::optional<Error> failed_;
};

/// The engine's own log would be a file on the same disk: when that is full, its
/// second failed line aborts the process. What matters comes back as a status.
class NoLog final : public engine::Logger {
 public:
  using engine::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

engine::Options engine_options(std::uint64_t segment_bytes) {
  engine::Options options;
  options.create_if_missing = true;
  options.paranoid_checks = true;
  options.info_log = std::make_shared<NoLog>();
  options.info_log_level = engine::FATAL_LEVEL;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  options.max_background_jobs = 2;
  options.max_open_files = 64;
  // An append stays in the process; sync is one write and one fdatasync.
  options.manual_wal_flush = true;
  options.wal_recovery_mode = engine::WALRecoveryMode::kPointInTimeRecovery;
  options.avoid_flush_during_recovery =
      false;  // What recovery kept must not depend on the old log.
  options.allow_concurrent_memtable_write = false;
  // Never full by itself: segments end where the store says (next_segment).
  options.write_buffer_size = 8 * segment_bytes;
  options.max_write_buffer_number = 4;
  options.compression = engine::kNoCompression;
  engine::BlockBasedTableOptions table;
  table.block_cache = engine::NewLRUCache(1 << 20);
  options.table_factory.reset(engine::NewBlockBasedTableFactory(table));
  return options;
}

/// The engine does not say whether somebody else has the directory; its lock does.
class DirectoryLock {
 public:
  DirectoryLock(engine::Env& env, const std::string& directory) : env_(env) {
    status_ = env_.LockFile(directory + "/LOCK", &lock_);
  }
  ~DirectoryLock() {
    if (status_.ok()) env_.UnlockFile(lock_).PermitUncheckedError();
  }
  DirectoryLock(const DirectoryLock&) = delete;
  DirectoryLock& operator=(const DirectoryLock&) = delete;
  const engine::Status& status() const { return status_; }

 private:
  engine::Env& env_;
  engine::FileLock* lock_ = nullptr;
  engine::Status status_;
};

/// What point-in-time recovery would keep, found without changing a file.
Result<std::uint64_t> sequence_kept(const std::string& directory, const engine::Options& options) {
  engine::DB* raw = nullptr;
  const engine::Status status = engine::DB::OpenForReadOnly(options, directory, &raw);
  const std::unique_ptr<engine::DB> db{raw};
  if (!status.ok()) return Error{ErrorCode::Io, directory + ": " + status.ToString()};
  return db->GetLatestSequenceNumber();
}

/// Refuses a directory whose recovery would lose what was synced.
Status check_logs(const std::string& directory, const engine::Options& options) {
  const Result<WalScan> scan = scan_wal_files(directory);
  if (!scan) return scan.error();
  if (!scan->damage) return {};
  const Result<std::uint64_t> kept = sequence_kept(directory, options);
  if (!kept) return kept.error();
  if (scan->synced_through <= *kept) return {};
  return Error{ErrorCode::Io,
               scan->damage->file.string() + ": expected an intact log, found damage at byte " +
                   std::to_string(scan->damage->offset) + " before data that was synced (entry " +
                   std::to_string(scan->synced_through) + ", recoverable up to " +
                   std::to_string(*kept) + ")"};
}

/// Marks a new database as ours, and refuses one that is not.
Status check_format(engine::DB& db, const std::string& directory) {
  std::string found;
  const engine::Status status = db.Get({}, format_key, &found);
  if (status.ok()) {
    if (found == format_value) return {};
    return Error{
        ErrorCode::Configuration,
        directory + ": expected format '" + std::string{format_value} + "', found '" + found + "'"};
  }
  if (!status.IsNotFound()) return Error{ErrorCode::Io, directory + ": " + status.ToString()};
  const std::unique_ptr<engine::Iterator> row{db.NewIterator({})};
  row->SeekToFirst();
  if (row->Valid()) {
    return Error{ErrorCode::Configuration,
                 directory + ": expected a store of Parley, found another RocksDB database"};
  }
  engine::WriteOptions durable;
  engine::Status written = db.Put(durable, format_key, std::string{format_value});
  if (written.ok()) written = db.FlushWAL(true);
  if (!written.ok()) return Error{ErrorCode::Io, directory + ": " + written.ToString()};
  return {};
}

}  // namespace

Result<std::unique_ptr<Store>> Factory::open(const std::filesystem::path& directory,
                                             const Config& config) const {
  const std::string path = directory.string();
  const auto segment_bytes = static_cast<std::uint64_t>(config.integer("segment_size"));
  const engine::Options options = engine_options(segment_bytes);
  {
    const DirectoryLock lock{*options.env, path};
    if (!lock.status().ok()) {
      return Error{ErrorCode::Io, path + ": expected to be the directory's only user: " +
                                      lock.status().ToString()};
    }
    if (Status checked = check_logs(path, options); !checked) return checked.error();
  }
  engine::DB* raw = nullptr;
  const engine::Status status = engine::DB::Open(options, path, &raw);
  std::unique_ptr<engine::DB> db{raw};
  if (!status.ok()) return Error{ErrorCode::Io, path + ": " + status.ToString()};
  if (Status marked = check_format(*db, path); !marked) return marked.error();
  return std::unique_ptr<Store>{std::make_unique<RocksDb>(path, std::move(db), segment_bytes)};
}

}  // namespace parley::rocksdb
