// SPDX-License-Identifier: Apache-2.0
#include "apps/torture/child.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <utility>

extern char** environ;

namespace parley::torture {
namespace {

constexpr int poll_interval_ms = 5;
constexpr int run_time_max_ms = 10'000;

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

/// In the child, where other threads' locks may be held for ever: system calls only.
[[noreturn]] void become(const Command& command, char** words, char** environment, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(126);
  ::setpgid(0, 0);
  if (command.network >= 0 && ::setns(command.network, CLONE_NEWNET) != 0) ::_exit(126);
  const int in = ::open("/dev/null", O_RDONLY);
  const int out = ::open(command.output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  if (in < 0 || out < 0) ::_exit(126);
  ::dup2(in, 0);
  ::dup2(out, 1);
  ::dup2(out, 2);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execve(words[0], words, environment);
  ::_exit(127);
}

}  // namespace

Child::Child(const Command& command) {
  std::vector<std::string> texts = command.words;
  std::vector<std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) variables.emplace_back(*entry);
  variables.insert(variables.end(), command.environment.begin(), command.environment.end());
  const std::vector<char*> words = pointers(texts);
  const std::vector<char*> environment = pointers(variables);
  const pid_t parent = ::getpid();
  process_ = ::fork();
  if (process_ == 0) {
    become(command, const_cast<char**>(words.data()), const_cast<char**>(environment.data()),
           parent);
  }
}

Child::~Child() {
  if (!running()) return;
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
}

Child::Child(Child&& other) noexcept : process_(std::exchange(other.process_, -1)) {}

Child& Child::operator=(Child&& other) noexcept {
  std::swap(process_, other.process_);
  return *this;
}

void Child::signal(int number) const {
  ::kill(process_, number);
}

std::optional<int> Child::poll() {
  int status = 0;
  if (!running() || ::waitpid(process_, &status, WNOHANG) != process_) return std::nullopt;
  process_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::optional<int> Child::wait(int milliseconds) {
  for (int waited = 0;; waited += poll_interval_ms) {
    if (const std::optional<int> status = poll()) return status;
    if (waited >= milliseconds) return std::nullopt;
    ::poll(nullptr, 0, poll_interval_ms);
  }
}

bool run(const Command& command) {
  return Child{command}.wait(run_time_max_ms) == 0;
}

}  // namespace parley::torture
