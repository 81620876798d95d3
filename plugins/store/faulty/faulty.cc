// SPDX-License-Identifier: Apache-2.0
#include "plugins/store/faulty/faulty.h"

#include <time.h>

#include <map>
#include <optional>
#include <string>

#include "core/base/assert.h"
#include "core/base/codec.h"
#include "plugins/store/faulty/disk_file.h"
#include "plugins/store/faulty/faults.h"
#include "plugins/store/faulty/frame.h"
#include "plugins/store/faulty/log_state.h"

namespace parley::faulty {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t rewrite_factor = 4;

void wait_for(Duration span) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(span);
  timespec left{.tv_sec = seconds.count(), .tv_nsec = (span - seconds).count()};
  while (::nanosleep(&left, &left) != 0) {
  }
}

/// Survives the process but no power cut, which is enough to know, after a kill,
/// what a power cut at that moment would have spared.
struct SyncedMark {
  std::uint64_t generation = 0;  ///< Of the log that it speaks of.
  std::uint64_t size = 0;
};

class Faulty final : public Store {
 public:
  Faulty(fs::path directory, std::uint64_t rewrite_after, const Faults& configured)
      : directory_(std::move(directory)),
        rewrite_after_(rewrite_after),
        configured_(configured),
        control_(directory_ / faults_file) {}

  /// The first call of all. Effect: the file is read, its torn end cut off.
  Status open() {
    if (Status known = look_for_faults(); !known) return known;
    Result<DiskFile> mark = DiskFile::open(directory_ / "log.synced");
    if (!mark) return mark.error();
    mark_ = std::move(*mark);
    if (!fs::exists(directory_ / "log")) return write_anew();
    Result<DiskFile> log = DiskFile::open(directory_ / "log");
    if (!log) return log.error();
    log_ = std::move(*log);
    return read_log();
  }

  Result<Recovered> recover(InstanceId instance) override {
    if (failed_) return *failed_;
    return logs_[instance].recovered();
  }

  Status append(std::span<const StoreChange> changes) override {
    if (failed_) return *failed_;
    if (changes.empty()) return {};
    if (Status known = look_for_faults(); !known) return fail(known.error());
    for (const StoreChange& change : changes) {
      const auto log = logs_.find(change.instance);
      PARLEY_ASSERT(log != logs_.end());  // Recovered before written to.
      log->second.apply(change.persist);
    }
    Bytes frame;
    write_frame(frame, synced_, encode_changes(changes));
    ++appends_;
    const ByteView whole{frame};
    if (appends_ == faults_.short_write_at) {
      return break_off(whole.first(whole.size() / 2), "append failed: short write",
                       "short_write_at = " + std::to_string(faults_.short_write_at));
    }
    if (faults_.disk_size > 0 && size_ + frame.size() > faults_.disk_size) {
      const std::uint64_t room = faults_.disk_size - std::min(faults_.disk_size, size_);
      return break_off(whole.first(static_cast<std::size_t>(room)),
                       "append failed: No space left on device",
                       "disk_size = " + std::to_string(faults_.disk_size));
    }
    if (Status written = log_.write_at(size_, frame); !written) return fail(written.error());
    size_ += frame.size();
    return {};
  }

  Status sync() override {
    if (failed_) return *failed_;
    if (size_ == synced_) return {};
    if (Status known = look_for_faults(); !known) return fail(known.error());
    wait_for(faults_.sync_delay);
    if (++syncs_ == faults_.sync_fails_at) return fail_sync();
    if (Status synced = log_.sync(); !synced) return fail(synced.error());
    if (Status marked = mark_synced(size_); !marked) return fail(marked.error());
    if (size_ < std::max(rewrite_after_, rewrite_factor * size_anew_)) return {};
    Status written = write_anew();
    return written ? written : fail(written.error());
  }

 private:
  Error fail(Error error) {
    failed_ = std::move(error);
    return *failed_;
  }
  Error injected(const std::string& what, const std::string& fault) const {
    return {ErrorCode::Io,
            (directory_ / "log").string() + ": " + what + " (asked for by " + fault + ")"};
  }

  /// A changed control file counts appends and syncs from its own beginning.
  Status look_for_faults() {
    const Result<FaultsFile::Reading> reading = control_.read();
    if (!reading) return reading.error();
    if (!reading->changed) return {};
    faults_ = reading->faults.value_or(configured_);
    appends_ = 0;
    syncs_ = 0;
    return {};
  }

  Error break_off(ByteView part, const std::string& what, const std::string& fault) {
    if (Status written = log_.write_at(size_, part); !written) return fail(written.error());
    return fail(injected(what, fault));
  }

