// SPDX-License-Identifier: Apache-2.0
//
// One key in one file, as hexadecimal. Reading trusts nothing: folders and
// files that others can touch, symbolic links, and keys of zeros are refused.
// Writing never replaces a key, and leaves a whole file or none.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "core/base/bytes.h"
#include "core/base/ids.h"
#include "core/base/result.h"

namespace parley {

/// Bytes that are wiped when dropped.
class SecretBytes {
 public:
  SecretBytes() = default;
  explicit SecretBytes(Bytes bytes) : bytes_(std::move(bytes)) {}
  SecretBytes(SecretBytes&& other) noexcept : bytes_(std::move(other.bytes_)) {}
  SecretBytes& operator=(SecretBytes&& other) noexcept {
    wipe();
    bytes_ = std::move(other.bytes_);
    return *this;
  }
  ~SecretBytes() { wipe(); }

  ByteView view() const { return bytes_; }

 private:
  void wipe();

  Bytes bytes_;
};

inline constexpr std::size_t pair_secret_size = 32;
inline constexpr std::size_t key_size_max = std::size_t{64} << 10;

enum class KeyPrivacy : std::uint8_t {
  Secret,  ///< Mode 0600; refused when group or others have any right.
  Public,  ///< Mode 0644; refused when group or others can write.
};

/// The folder of one node's keys for one mechanism and epoch, below `data_dir`:
/// keys/<node>/<mechanism>/epoch_<n>. Nobody but the owner may enter the last three.
struct KeyFolder {
  std::filesystem::path data_dir;
  std::string node;
  std::string mechanism;
  std::uint64_t epoch = 1;

  std::filesystem::path path() const;
};

/// nullopt when the file, or a folder on the way to it, does not exist.
Result<std::optional<SecretBytes>> read_key(const KeyFolder& folder, const std::string& name,
                                            KeyPrivacy privacy);

/// Effect: makes missing folders (0700) and the file, durably. Fails if it exists.
Status write_key(const KeyFolder& folder, const std::string& name, KeyPrivacy privacy,
                 ByteView key);

}  // namespace parley
