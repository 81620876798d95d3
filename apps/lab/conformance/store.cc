// SPDX-License-Identifier: Apache-2.0
//
// A store against a model of it: random changes to several instances, compared
// after syncs, reopenings, and crashes played by copying the directory of a
// running store.
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>

#include "apps/lab/conformance/conformance.h"
#include "apps/lab/conformance/default_config.h"
#include "core/base/overloaded.h"
#include "core/base/prng.h"

namespace parley {
namespace {

constexpr std::size_t instances_count = 5;

InstanceId instance(std::size_t number) {
  // Far apart, so that one's keys cannot run into the next's by one digit.
  return InstanceId{static_cast<std::uint16_t>(1 + number * 0x3FF1)};
}

/// A directory of its own, gone with the object.
class ScratchDirectory {
 public:
  ScratchDirectory() {
    std::error_code failure;
    std::string pattern = std::filesystem::temp_directory_path(failure) / "parley_store_XXXXXX";
    if (!failure && ::mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  ~ScratchDirectory() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Names, sizes and times of all files: equal lists, equal directories.
std::vector<std::string> listing(const std::filesystem::path& directory) {
  std::vector<std::string> list;
  std::error_code failure;
  std::filesystem::recursive_directory_iterator entry{directory, failure};
  for (; !failure && entry != std::filesystem::recursive_directory_iterator{};
       entry.increment(failure)) {
    std::error_code gone;
    const auto changed = entry->last_write_time(gone).time_since_epoch().count();
    const auto size = entry->is_regular_file(gone) ? entry->file_size(gone) : 0;
    list.push_back(entry->path().string() + " " + std::to_string(size) + " " +
                   std::to_string(changed));
  }
  std::sort(list.begin(), list.end());
  return list;
}

/// Copies the directory of a running store as one moment saw it: a store may
/// tidy up in the background, so a copy that it ran into is taken again.
bool copy_at_one_moment(const std::filesystem::path& from, const std::filesystem::path& to) {
  constexpr int attempts_max = 1'000;
  for (int attempt = 0; attempt < attempts_max; ++attempt) {
    std::error_code failure;
    std::filesystem::remove_all(to, failure);
    const std::vector<std::string> before = listing(from);
    std::filesystem::copy(from, to, std::filesystem::copy_options::recursive, failure);
    if (!failure && listing(from) == before) return true;
  }
  return false;
}

/// What one instance's log must look like.
struct ModelLog {
  LogIndex snapshot_index{};
  std::vector<Bytes> chunks{};
  std::uint64_t trimmed = 0;
  std::vector<Bytes> records{};

  std::uint64_t last() const { return trimmed + records.size(); }

  void apply(const Persist& persist) {
    std::visit(overloaded{
                   [&](const Append& append) { records.push_back(to_bytes(append.record)); },
                   [&](const TruncateSuffix& truncate) {
                     while (!records.empty() && last() >= truncate.index.value) records.pop_back();
                   },
                   [&](const TrimPrefix& prefix) { trim(prefix.index.value); },
                   [&](const Snapshot& snapshot) {
                     snapshot_index = snapshot.index;
                     chunks.clear();
                     for (const SharedBytes& chunk : snapshot.chunks) {
                       chunks.push_back(to_bytes(chunk));
                     }
                     trim(snapshot.index.value);
                   },
               },
               persist.change);
  }

  bool matches(const Recovered& recovered) const {
    if (recovered.snapshot_index != snapshot_index || recovered.snapshot_chunks != chunks ||
        recovered.records.size() != records.size()) {
      return false;
    }
    for (std::size_t i = 0; i < records.size(); ++i) {
      const Recovered::Record& record = recovered.records[i];
      if (record.index.value != trimmed + 1 + i || record.bytes != records[i]) return false;
    }
    return true;
  }

 private:
  void trim(std::uint64_t through) {
    if (through <= trimmed) return;
    const std::uint64_t gone = std::min<std::uint64_t>(through - trimmed, records.size());
    records.erase(records.begin(), records.begin() + static_cast<std::ptrdiff_t>(gone));
    trimmed = through;
  }
};

using Model = std::map<InstanceId, ModelLog>;

Bytes random_bytes(Prng& prng, std::size_t size) {
  Bytes bytes(size);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(prng.next());
  return bytes;
}

/// Records from empty to a few kilobytes, so that batches cross log blocks.
SharedBytes random_record(Prng& prng) {
  const std::uint64_t bound = prng.chance(50'000) ? 8'000 : 100;
  return SharedBytes{random_bytes(prng, prng.below(bound))};
}

Persist random_change(Prng& prng, const ModelLog& log) {
  const std::uint64_t choice = prng.below(100);
  if (choice < 75) return {Append{random_record(prng)}};
  if (choice < 85) {
    const std::uint64_t depth = std::min<std::uint64_t>(log.records.size(), prng.below(4));
    return {TruncateSuffix{LogIndex{log.last() + 1 - depth}}};
  }
  const std::uint64_t through = log.trimmed + prng.below(log.records.size() + 1);
  if (choice < 92) return {TrimPrefix{LogIndex{through}}};
  // One snapshot in ten comes from a peer and stands for more than the log had.
  const std::uint64_t index = prng.chance(100'000) ? log.last() + 1 + prng.below(5) : through;
  Snapshot snapshot{LogIndex{std::max(index, log.snapshot_index.value)}, {}};
  for (std::uint64_t i = prng.below(4); i > 0; --i) snapshot.chunks.push_back(random_record(prng));
  return {std::move(snapshot)};
}

/// One store and the model of what it must hold.
class StoreSuite {
 public:
  explicit StoreSuite(const Plugin& plugin)
      : factory_(*static_cast<const StoreFactory*>(plugin.factory.get())),
        config_(default_config(*plugin.descriptor)),
        declared_durable_((plugin.descriptor->guarantees & PARLEY_GUARANTEE_DURABLE) != 0) {}

  Findings run() {
    expect(findings_, "the guarantee `durable` and the factory agree",
           factory_.durable() == declared_durable_);
    if (!expect(findings_, "a temporary directory can be made", !scratch_.path().empty()) ||
        !open(scratch_.path() / "store", "an empty directory can be opened")) {
      return std::move(findings_);
    }
    check_empty();
    check_sizes();
    check_random_changes();
    check_many_records();
    check_durability();
    return std::move(findings_);
  }

 private:
  static constexpr const char* rule_model =
      "recover gives the snapshot and, without gaps, the records after it";

  bool open(const std::filesystem::path& directory, const char* rule) {
    store_.reset();
    std::error_code failure;
    std::filesystem::create_directories(directory, failure);
    Result<std::unique_ptr<Store>> opened = factory_.open(directory, config_);
    if (!opened) return expect(findings_, rule, false, opened.error().message);
    store_ = std::move(*opened);
    return expect(findings_, rule, store_ != nullptr);
  }

  /// Whether the store holds `model`; else `why` says what differs.
  bool holds(const Model& model, std::string& why) {
    for (std::size_t i = 0; i < instances_count; ++i) {
      const Result<Recovered> recovered = store_->recover(instance(i));
      if (!recovered) {
        why = recovered.error().message;
        return false;
      }
      const auto log = model.find(instance(i));
      if (!(log == model.end() ? ModelLog{} : log->second).matches(*recovered)) {
        why = "instance " + std::to_string(instance(i).value) + " differs from the model";
        return false;
      }
    }
    return true;
  }

  bool expect_model(const char* rule) {
    std::string why;
    const bool held = holds(model_, why);
    return expect(findings_, rule, held, why);
  }

  bool append(const std::vector<StoreChange>& changes) {
    for (const StoreChange& change : changes) model_[change.instance].apply(change.persist);
    const Status appended = store_->append(changes);
    if (!appended) expect(findings_, "append succeeds", false, appended.error().message);
    return appended.ok();
  }

  bool sync() {
    const Status synced = store_->sync();
    if (!synced) expect(findings_, "sync succeeds", false, synced.error().message);
    return synced.ok();
  }

  std::vector<StoreChange> random_batch() {
    std::vector<StoreChange> batch;
    Model ahead = model_;
    for (std::uint64_t i = 1 + prng_.below(6); i > 0; --i) {
      const InstanceId target = instance(prng_.below(instances_count));
      batch.push_back({target, random_change(prng_, ahead[target])});
      ahead[target].apply(batch.back().persist);
    }
    return batch;
  }

  void check_empty() {
    expect_model("an instance never written is empty");
    const Status appended = store_->append({});
    expect(findings_, "appending nothing is fine", appended.ok());
    expect(findings_, "syncing nothing is fine", store_->sync().ok());
  }

  void check_sizes() {
    const Bytes large = random_bytes(prng_, std::size_t{1} << 20);
    const bool appended = append({{instance(0), {Append{SharedBytes{}}}},
                                  {instance(0), {Append{SharedBytes{large}}}},
                                  {instance(0), {Append{SharedBytes{}}}},
                                  {instance(1), {Snapshot{LogIndex{7}, {SharedBytes{large}}}}},
                                  {instance(2), {Snapshot{LogIndex{3}, {}}}}});
    if (appended && sync()) {
      expect_model("empty records and records of 1 MiB come back as they were");
    }
  }

  void check_random_changes() {
    constexpr int rounds_count = 30;
    for (int round = 0; round < rounds_count; ++round) {
      for (std::uint64_t i = prng_.below(20); i > 0; --i) {
        if (!append(random_batch())) return;
      }
      std::string why;
      if (!sync() || !holds(model_, why)) {
        expect(findings_, rule_model, false, "round " + std::to_string(round) + ": " + why);
        return;
      }
    }
    expect(findings_, rule_model, true);
  }

  void check_many_records() {
    const InstanceId target = instance(3);
    const std::uint64_t first = model_[target].last() + 1;
    std::vector<StoreChange> batch;
    for (int i = 0; i < 2'000; ++i) batch.push_back({target, {Append{random_record(prng_)}}});
    batch.push_back({target, {TrimPrefix{LogIndex{first + 1'000}}}});
    batch.push_back({target, {TruncateSuffix{LogIndex{first + 1'500}}}});
    batch.push_back({target, {Append{SharedBytes{view_of("after the cut")}}}});
    if (append(batch) && sync()) {
      expect_model("changes of one batch apply in their order");
    }
  }

  void check_durability() {
    constexpr const char* rule_reopen = "reopening after a sync loses nothing";
    constexpr const char* rule_crash =
        "a crash keeps what was synced, and of the rest whole batches in order";
    if (!factory_.durable()) {
      expect(findings_, rule_reopen, true, "not applicable: the store is not durable");
      expect(findings_, rule_crash, true, "not applicable: the store is not durable");
      return;
    }
    for (int round = 0; round < 3; ++round) {
      if (!open(scratch_.path() / "store", "a used directory can be opened again")) return;
      if (!expect_model(rule_reopen)) return;
      if (!append(random_batch()) || !sync()) return;
    }
    for (int round = 0; round < 5; ++round) {
      if (!crash(round, rule_crash)) return;
    }
  }

  /// Effect: goes on in a copy of the directory, taken while appends are pending.
  bool crash(int round, const char* rule) {
    std::vector<Model> prefixes{model_};
    for (std::uint64_t i = prng_.below(30); i > 0; --i) {
      if (!append(random_batch())) return false;
      prefixes.push_back(model_);
    }
    const std::filesystem::path image = scratch_.path() / ("image" + std::to_string(round));
    if (!copy_at_one_moment(scratch_.path() / "store", image)) {
      return expect(findings_, rule, false, "the directory changes all the time");
    }
    if (!open(image, "the directory of a crashed store can be opened")) return false;
    std::string why;
    const bool kept = std::any_of(prefixes.begin(), prefixes.end(),
                                  [&](const Model& prefix) { return holds(prefix, why); });
    expect(findings_, rule, kept, kept ? "" : why);
    // Everything that was pending is settled by an orderly end.
    return kept && open(scratch_.path() / "store", "a used directory can be opened again") &&
           settle(prefixes, rule);
  }

  /// Effect: the model becomes the prefix that the store holds.
  bool settle(const std::vector<Model>& prefixes, const char* rule) {
    std::string why;
    const auto held = std::find_if(prefixes.rbegin(), prefixes.rend(),
                                   [&](const Model& prefix) { return holds(prefix, why); });
    if (held == prefixes.rend()) return expect(findings_, rule, false, why);
    model_ = *held;
    return append(random_batch()) && sync();
  }

  const StoreFactory& factory_;
  Config config_;
  bool declared_durable_;
  ScratchDirectory scratch_;
  Prng prng_{1};
  Model model_;
  std::unique_ptr<Store> store_;
  Findings findings_;
};

}  // namespace

Findings check_store(const Plugin& plugin) {
  return StoreSuite{plugin}.run();
}

}  // namespace parley
