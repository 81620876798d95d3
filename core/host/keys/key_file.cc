// SPDX-License-Identifier: Apache-2.0
#include "core/host/keys/key_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>
#include <vector>

#include "core/base/digest.h"

namespace parley {

namespace fs = std::filesystem;

void SecretBytes::wipe() {
  if (!bytes_.empty()) explicit_bzero(bytes_.data(), bytes_.size());
}

fs::path KeyFolder::path() const {
  return data_dir / "keys" / node / mechanism / ("epoch_" + std::to_string(epoch));
}

namespace {

class FileDescriptor {
 public:
  explicit FileDescriptor(int value) : value_(value) {}
  FileDescriptor(FileDescriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  ~FileDescriptor() {
    if (value_ >= 0) ::close(value_);
  }

  int get() const { return value_; }
  bool valid() const { return value_ >= 0; }

 private:
  int value_;
};

Error system_error(const fs::path& path, int number) {
  return {ErrorCode::Io, path.string() + ": " + std::strerror(number)};
}

Error unfit(const fs::path& path, const std::string& what) {
  return {ErrorCode::Configuration, path.string() + ": " + what};
}

Status check_owner(const fs::path& path, const struct stat& facts) {
  const uid_t self = geteuid();
  if (facts.st_uid == self || facts.st_uid == 0 || self == 0) return {};
  return unfit(path, "expected our own file, found one of user " + std::to_string(facts.st_uid));
}

Status check_folder(int descriptor, const fs::path& path, mode_t forbidden) {
  struct stat facts {};
  if (fstat(descriptor, &facts) != 0) return system_error(path, errno);
  if (Status owner = check_owner(path, facts); !owner) return owner;
  if ((facts.st_mode & forbidden) != 0) {
    return unfit(path,
                 "this folder holds keys and others can use it; run: chmod 700 " + path.string());
  }
  return {};
}

/// The folders from data_dir down, each opened inside the one before and never
/// through a link, so that none can be exchanged on the way.
class FolderWalk {
 public:
  FolderWalk(const KeyFolder& folder, bool make) : make_(make), path_(folder.data_dir) {
    parts_ = {{"keys", 022},
              {folder.node, 077},
              {folder.mechanism, 077},
              {"epoch_" + std::to_string(folder.epoch), 077}};
  }

  /// Invalid descriptor: a folder does not exist.
  Result<FileDescriptor> walk() {
    if (make_) {
      std::error_code error;
      fs::create_directories(path_, error);
      if (error) return system_error(path_, error.value());
    }
    FileDescriptor at{::open(path_.c_str(), O_DIRECTORY | O_RDONLY | O_CLOEXEC)};
    if (!at.valid()) return absent_or_error();
    for (const auto& [name, forbidden] : parts_) {
      path_ /= name;
      if (make_ && mkdirat(at.get(), name.c_str(), 0700) != 0 && errno != EEXIST) {
        return system_error(path_, errno);
      }
      constexpr int flags = O_DIRECTORY | O_RDONLY | O_CLOEXEC | O_NOFOLLOW;
      FileDescriptor next{::openat(at.get(), name.c_str(), flags)};
      if (!next.valid()) return absent_or_error();
      if (Status fit = check_folder(next.get(), path_, forbidden); !fit) return fit.error();
      at = std::move(next);
    }
    return at;
  }

 private:
  Result<FileDescriptor> absent_or_error() const {
    if (errno == ENOENT) return FileDescriptor{-1};
    if (errno == ELOOP || errno == ENOTDIR) {
      return unfit(path_, "expected a folder, found something else; symbolic links are refused");
    }
    return system_error(path_, errno);
  }

