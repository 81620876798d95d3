// SPDX-License-Identifier: Apache-2.0
//
// Real processes and a small HTTP client, for end-to-end tests. Every wait polls
// a condition and is bounded; nothing sleeps to let something happen.
#pragma once

#include <sys/types.h>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace parley::e2e {

/// Polls until the condition holds; false when that takes unreasonably long.
bool eventually(const std::function<bool()>& condition);

/// The build's `parley` with these arguments. Killed when it goes out of scope.
class Process {
 public:
  /// stdout and stderr go to `output`, which is appended to.
  Process(const std::vector<std::string>& arguments, std::filesystem::path output,
          const std::vector<std::string>& environment = {});
  ~Process();
  Process(Process&& other) noexcept;
  Process& operator=(Process&& other) noexcept;

  void signal(int number) const;
  /// The exit status, 128 + the number of a signal, or -1 when it does not end.
  int wait();
  /// All it has written so far.
  std::string output() const;

 private:
  pid_t pid_ = -1;
  std::filesystem::path output_;
};

struct Finished {
  int status = -1;  ///< 124: it did not end by itself.
  std::string output;
};
/// Runs `parley ARGUMENTS` to its end. Both parameters are the test's own words,
/// which a shell reads.
Finished run_parley(const std::string& arguments, const std::string& redirections = "2>&1");

struct HttpReply {
  int status = 0;  ///< 0: nobody answered.
  std::string body;
};
HttpReply http(const std::string& address, std::string_view method, std::string_view path,
               std::string_view body = {});
/// The branch that a pull answered; empty if it failed.
std::string branch_of(const HttpReply& pulled);
/// Writes raw bytes to a port and reads until the other end hangs up.
std::string throw_bytes(const std::string& address, std::string_view bytes);

/// A port of 127.0.0.1 that nobody else is given while this program runs, as
/// "127.0.0.1:port".
std::string free_address();
/// Listens there until closed; -1 when it cannot.
int occupy(const std::string& address);

}  // namespace parley::e2e
