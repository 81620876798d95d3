// SPDX-License-Identifier: Apache-2.0
#include "tests/e2e/process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <utility>

namespace parley::e2e {
namespace {

const std::string program = std::string{PARLEY_BUILD_DIR} + "/bin/parley";

constexpr auto patience = std::chrono::seconds{30};
constexpr auto run_time_max = std::chrono::seconds{120};
constexpr auto poll_interval_ms = 10;

sockaddr_in parse(const std::string& address) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  const std::size_t colon = address.rfind(':');
  ::inet_pton(AF_INET, address.substr(0, colon).c_str(), &out.sin_addr);
  out.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1))));
  return out;
}

int connected(const std::string& address) {
  const sockaddr_in to = parse(address);
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval limit{.tv_sec = 20, .tv_usec = 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) == 0) return fd;
  ::close(fd);
  return -1;
}

/// A socket at this address; -1 when there is none to have.
int bound(const sockaddr_in& at) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int one = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&at), sizeof(at)) == 0) return fd;
  ::close(fd);
  return -1;
}

std::string content_of(const std::filesystem::path& path) {
  std::ifstream in{path, std::ios::binary};
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

}  // namespace

bool eventually(const std::function<bool()>& condition) {
  const auto limit = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > limit) return false;
    ::poll(nullptr, 0, poll_interval_ms);
  }
  return true;
}

Process::Process(const std::vector<std::string>& arguments, std::filesystem::path output,
                 const std::vector<std::string>& environment)
    : output_(std::move(output)) {
  std::vector<std::string> texts{program};
  texts.insert(texts.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& text : texts) argv.push_back(text.data());
  argv.push_back(nullptr);
  std::vector<std::string> variables = environment;
  pid_ = ::fork();
  if (pid_ != 0) return;
  const int fd = ::open(output_.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  ::dup2(fd, 1);
  ::dup2(fd, 2);
  for (std::string& variable : variables) ::putenv(variable.data());
  ::execv(program.c_str(), argv.data());
  std::_Exit(127);
}

Process::~Process() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

Process::Process(Process&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), output_(std::move(other.output_)) {}

Process& Process::operator=(Process&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(output_, other.output_);
  return *this;
}

void Process::signal(int number) const {
  ::kill(pid_, number);
}

int Process::wait() {
  int status = 0;
  const bool ended = eventually([&] { return ::waitpid(pid_, &status, WNOHANG) == pid_; });
  if (!ended) return -1;
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string Process::output() const {
  return content_of(output_);
}

Finished run_parley(const std::string& arguments, const std::string& redirections) {
  const std::string command = "timeout " + std::to_string(run_time_max.count()) + ' ' + program +
                              ' ' + arguments + ' ' + redirections;
  Finished run;
  std::FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return run;
  char chunk[4096];
  for (std::size_t size; (size = std::fread(chunk, 1, sizeof(chunk), pipe)) > 0;) {
    run.output.append(chunk, size);
  }
  const int status = ::pclose(pipe);
  run.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return run;
}

HttpReply http(const std::string& address, std::string_view method, std::string_view path,
               std::string_view body) {
  std::string request{method};
  request.append(" ").append(path).append(" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
  request += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  const std::string reply = throw_bytes(address, request.append(body));
  const std::size_t head = reply.find("\r\n\r\n");
  if (head == std::string::npos) return {};
  return {std::stoi(reply.substr(9, 3)), reply.substr(head + 4)};
}

std::string branch_of(const HttpReply& pulled) {
  constexpr std::string_view key = "\"branch\":\"";
  const std::size_t at = pulled.body.find(key);
  if (at == std::string::npos) return {};
  const std::size_t begin = at + key.size();
  return pulled.body.substr(begin, pulled.body.find('"', begin) - begin);
}

std::string throw_bytes(const std::string& address, std::string_view bytes) {
  const int fd = connected(address);
  if (fd < 0) return {};
  std::string reply;
  while (!bytes.empty()) {
    const ssize_t done = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (done <= 0) break;
    bytes.remove_prefix(static_cast<std::size_t>(done));
  }
  char room[4096];
  for (ssize_t size = ::recv(fd, room, sizeof(room), 0); size > 0;
       size = ::recv(fd, room, sizeof(room), 0)) {
    reply.append(room, static_cast<std::size_t>(size));
  }
  ::close(fd);
  return reply;
}

std::string free_address() {
  // Stays bound, and not listened on, so that nobody else is given the port before
  // the process that it is for asks for it by number.
  const int fd = bound(parse("127.0.0.1:0"));
  sockaddr_in given{};
  socklen_t size = sizeof(given);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&given), &size);
  return "127.0.0.1:" + std::to_string(ntohs(given.sin_port));
}

int occupy(const std::string& address) {
  const int fd = bound(parse(address));
  if (fd >= 0 && ::listen(fd, 1) == 0) return fd;
  ::close(fd);
  return -1;
}

}  // namespace parley::e2e
