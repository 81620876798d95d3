// SPDX-License-Identifier: Apache-2.0
#include "core/host/runtime/trace_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/host/runtime/log.h"

namespace parley {
namespace {

constexpr std::size_t buffer_size_max = std::size_t{256} << 10;

/// Effect: an earlier life's file gets the first free number behind its name.
Status set_aside(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return {};
  for (unsigned number = 1;; ++number) {
    const std::filesystem::path aside = path.string() + "." + std::to_string(number);
    if (std::filesystem::exists(aside, error)) continue;
    std::filesystem::rename(path, aside, error);
    if (error) return Error{ErrorCode::Io, path.string() + ": cannot rename: " + error.message()};
    return {};
  }
}

}  // namespace

std::filesystem::path trace_path(const std::filesystem::path& base, const std::string& node) {
  std::filesystem::path path = base;
  path.replace_filename(base.stem().string() + "." + node + base.extension().string());
  return path;
}

Result<std::unique_ptr<TraceWriter>> TraceWriter::create(const std::filesystem::path& path,
                                                         const TraceHeader& header) {
  std::error_code error;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), error);
  if (Status aside = set_aside(path); !aside) return aside.error();
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (fd < 0) {
    return Error{ErrorCode::Io, path.string() + ": cannot create: " + std::strerror(errno)};
  }
  std::unique_ptr<TraceWriter> writer{new TraceWriter{fd, path}};
  append_header(writer->buffer_, header);
  writer->flush();  // However short this life, its file says whose it was.
  if (!writer->error_.empty()) return Error{ErrorCode::Io, writer->error_};
  return writer;
}

TraceWriter::~TraceWriter() {
  flush();
  ::close(fd_);
}

void TraceWriter::record(const TraceEvent& event) {
  if (!error_.empty()) return;
  append_event(buffer_, event);
  if (buffer_.size() >= buffer_size_max) flush();
}

void TraceWriter::flush() {
  std::size_t written = 0;
  while (written < buffer_.size() && error_.empty()) {
    const ssize_t done = ::write(fd_, buffer_.data() + written, buffer_.size() - written);
    if (done > 0) {
      written += static_cast<std::size_t>(done);
    } else if (errno != EINTR) {
      // The trace serves people; a full disk for it must not stop the node.
      error_ = path_.string() + ": cannot write: " + std::strerror(errno);
      log_error("trace", error_ + "; the trace ends here");
    }
  }
  buffer_.clear();
}

}  // namespace parley
