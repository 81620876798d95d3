// SPDX-License-Identifier: Apache-2.0
//
// Servers that are started, killed and started again. All of them, and the data
// folder, are gone when the benchmark ends, also when a signal ends it.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace parley::bench {

/// Effect: from here on SIGINT and SIGTERM end every child, remove `directory` and
/// end the program. Call once, before any thread or child is started.
void clean_up_on_signals(std::filesystem::path directory);

class Child {
 public:
  Child() = default;
  /// Output is appended to `log`. A program that is not there ends with status 127.
  Child(const std::vector<std::string>& command, const std::filesystem::path& log);
  ~Child();
  Child(Child&& other) noexcept;
  Child& operator=(Child&& other) noexcept;

  /// Effect: SIGKILL, and the process is gone when this returns.
  void kill();
  bool running();
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
};

struct Memory {
  double resident = 0;   ///< Bytes.
  double anonymous = 0;  ///< Bytes of it that are of no file.
};
Memory memory_of(pid_t pid);

/// Processor seconds that the process has used.
double processor_seconds(pid_t pid);

/// Bytes of all files below; what disappears meanwhile is not counted.
std::uint64_t size_below(const std::filesystem::path& directory);

}  // namespace parley::bench
