// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/kv/child.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <mutex>
#include <set>
#include <sstream>
#include <thread>
#include <utility>

namespace parley::bench {
namespace {

constexpr int status_of_interruption = 130;

std::mutex children_mutex;
std::set<pid_t> children;

sigset_t ending_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  return signals;
}

[[noreturn]] void run(const std::vector<std::string>& command, const std::filesystem::path& log) {
  const sigset_t signals = ending_signals();
  ::pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int input = ::open("/dev/null", O_RDONLY);
  const int output = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  ::dup2(input, 0);
  ::dup2(output, 1);
  ::dup2(output, 2);
  std::vector<std::string> texts = command;
  std::vector<char*> arguments;
  for (std::string& text : texts) arguments.push_back(text.data());
  arguments.push_back(nullptr);
  ::execvp(arguments.front(), arguments.data());
  std::_Exit(127);
}

double kibibytes(const std::string& line) {
  return std::stod(line.substr(line.find(':') + 1)) * 1024;
}

}  // namespace

void clean_up_on_signals(std::filesystem::path directory) {
  const sigset_t signals = ending_signals();
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::thread{[signals, directory = std::move(directory)] {
    int number = 0;
    ::sigwait(&signals, &number);
    const std::lock_guard lock{children_mutex};
    for (const pid_t child : children) ::kill(child, SIGKILL);
    for (const pid_t child : children) ::waitpid(child, nullptr, 0);
    std::error_code ignored;
    std::filesystem::remove_all(directory, ignored);
    std::_Exit(status_of_interruption);
  }}.detach();
}

Child::Child(const std::vector<std::string>& command, const std::filesystem::path& log) {
  const std::lock_guard lock{children_mutex};
  pid_ = ::fork();
  if (pid_ == 0) run(command, log);
  children.insert(pid_);
}

Child::~Child() {
  kill();
}

Child::Child(Child&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}

Child& Child::operator=(Child&& other) noexcept {
  std::swap(pid_, other.pid_);
  return *this;
}

void Child::kill() {
  if (pid_ <= 0) return;
  const std::lock_guard lock{children_mutex};
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  children.erase(pid_);
  pid_ = -1;
}

bool Child::running() {
  if (pid_ <= 0) return false;
  const std::lock_guard lock{children_mutex};
  if (::waitpid(pid_, nullptr, WNOHANG) != pid_) return true;
  children.erase(pid_);
  pid_ = -1;
  return false;
}

Memory memory_of(pid_t pid) {
  std::ifstream in{"/proc/" + std::to_string(pid) + "/status"};
  Memory memory;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("VmRSS:")) memory.resident = kibibytes(line);
    if (line.starts_with("RssAnon:")) memory.anonymous = kibibytes(line);
  }
  return memory;
}

double processor_seconds(pid_t pid) {
  std::ifstream in{"/proc/" + std::to_string(pid) + "/stat"};
  std::string text;
  std::getline(in, text);
  // The name, in parentheses, may hold blanks; user and system ticks are 11 words on.
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return 0;
  std::istringstream words{text.substr(name_end + 1)};
  std::string skipped;
  for (int i = 0; i < 11; ++i) words >> skipped;
  double user = 0;
  double system = 0;
  words >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

std::uint64_t size_below(const std::filesystem::path& directory) {
  std::uint64_t size = 0;
  std::error_code error;
  for (std::filesystem::recursive_directory_iterator it{directory, error}, end; !error && it != end;
       it.increment(error)) {
    std::error_code gone;
    const std::uintmax_t each = it->is_regular_file(gone) ? it->file_size(gone) : 0;
    if (!gone) size += each;
  }
  return size;
}

}  // namespace parley::bench
