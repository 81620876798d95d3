// SPDX-License-Identifier: Apache-2.0
#include "apps/parley/plugins/child.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

extern char** environ;

namespace parley {
namespace {

constexpr std::size_t output_size_max = std::size_t{16} << 20;

std::string signal_name(int signal) {
  const char* name = ::sigabbrev_np(signal);
  return name == nullptr ? "signal " + std::to_string(signal) : "SIG" + std::string(name);
}

/// The child's id, or 0 with the reason in `failure`.
pid_t spawn_self(const std::vector<std::string>& arguments, int output, std::string& failure) {
  std::vector<std::string> words = {"parley"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  // A process group of its own, with whatever it starts; posix_spawnattr_setpgroup's default.
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  pid_t child = 0;
  const int error =
      ::posix_spawn(&child, "/proc/self/exe", &actions, &attributes, pointers.data(), environ);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error == 0) return child;
  failure = std::string("could not be started: ") + std::strerror(error);
  return 0;
}

/// Reads until the end of the output or of the time. False when time ran out.
bool read_all(int input, std::chrono::seconds time_limit, std::string& output) {
  using Clock = std::chrono::steady_clock;
  const auto deadline = Clock::now() + time_limit;
  char chunk[4096];
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) return false;
    pollfd waiting{.fd = input, .events = POLLIN, .revents = 0};
    const int ready = ::poll(&waiting, 1, static_cast<int>(left.count()));
    if (ready < 0 && errno != EINTR) return true;
    if (ready <= 0) continue;
    const ssize_t count = ::read(input, chunk, sizeof chunk);
    if (count <= 0) return true;
    const auto room = output_size_max - output.size();
    output.append(chunk, std::min(room, static_cast<std::size_t>(count)));
  }
}

/// Waits until the child has ended, but leaves its id taken.
void wait_for_end(pid_t child) {
  siginfo_t ended{};
  while (::waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOWAIT) < 0 &&
         errno == EINTR) {
  }
}

/// Nothing that the child started outlives it, unless it left the process group.
void finish(pid_t child, bool in_time, ChildReport& report) {
  if (in_time) wait_for_end(child);
  ::kill(-child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!in_time) return;
  if (WIFSIGNALED(status)) report.failure = "died of " + signal_name(WTERMSIG(status));
  if (WIFEXITED(status)) report.exit_status = WEXITSTATUS(status);
}

}  // namespace

ChildReport run_self(const std::vector<std::string>& arguments, std::chrono::seconds time_limit) {
  ChildReport report;
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    report.failure = std::string("could not be started: ") + std::strerror(errno);
    return report;
  }
  const pid_t child = spawn_self(arguments, ends[1], report.failure);
  ::close(ends[1]);
  if (child != 0) {
    const bool in_time = read_all(ends[0], time_limit, report.output);
    if (!in_time) report.failure = "ran for more than " + std::to_string(time_limit.count()) + " s";
    finish(child, in_time, report);
  }
  ::close(ends[0]);
  return report;
}

}  // namespace parley
