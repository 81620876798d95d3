// SPDX-License-Identifier: Apache-2.0
#include "core/host/plugins/plugin_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>

namespace parley {
namespace {

class Descriptor {
 public:
  explicit Descriptor(const std::filesystem::path& file)
      // O_NONBLOCK: opening a FIFO must not wait for its other end.
      : number_(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int number() const { return number_; }

 private:
  int number_;
};

RefusalGrounds unreadable(int error) {
  return {RefusalReason::Unreadable, "a readable file", std::strerror(error),
          "check that it exists and that this user may read it"};
}

const char* file_type_words(mode_t mode) {
  if (S_ISDIR(mode)) return "a directory";
  if (S_ISFIFO(mode)) return "a FIFO";
  if (S_ISSOCK(mode)) return "a socket";
  if (S_ISCHR(mode) || S_ISBLK(mode)) return "a device";
  return "something else";
}

std::optional<RefusalGrounds> check_status(const struct stat& status) {
  if (!S_ISREG(status.st_mode)) {
    return RefusalGrounds{RefusalReason::NotRegularFile, "a regular file",
                          file_type_words(status.st_mode), "move it out of the plugin directory"};
  }
  if ((status.st_mode & S_IWOTH) != 0) {
    return RefusalGrounds{RefusalReason::WorldWritable, "a file that others cannot write",
                          "a world-writable one", "run chmod o-w on it"};
  }
  if (static_cast<std::uint64_t>(status.st_size) > plugin_file_size_max) {
    return RefusalGrounds{RefusalReason::TooLarge,
                          "at most " + std::to_string(plugin_file_size_max) + " bytes",
                          std::to_string(status.st_size), "strip it, or move it elsewhere"};
  }
  return std::nullopt;
}

}  // namespace

std::variant<Bytes, RefusalGrounds> read_plugin_file(const std::filesystem::path& file) {
  const Descriptor descriptor{file};
  // A socket cannot be opened at all; the reason is its type, not the errno.
  const bool opened = descriptor.number() >= 0;
  const int open_error = errno;
  struct stat status {};
  const int failed = opened ? ::fstat(descriptor.number(), &status) : ::stat(file.c_str(), &status);
  if (failed != 0) return unreadable(errno);
  if (auto refusal = check_status(status)) return *refusal;
  if (!opened) return unreadable(open_error);

  Bytes bytes(static_cast<std::size_t>(status.st_size));
  std::size_t have = 0;
  while (have < bytes.size()) {
    const ssize_t count = ::read(descriptor.number(), bytes.data() + have, bytes.size() - have);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return unreadable(errno);
    if (count == 0) break;  // Shortened under our hands; the note reader judges what is left.
    have += static_cast<std::size_t>(count);
  }
  bytes.resize(have);
  return bytes;
}

}  // namespace parley
