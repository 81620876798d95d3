// SPDX-License-Identifier: Apache-2.0
//
// One file as bytes, and the calls of the operating system that a log needs of
// it. Every failure is told as "PATH: CALL failed: REASON".
#pragma once

#include <cstdint>
#include <filesystem>
#include <utility>

#include "core/base/bytes.h"
#include "core/base/result.h"

namespace parley::faulty {

class DiskFile {
 public:
  /// Opens it for reading and writing; makes it if it is not there.
  static Result<DiskFile> open(const std::filesystem::path& path);

  DiskFile() = default;
  ~DiskFile();
  DiskFile(DiskFile&& other) noexcept
      : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}
  DiskFile& operator=(DiskFile&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }

  Result<Bytes> read_all() const;
  Status write_at(std::uint64_t offset, ByteView bytes);
  Status truncate(std::uint64_t size);
  Status sync();

 private:
  Error failed(const char* call) const;

  std::filesystem::path path_;
  int descriptor_ = -1;
};

/// Effect: the names in the directory survive a crash of the machine.
Status sync_directory(const std::filesystem::path& directory);

}  // namespace parley::faulty
