// SPDX-License-Identifier: Apache-2.0
//
// A process of ours. It ends with this program, whatever ends that (a signal of
// the kernel, prctl(2)), so children are made by the main thread alone, which
// lives as long as the program.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace parley::torture {

struct Command {
  std::vector<std::string> words;          ///< The program's path first.
  std::vector<std::string> environment{};  ///< "NAME=value", added to ours.
  std::string output = "/dev/null";        ///< File that stdout and stderr are added to.
  int network = -1;                        ///< Descriptor of a network namespace; -1: ours.
};

class Child {
 public:
  Child() = default;
  explicit Child(const Command& command);
  ~Child();
  Child(Child&& other) noexcept;
  Child& operator=(Child&& other) noexcept;

  bool running() const { return process_ > 0; }
  pid_t process() const { return process_; }
  /// Precondition: running.
  void signal(int number) const;
  /// The exit status, or 128 + the signal, once it has ended; it is not running then.
  std::optional<int> poll();
  /// The same, within so many milliseconds.
  std::optional<int> wait(int milliseconds);

 private:
  pid_t process_ = -1;
};

/// Runs it to its end, for ten seconds at most. Whether it exited with 0.
bool run(const Command& command);

}  // namespace parley::torture
