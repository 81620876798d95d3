// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/kv/load.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/base/prng.h"

namespace parley::bench {
namespace {

constexpr auto poll_interval = std::chrono::milliseconds{50};

int connect_to(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  sockaddr_in to{};
  to.sin_family = AF_INET;
  ::inet_pton(AF_INET, address.substr(0, colon).c_str(), &to.sin_addr);
  to.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1))));
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) != 0) {
    ::close(fd);
    return -1;
  }
  const int one = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
  ::fcntl(fd, F_SETFL, O_NONBLOCK);
  return fd;
}

std::string random_letters(std::size_t size) {
  Prng random{7};
  std::string letters(size, ' ');
  for (char& letter : letters) letter = static_cast<char>('!' + random.below(94));
  return letters;
}

struct Client {
  int fd = -1;
  std::unique_ptr<Protocol> protocol;
  std::string output;
  std::size_t awaited = 0;
  Clock::time_point asked_at;
  bool writing = false;  ///< Whether epoll is asked to tell of room to write.
};

class Generator {
 public:
  Generator(const Target& target, const Workload& workload) : workload_(workload) {
    epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    clients_.resize(workload.clients);
    for (std::size_t i = 0; i < clients_.size(); ++i) {
      open(clients_[i], i, target.addresses[i % target.addresses.size()], target.protocol);
    }
  }
  ~Generator() {
    for (Client& client : clients_) close(client);
    ::close(epoll_);
  }
  Generator(const Generator&) = delete;
  Generator& operator=(const Generator&) = delete;

  Measured run() {
    const auto start = Clock::now();
    measure_from_ = start + std::chrono::duration_cast<Clock::duration>(workload_.warm_up);
    end_ = measure_from_ + std::chrono::duration_cast<Clock::duration>(workload_.duration);
    for (Client& client : clients_) ask(client);
    auto next_poll = start;
    const auto linger = std::chrono::duration_cast<Clock::duration>(workload_.linger);
    while (open_ > 0 && now_ < end_ + linger) {
      take_events();
      now_ = Clock::now();
      if (ending() && awaited_ == 0) break;
      if (now_ < next_poll) continue;
      next_poll = now_ + poll_interval;
      measured_.seconds = Seconds{now_ - measure_from_}.count();
      if (workload_.until && now_ < end_ && workload_.until(measured_)) end_ = now_;
    }
    measured_.seconds = Seconds{std::min(last_, end_) - measure_from_}.count();
    return std::move(measured_);
  }

 private:
  void open(Client& client, std::size_t index, const std::string& address,
            std::unique_ptr<Protocol> (*protocol)()) {
    client.fd = connect_to(address);
    if (client.fd < 0) {
      measured_.error = "cannot connect to " + address + ": " + std::strerror(errno);
      return;
    }
    ++open_;
    client.protocol = protocol();
    client.protocol->open(client.output);
    epoll_event event{.events = EPOLLIN, .data = {.u64 = index}};
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, client.fd, &event);
  }

  void close(Client& client) {
    if (client.fd < 0) return;
    ::close(client.fd);
    client.fd = -1;
    --open_;
    awaited_ -= client.awaited;
    client.awaited = 0;
  }

  /// Values that no compression makes small, the same for a key in every run.
  std::string_view value_of(std::uint64_t number) const {
    return std::string_view{pool_}.substr(number * 7919 % (pool_.size() - value_size), value_size);
  }

  bool ending() const {
    return now_ >= end_ || (workload_.in_order && next_key_ >= workload_.keys);
  }

  void take_events() {
    epoll_event events[256];
    const int wait_ms = static_cast<int>(poll_interval.count());
    const int count = ::epoll_wait(epoll_, events, std::size(events), wait_ms);
    now_ = Clock::now();
    for (int i = 0; i < count; ++i) {
      Client& client = clients_[events[i].data.u64];
      if (client.fd >= 0 && (events[i].events & ~EPOLLOUT) != 0) read(client);
      if (client.fd >= 0 && (events[i].events & EPOLLOUT) != 0) write(client);
    }
  }

  void ask(Client& client) {
    if (client.fd < 0 || ending()) return;
    client.asked_at = Clock::now();
    for (std::size_t i = 0; i < workload_.pipeline; ++i) {
      if (workload_.in_order && next_key_ >= workload_.keys) break;
      const std::uint64_t number = workload_.in_order ? next_key_++ : random_.below(workload_.keys);
      const std::string key = key_name(number);
      client.protocol->request(workload_.operation, key, value_of(number), client.output);
      ++client.awaited;
      ++awaited_;
    }
    write(client);
  }

  void read(Client& client) {
    char room[65536];
    const ssize_t size = ::recv(client.fd, room, sizeof(room), 0);
    if (size < 0 && errno == EAGAIN) return;
    if (size <= 0) return lose(client, "the server ended the connection");
    Outcomes outcomes;
    const std::string_view bytes{room, static_cast<std::size_t>(size)};
    if (!client.protocol->receive(bytes, client.output, outcomes)) {
      return lose(client, "the server does not speak the protocol");
    }
    settle(client, outcomes);
    if (client.awaited == 0) {
      ask(client);
    } else {
      write(client);
    }
  }

  void settle(Client& client, const Outcomes& outcomes) {
    if (outcomes.done == 0) return;
    client.awaited -= outcomes.done;
    awaited_ -= outcomes.done;
    if (outcomes.failed > 0) measured_.error = client.protocol->error();
    if (now_ < measure_from_ || now_ > end_) return;
    last_ = now_;
    measured_.failed += outcomes.failed;
    const std::uint64_t succeeded = outcomes.done - outcomes.failed;
    if (succeeded == 0) return;
    if (measured_.done == 0) measured_.first_at = now_;
    measured_.done += succeeded;
    const auto took = std::chrono::nanoseconds{now_ - client.asked_at}.count();
    measured_.latency.add(static_cast<std::uint64_t>(took), succeeded);
  }

  void lose(Client& client, const char* why) {
    measured_.error = why;
    measured_.failed += client.awaited;
    close(client);
  }

  void write(Client& client) {
    while (!client.output.empty()) {
      const ssize_t size =
          ::send(client.fd, client.output.data(), client.output.size(), MSG_NOSIGNAL);
      if (size < 0) break;
      client.output.erase(0, static_cast<std::size_t>(size));
    }
    if (client.writing == !client.output.empty()) return;
    client.writing = !client.output.empty();
    const std::uint32_t wanted = client.writing ? EPOLLIN | EPOLLOUT : EPOLLIN;
    epoll_event event{.events = wanted,
                      .data = {.u64 = static_cast<std::uint64_t>(&client - clients_.data())}};
    ::epoll_ctl(epoll_, EPOLL_CTL_MOD, client.fd, &event);
  }

  const Workload& workload_;
  const std::string pool_ = random_letters(1 << 20);
  int epoll_ = -1;
  std::vector<Client> clients_;
  std::size_t open_ = 0;
  std::size_t awaited_ = 0;
  std::uint64_t next_key_ = 0;
  Prng random_{1};
  Clock::time_point now_ = Clock::now();
  Clock::time_point measure_from_;
  Clock::time_point end_;
  Clock::time_point last_;
  Measured measured_;
};

}  // namespace

std::string key_name(std::uint64_t number) {
  std::string digits = std::to_string(number);
  return "key:" + std::string(12 - std::min<std::size_t>(12, digits.size()), '0') + digits;
}

Measured run_load(const Target& target, const Workload& workload) {
  return Generator{target, workload}.run();
}

}  // namespace parley::bench