  /// A failed sync may have lost any part of what it was to keep; here, half.
  Error fail_sync() {
    const std::uint64_t left = synced_ + (size_ - synced_) / 2;
    if (Status cut = log_.truncate(left); !cut) return fail(cut.error());
    return fail(injected("sync failed: Input/output error",
                         "sync_fails_at = " + std::to_string(faults_.sync_fails_at)));
  }

  Status mark_synced(std::uint64_t size) {
    synced_ = size;
    Bytes bytes;
    Writer out{bytes};
    out.u64(generation_);
    out.u64(size);
    return mark_.write_at(0, bytes);
  }

  std::optional<SyncedMark> read_mark() const {
    const Result<Bytes> bytes = mark_.read_all();
    if (!bytes || bytes->size() != 16) return std::nullopt;
    Reader in{*bytes};
    SyncedMark mark;
    mark.generation = in.u64();
    mark.size = in.u64();
    return mark;
  }

  Status read_log() {
    Result<Bytes> content = log_.read_all();
    if (!content) return content.error();
    const std::optional<std::uint64_t> generation = decode_head(*content);
    if (!generation) return damaged(0, "expected the head of a log");
    generation_ = *generation;
    if (faults_.torn_tail) tear(*content);
    const Scan scan = scan_frames(*content);
    if (scan.damaged) {
      return damaged(scan.intact, "expected an intact log, found damage before what was synced");
    }
    for (const ByteView payload : scan.payloads) {
      const auto changes = decode_changes(payload);
      if (!changes) return damaged(scan.intact, "expected changes, found something else");
      for (const StoreChange& change : *changes) logs_[change.instance].apply(change.persist);
    }
    size_ = scan.intact;
    if (Status cut = log_.truncate(size_); !cut) return cut;
    if (Status synced = log_.sync(); !synced) return synced;
    return mark_synced(size_);
  }

  void tear(Bytes& content) const {
    const std::optional<SyncedMark> mark = read_mark();
    // A log without a mark of its own was synced as a whole when it was made.
    if (!mark || mark->generation != generation_ || mark->size >= content.size()) return;
    content.resize(static_cast<std::size_t>(mark->size + (content.size() - mark->size) / 2));
  }

  Error damaged(std::uint64_t offset, const std::string& what) const {
    return {ErrorCode::Io,
            (directory_ / "log").string() + ": byte " + std::to_string(offset) + ": " + what};
  }

  /// The state in a new file, which takes the old one's place at once.
  Status write_anew() {
    const std::uint64_t generation = generation_ + 1;
    Bytes content = encode_head(generation);
    for (const auto& [instance, log] : logs_) {
      // What the file begins with is durable before anything is added to it.
      write_frame(content, 0, encode_changes(log.as_changes(instance)));
    }
    std::error_code failure;
    fs::remove(directory_ / "log.new", failure);
    Result<DiskFile> file = DiskFile::open(directory_ / "log.new");
    if (!file) return file.error();
    if (Status written = file->write_at(0, content); !written) return written;
    if (Status synced = file->sync(); !synced) return synced;
    fs::rename(directory_ / "log.new", directory_ / "log", failure);
    if (failure) return damaged(0, "rename failed: " + failure.message());
    if (Status synced = sync_directory(directory_); !synced) return synced;
    log_ = std::move(*file);
    generation_ = generation;
    size_ = content.size();
    size_anew_ = size_;
    return mark_synced(size_);
  }

  fs::path directory_;
  std::uint64_t rewrite_after_;
  Faults configured_;
  Faults faults_ = configured_;
  FaultsFile control_;
  DiskFile log_;
  DiskFile mark_;
  std::uint64_t generation_ = 0;
  std::uint64_t size_ = 0;       ///< Of the log.
  std::uint64_t synced_ = 0;     ///< So much of it is durable.
  std::uint64_t size_anew_ = 0;  ///< When it was last written anew.
  std::uint64_t appends_ = 0;    ///< Since the faults were read, as are syncs.
  std::uint64_t syncs_ = 0;
  std::map<InstanceId, LogState> logs_;
  std::optional<Error> failed_;
};

}  // namespace

Result<std::unique_ptr<Store>> Factory::open(const fs::path& directory,
                                             const Config& config) const {
  auto store = std::make_unique<Faulty>(
      directory, static_cast<std::uint64_t>(config.integer("rewrite_after")), faults_of(config));
  if (Status opened = store->open(); !opened) return opened.error();
  return std::unique_ptr<Store>{std::move(store)};
}

}  // namespace parley::faulty
