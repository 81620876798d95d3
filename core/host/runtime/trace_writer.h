// SPDX-License-Identifier: Apache-2.0
//
// A node's trace file, in the format of core/kernel/trace.h. Buffered: a killed
// process loses its last second. Each life of a node is a file of its own; the
// file of an earlier life is renamed, not overwritten.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "core/base/result.h"
#include "core/kernel/trace.h"

namespace parley {

/// `base` with the node's name before its extension: "run.trace" -> "run.r1.trace".
std::filesystem::path trace_path(const std::filesystem::path& base, const std::string& node);

class TraceWriter {
 public:
  static Result<std::unique_ptr<TraceWriter>> create(const std::filesystem::path& path,
                                                     const TraceHeader& header);
  ~TraceWriter();
  TraceWriter(const TraceWriter&) = delete;

  /// Effect: appends to the buffer, which goes to the file when it is long.
  void record(const TraceEvent& event);
  /// Effect: the file has all that was recorded. After a failure the trace stays
  /// as it is, and error() says why.
  void flush();
  const std::string& error() const { return error_; }

 private:
  TraceWriter(int fd, std::filesystem::path path) : fd_(fd), path_(std::move(path)) {}

  int fd_;
  std::filesystem::path path_;
  Bytes buffer_;
  std::string error_;
};

}  // namespace parley
