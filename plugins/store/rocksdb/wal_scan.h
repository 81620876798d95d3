// SPDX-License-Identifier: Apache-2.0
//
// Reads RocksDB's write-ahead log files without RocksDB, to tell a torn tail
// from lost data. The engine's own recovery cuts the log at the first damage and
// goes on; whether what it cuts was ever promised to anybody it cannot know.
// Every batch of this store begins with the sequence number up to which the log
// was synced before it. If that number, in any intact batch, is beyond what
// recovery would keep, synced data is gone.
//
// Format: RocksDB's log_format.h, not recycled, not compressed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "core/base/bytes.h"
#include "core/base/result.h"

namespace parley::rocksdb {

/// The first place where a log is not what was written.
struct WalDamage {
  std::filesystem::path file;
  std::uint64_t offset = 0;
};

struct WalScan {
  std::optional<WalDamage> damage{};
  /// The highest sequence number that some intact batch says was synced.
  std::uint64_t synced_through = 0;
};

/// What a batch's first entry, its log data, holds.
Bytes encode_watermark(std::uint64_t synced_through);

/// Effect: adds what the log in `content`, read from `file`, says.
void scan_wal(const std::filesystem::path& file, ByteView content, WalScan& scan);

/// Scans all log files of `directory`, oldest first. Fails only if one cannot be read.
Result<WalScan> scan_wal_files(const std::filesystem::path& directory);

}  // namespace parley::rocksdb
