// SPDX-License-Identifier: Apache-2.0
#include "apps/torture/network.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "apps/torture/child.h"

namespace parley::torture {
namespace {

std::string host_of(std::size_t node) {
  return "10.77.0." + std::to_string(node + 1);
}
std::string link_of(std::size_t node) {
  return "torture" + std::to_string(node + 1);
}

/// `ip` with these words, in a namespace.
bool ip(const std::string& words, int space = -1) {
  Command command{.words = {find_program("ip")}, .network = space};
  std::istringstream in{words};
  for (std::string word; in >> word;) command.words.push_back(word);
  return run(command);
}

int open_own_space() {
  return ::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
}

}  // namespace

std::string find_program(const std::string& name) {
  for (const char* folder : {"/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/"}) {
    const std::string path = folder + name;
    if (::access(path.c_str(), X_OK) == 0) return path;
  }
  return {};
}

Network::Network(std::size_t nodes, std::filesystem::path folder) : folder_(std::move(folder)) {
  why_not_ = build(nodes);
}

Network::~Network() {
  for (const int space : spaces_) ::close(space);
  for (const int socket : held_) ::close(socket);
}

/// What is missing, or empty.
std::string Network::build(std::size_t nodes) {
  if (nodes == 0) return "not asked for";
  if (::geteuid() != 0) return "not root";
  if (find_program("ip").empty()) return "no ip; apt-get install iproute2";
  if (find_program("nft").empty()) return "no nft; apt-get install nftables";
  const int outside = open_own_space();
  if (::unshare(CLONE_NEWNET) != 0) return std::string{"unshare: "} + std::strerror(errno);
  const int own_space = open_own_space();
  bool built = ip("link set lo up") && ip("link add hub type bridge") &&
               ip("addr add 10.77.0.254/24 dev hub") && ip("link set hub up");
  for (std::size_t node = 0; built && node < nodes; ++node) built = add_node(node, own_space);
  ::close(own_space);
  // Loopback outside is as good as before.
  if (!built && ::setns(outside, CLONE_NEWNET) != 0) return "the network cannot be restored";
  ::close(outside);
  return built ? "" : "a bridge or a link cannot be made";
}

bool Network::add_node(std::size_t node, int own_space) {
  if (::unshare(CLONE_NEWNET) != 0) return false;
  const int space = open_own_space();
  spaces_.push_back(space);
  if (::setns(own_space, CLONE_NEWNET) != 0) return false;
  const std::string link = link_of(node);
  const std::string path = "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(space);
  return ip("link add " + link + " type veth peer name eth0 netns " + path) &&
         ip("link set " + link + " master hub up") && ip("link set lo up", space) &&
         ip("addr add " + host_of(node) + "/24 dev eth0", space) && ip("link set eth0 up", space) &&
         run({.words = {find_program("nft"), "add", "table", "inet", "cuts"}, .network = space});
}

std::string Network::new_address(std::size_t node) {
  if (can_cut()) return host_of(node) + ":" + std::to_string(next_port_++);
  // Stays bound, and not listened on, so that nobody else is given the port.
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int one = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ::bind(socket, reinterpret_cast<const sockaddr*>(&at), sizeof(at));
  socklen_t size = sizeof(at);
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&at), &size);
  held_.push_back(socket);
  return "127.0.0.1:" + std::to_string(ntohs(at.sin_port));
}

void Network::cut(const std::vector<Pair>& pairs) {
  const std::filesystem::path file = folder_ / "cuts.nft";
  for (std::size_t to = 0; to < spaces_.size(); ++to) {
    std::ofstream out{file};
    out << "table inet cuts { chain arriving { type filter hook input priority 0;\n";
    for (const Pair& pair : pairs) {
      if (pair.second == to) out << "ip saddr " << host_of(pair.first) << " drop\n";
    }
    out << "} }\n";
    out.close();
    run({.words = {find_program("nft"), "-f", file.string()}, .network = spaces_[to]});
  }
}

void Network::unplug(std::size_t node) {
  ip("link set " + link_of(node) + " down");
}

void Network::heal() {
  if (!can_cut()) return;
  for (std::size_t node = 0; node < spaces_.size(); ++node) {
    run({.words = {find_program("nft"), "flush", "ruleset"}, .network = spaces_[node]});
    ip("link set " + link_of(node) + " up");
  }
}

}  // namespace parley::torture