  bool make_;
  fs::path path_;
  std::vector<std::pair<std::string, mode_t>> parts_;
};

Status check_file(int descriptor, const fs::path& path, KeyPrivacy privacy) {
  struct stat facts {};
  if (fstat(descriptor, &facts) != 0) return system_error(path, errno);
  if (!S_ISREG(facts.st_mode)) return unfit(path, "expected a regular file");
  if (Status owner = check_owner(path, facts); !owner) return owner;
  const bool secret = privacy == KeyPrivacy::Secret;
  if ((facts.st_mode & (secret ? 077u : 022u)) != 0) {
    return unfit(path, std::string{secret ? "this is a secret and others can read or write it"
                                          : "others can write this key"} +
                           "; run: chmod " + (secret ? "600 " : "644 ") + path.string());
  }
  return {};
}

Result<std::string> read_all(int descriptor, const fs::path& path) {
  std::string text(2 * key_size_max + 2, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t count = ::read(descriptor, text.data() + size, text.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_error(path, errno);
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  text.resize(size);
  return text;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

Result<std::optional<SecretBytes>> decode(std::string_view text, const fs::path& path) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.empty() || text.size() % 2 != 0 || text.size() > 2 * key_size_max) {
    return unfit(path, "expected a key as pairs of hexadecimal digits");
  }
  Bytes key(text.size() / 2);
  bool digits = true;
  for (std::size_t i = 0; i < key.size(); ++i) {
    const int high = hex_value(text[2 * i]);
    const int low = hex_value(text[2 * i + 1]);
    digits = digits && high >= 0 && low >= 0;
    key[i] = static_cast<std::uint8_t>((high << 4) | low);
  }
  SecretBytes secret{std::move(key)};
  if (!digits) return unfit(path, "expected a key as lower-case hexadecimal digits");
  const ByteView bytes = secret.view();
  if (std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; })) {
    return unfit(path, "this key is all zeros");
  }
  return std::optional<SecretBytes>{std::move(secret)};
}

Status write_all(int descriptor, std::string_view text, const fs::path& path) {
  while (!text.empty()) {
    const ssize_t count = ::write(descriptor, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_error(path, errno);
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  if (::fsync(descriptor) != 0) return system_error(path, errno);
  return {};
}

/// Renames without replacing, where the file system can promise it.
int publish(int folder, const char* from, const char* to) {
  if (renameat2(folder, from, folder, to, RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return -1;
  return renameat(folder, from, folder, to);
}

Status write_new(int folder, const std::string& name, const fs::path& path, KeyPrivacy privacy,
                 std::string_view text) {
  const std::string unfinished = ".new_" + std::to_string(::getpid()) + '_' + name;
  ::unlinkat(folder, unfinished.c_str(), 0);  // Left by a crash of a namesake.
  const mode_t mode = privacy == KeyPrivacy::Secret ? 0600 : 0644;
  constexpr int flags = O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW;
  FileDescriptor file{::openat(folder, unfinished.c_str(), flags, 0600)};
  if (!file.valid()) return system_error(path, errno);
  Status written = write_all(file.get(), text, path);
  if (written && ::fchmod(file.get(), mode) != 0) written = system_error(path, errno);
  if (written && publish(folder, unfinished.c_str(), name.c_str()) != 0) {
    written = system_error(path, errno);
  }
  if (!written) {
    ::unlinkat(folder, unfinished.c_str(), 0);
    return written;
  }
  if (::fsync(folder) != 0) return system_error(path, errno);
  return {};
}

}  // namespace

Result<std::optional<SecretBytes>> read_key(const KeyFolder& folder, const std::string& name,
                                            KeyPrivacy privacy) {
  const fs::path path = folder.path() / name;
  Result<FileDescriptor> at = FolderWalk{folder, false}.walk();
  if (!at) return at.error();
  if (!at->valid()) return std::optional<SecretBytes>{};
  // Not blocking: a pipe in its place must not hang us.
  constexpr int flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
  const FileDescriptor file{::openat(at->get(), name.c_str(), flags)};
  if (!file.valid()) {
    if (errno == ENOENT) return std::optional<SecretBytes>{};
    if (errno == ELOOP) return unfit(path, "symbolic links are refused");
    return system_error(path, errno);
  }
  if (Status fit = check_file(file.get(), path, privacy); !fit) return fit.error();
  Result<std::string> text = read_all(file.get(), path);
  if (!text) return text.error();
  Result<std::optional<SecretBytes>> key = decode(*text, path);
  explicit_bzero(text->data(), text->size());
  return key;
}

Status write_key(const KeyFolder& folder, const std::string& name, KeyPrivacy privacy,
                 ByteView key) {
  const fs::path path = folder.path() / name;
  Result<FileDescriptor> at = FolderWalk{folder, true}.walk();
  if (!at) return at.error();
  if (::faccessat(at->get(), name.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
    return system_error(path, EEXIST);
  }
  std::string text = to_hex(key) + '\n';
  Status written = write_new(at->get(), name, path, privacy, text);
  explicit_bzero(text.data(), text.size());
  return written;
}

}  // namespace parley
