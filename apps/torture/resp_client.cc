// SPDX-License-Identifier: Apache-2.0
#include "apps/torture/resp_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>

namespace parley::torture {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t bulk_max = std::size_t{16} << 20;

bool parse(std::string_view text, std::int64_t& number) {
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  return failure == std::errc{} && end == text.data() + text.size();
}

sockaddr_in socket_address(const std::string& address) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  const std::size_t colon = address.rfind(':');
  std::int64_t port = 0;
  parse(std::string_view{address}.substr(colon + 1), port);
  ::inet_pton(AF_INET, address.substr(0, colon).c_str(), &out.sin_addr);
  out.sin_port = htons(static_cast<std::uint16_t>(port));
  return out;
}

}  // namespace

bool RespClient::connect(const std::string& address, std::chrono::milliseconds patience) {
  close();
  end_ = Clock::now() + patience;
  const sockaddr_in to = socket_address(address);
  descriptor_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor_ < 0) return false;
  const int one = 1;
  ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
  int failure = 0;
  if (::connect(descriptor_, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) != 0) {
    socklen_t size = sizeof(failure);
    const bool asked = errno == EINPROGRESS && wait_for(POLLOUT) &&
                       ::getsockopt(descriptor_, SOL_SOCKET, SO_ERROR, &failure, &size) == 0;
    if (!asked || failure != 0) close();
  }
  return connected();
}

void RespClient::close() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
  buffer_.clear();
}

RespReply RespClient::commands(const std::vector<Words>& commands,
                               std::chrono::milliseconds patience) {
  end_ = Clock::now() + patience;
  std::string request;
  for (const Words& words : commands) {
    request += "*" + std::to_string(words.size()) + "\r\n";
    for (const std::string& word : words) {
      request += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
    }
  }
  RespReply reply;
  bool whole = send_all(request);
  for (std::size_t i = 0; whole && i < commands.size(); ++i) {
    reply = receive_reply();
    whole = reply.kind != RespReply::Kind::Broken;
  }
  if (!whole) {
    reply = {};
    close();
  }
  return reply;
}

RespReply RespClient::receive_reply() {
  RespReply reply;
  std::string line;
  if (!receive_line(line) || line.empty()) return reply;
  const char kind = line.front();
  line.erase(0, 1);
  if (kind == '+' || kind == '-') {
    reply.kind = kind == '+' ? RespReply::Kind::Text : RespReply::Kind::Failure;
    reply.text = std::move(line);
    return reply;
  }
  if ((kind != ':' && kind != '$' && kind != '*') || !parse(line, reply.integer)) return reply;
  if (kind == ':') {
    reply.kind = RespReply::Kind::Integer;
  } else if (reply.integer < 0) {
    reply.kind = RespReply::Kind::Nil;
  } else if (kind == '*') {
    const std::int64_t count = reply.integer;
    for (std::int64_t i = 0; i < count; ++i) {
      reply = receive_reply();
      if (reply.kind == RespReply::Kind::Broken) break;
    }
  } else if (static_cast<std::size_t>(reply.integer) <= bulk_max &&
             receive(static_cast<std::size_t>(reply.integer), reply.text)) {
    reply.kind = RespReply::Kind::Text;
  }
  return reply;
}

bool RespClient::wait_for(short events) const {
  while (true) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(end_ - Clock::now()).count();
    if (left <= 0) return false;
    pollfd one{.fd = descriptor_, .events = events, .revents = 0};
    const int ready = ::poll(&one, 1, static_cast<int>(left));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

bool RespClient::send_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
      if (!wait_for(POLLOUT)) return false;
      continue;
    }
    if (count < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

bool RespClient::fill() {
  if (!wait_for(POLLIN)) return false;
  char room[16'384];
  const ssize_t count = ::recv(descriptor_, room, sizeof(room), 0);
  if (count < 0) return errno == EAGAIN || errno == EINTR;
  buffer_.append(room, static_cast<std::size_t>(count));
  return count > 0;
}

bool RespClient::receive_line(std::string& line) {
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n")) == std::string::npos) {
    if (buffer_.size() > bulk_max || !fill()) return false;
  }
  line = buffer_.substr(0, end);
  buffer_.erase(0, end + 2);
  return true;
}

bool RespClient::receive(std::size_t size, std::string& out) {
  while (buffer_.size() < size + 2) {
    if (!fill()) return false;
  }
  out = buffer_.substr(0, size);
  buffer_.erase(0, size + 2);
  return true;
}

}  // namespace parley::torture
