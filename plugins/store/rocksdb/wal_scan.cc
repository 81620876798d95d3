// SPDX-License-Identifier: Apache-2.0
#include "plugins/store/rocksdb/wal_scan.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <vector>

#include "core/base/codec.h"

namespace parley::rocksdb {
namespace {

constexpr std::size_t block_size = 32'768;
constexpr std::size_t header_size = 7;  // Checksum, length, type.
constexpr std::uint8_t type_full = 1;
constexpr std::uint8_t type_first = 2;
constexpr std::uint8_t type_middle = 3;
constexpr std::uint8_t type_last = 4;

constexpr std::uint8_t batch_log_data = 3;
constexpr std::size_t batch_header_size = 12;  // Sequence, count.
constexpr std::size_t watermark_size = 8;

consteval std::array<std::uint32_t, 256> make_crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82F63B78u : 0u);
    table[i] = crc;
  }
  return table;
}

/// CRC-32C, rotated and offset as the log format stores it.
std::uint32_t masked_crc(ByteView bytes) {
  static constexpr std::array<std::uint32_t, 256> table = make_crc_table();
  std::uint32_t crc = 0xFFFFFFFF;
  for (const std::uint8_t byte : bytes) crc = (crc >> 8) ^ table[(crc ^ byte) & 0xFF];
  crc = ~crc;
  return ((crc >> 15) | (crc << 17)) + 0xA282EAD8;
}

/// A piece of a batch that lies within one block.
struct Fragment {
  std::uint8_t type = 0;
  ByteView payload{};
};

/// The intact fragment at the start of `rest`, which ends with its block.
std::optional<Fragment> fragment_at(ByteView rest) {
  if (rest.size() < header_size) return std::nullopt;
  Reader header{rest.first(header_size)};
  const std::uint32_t crc = header.u32();
  const std::size_t length = header.u16();
  const std::uint8_t type = header.u8();
  if (type < type_full || type > type_last || length > rest.size() - header_size) {
    return std::nullopt;
  }
  if (masked_crc(rest.subspan(header_size - 1, length + 1)) != crc) return std::nullopt;
  return Fragment{type, rest.subspan(header_size, length)};
}

/// Where the zeros begin that reach to the end: reserved space, never written.
std::size_t written_size(ByteView content) {
  const auto last =
      std::find_if(content.rbegin(), content.rend(), [](std::uint8_t byte) { return byte != 0; });
  return static_cast<std::size_t>(content.rend() - last);
}

/// Walks one file: intact fragments, and what lies between them.
class WalReader {
 public:
  WalReader(const std::filesystem::path& file, ByteView content, WalScan& scan)
      : file_(file), content_(content), written_(written_size(content)), scan_(scan) {}

  void read() {
    while (offset_ < content_.size()) {
      const std::size_t block_rest = block_size - offset_ % block_size;
      const ByteView rest =
          content_.subspan(offset_).first(std::min(block_rest, content_.size() - offset_));
      if (block_rest < header_size) {
        offset_ += rest.size();  // Trailer of a block.
      } else if (const std::optional<Fragment> fragment = fragment_at(rest)) {
        take(*fragment);
        offset_ += header_size + fragment->payload.size();
      } else if (offset_ >= written_) {
        break;
      } else {
        damaged();
        ++offset_;  // The length may be what is damaged: look everywhere.
      }
    }
    if (batch_open_) damaged();
  }

 private:
  void damaged() {
    if (!scan_.damage) scan_.damage = WalDamage{file_, offset_};
    batch_open_ = false;
  }

  void take(const Fragment& fragment) {
    const bool begins = fragment.type == type_full || fragment.type == type_first;
    // A batch that never ended, or an end without its beginning.
    if (begins == batch_open_) damaged();
    if (begins) note_watermark(fragment.payload);
    batch_open_ = fragment.type == type_first || (fragment.type == type_middle && batch_open_);
  }

  /// The watermark is the first entry, so the first fragment has it.
  void note_watermark(ByteView batch) {
    Reader reader{batch};
    reader.raw(batch_header_size);
    if (reader.u8() != batch_log_data || reader.u8() != watermark_size) return;
    const std::uint64_t synced_through = reader.u64();
    if (reader.ok()) scan_.synced_through = std::max(scan_.synced_through, synced_through);
  }

  const std::filesystem::path& file_;
  ByteView content_;
  std::size_t written_;
  WalScan& scan_;
  std::size_t offset_ = 0;
  bool batch_open_ = false;
};

}  // namespace

Bytes encode_watermark(std::uint64_t synced_through) {
  Bytes watermark;
  Writer{watermark}.u64(synced_through);
  return watermark;
}

void scan_wal(const std::filesystem::path& file, ByteView content, WalScan& scan) {
  WalReader{file, content, scan}.read();
}

Result<WalScan> scan_wal_files(const std::filesystem::path& directory) {
  std::vector<std::filesystem::path> files;
  std::error_code failure;
  for (std::filesystem::directory_iterator entry{directory, failure}, end; entry != end;
       entry.increment(failure)) {
    if (failure) break;
    if (entry->path().extension() == ".log") files.push_back(entry->path());
  }
  if (failure) return Error{ErrorCode::Io, directory.string() + ": " + failure.message()};
  std::sort(files.begin(), files.end());  // Numbers of equal width.
  WalScan scan;
  for (const std::filesystem::path& file : files) {
    std::ifstream stream{file, std::ios::binary};
    if (!stream) return Error{ErrorCode::Io, file.string() + ": expected a readable log file"};
    const std::string content{std::istreambuf_iterator<char>{stream}, {}};
    scan_wal(file, view_of(content), scan);
  }
  return scan;
}

}  // namespace parley::rocksdb
