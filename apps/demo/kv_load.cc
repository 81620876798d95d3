// SPDX-License-Identifier: Apache-2.0
//
// What `./dev demo` needs that a shell cannot do: a load with latencies, reading
// back many keys, and ports that are kept free. See kv.sh.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>

#include "apps/demo/check.h"
#include "apps/demo/drive.h"

namespace parley::demo {
namespace {

int usage() {
  std::fputs(
      "usage: kv_load reserve COUNT\n"
      "       kv_load drive JOURNAL CONNECTIONS NODE=PORT...\n"
      "       kv_load check JOURNAL NODE=PORT\n",
      stderr);
  return 2;
}

/// A port that is bound and not listened on: nobody else is given it, and who is
/// told its number may still listen there. 0: there is none.
int reserved_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(socket, generic, size) != 0 || ::getsockname(socket, generic, &size) != 0) return 0;
  return ntohs(address.sin_port);
}

/// Effect: prints the numbers of free ports, and keeps them until stdin ends.
int reserve(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const int port = reserved_port();
    if (port == 0) {
      std::perror("kv_load: no port could be reserved");
      return 74;
    }
    std::printf("%d%c", port, i + 1 < count ? ' ' : '\n');
  }
  std::fflush(stdout);
  char ignored = 0;
  while (::read(STDIN_FILENO, &ignored, 1) > 0) continue;
  return 0;
}

std::size_t parse_count(const char* text) {
  const std::string_view view{text};
  std::size_t count = 0;
  const auto [end, error] = std::from_chars(view.data(), view.data() + view.size(), count);
  constexpr std::size_t count_max = 1000;
  const bool sound = error == std::errc{} && end == view.data() + view.size();
  return sound && count <= count_max ? count : 0;
}

int run(int count, char** words) {
  const std::string_view verb = count > 1 ? words[1] : "";
  if (verb == "reserve" && count == 3 && parse_count(words[2]) > 0) {
    return reserve(parse_count(words[2]));
  }
  std::vector<Target> targets;
  const int first = verb == "drive" ? 4 : 3;
  for (int i = first; i < count; ++i) {
    const auto target = parse_target(words[i]);
    if (!target) return usage();
    targets.push_back(*target);
  }
  if (targets.empty()) return usage();
  if (verb == "check" && targets.size() == 1) return check(words[2], targets.front());
  if (verb == "drive" && parse_count(words[3]) > 0) {
    return drive(words[2], parse_count(words[3]), targets);
  }
  return usage();
}

}  // namespace
}  // namespace parley::demo

int main(int count, char** words) {
  return parley::demo::run(count, words);
}
