// SPDX-License-Identifier: Apache-2.0
#include "apps/demo/drive.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <fstream>
#include <thread>

#include "apps/demo/journal.h"
#include "apps/demo/recorder.h"
#include "core/base/prng.h"

namespace parley::demo {
namespace {

using namespace std::chrono_literals;

constexpr auto interval = 500ms;
constexpr auto pause_after_failure = 10ms;
constexpr auto patience = 10s;  // How long after the end a write is still tried.
constexpr auto load_max = 60s;  // However long nobody says stop.
constexpr std::size_t value_size = 100;

struct Shared {
  const std::vector<Target>& targets;
  Recorder& recorder;
  Journal& journal;
  std::atomic<bool> stopping = false;
  std::atomic<std::size_t> given_up = 0;
};

class Connection {
 public:
  Connection(Shared& shared, std::size_t number)
      : shared_(shared), number_(number), node_(number % shared.targets.size()), prng_(number) {
    client_.connect(target());
  }

  void run() {
    while (!shared_.stopping) {
      write();
      read();
    }
  }

 private:
  const Target& target() const { return shared_.targets[node_]; }

  /// Repeats until there is an answer. The write is the same each time, so that it
  /// does no harm when an earlier one took effect; its latency is that of them all.
  std::optional<Answer> insist(const Words& command, Kind kind) {
    const auto begun = Clock::now();
    std::optional<Clock::time_point> give_up;
    for (;;) {
      const Answer answer = client_.call(command);
      if (answer.kind == Answer::Kind::Value || answer.kind == Answer::Kind::Absent) {
        shared_.recorder.done(kind, begun, Clock::now());
        return answer;
      }
      shared_.recorder.failed(target().node + ": " + answer.text);
      if (shared_.stopping && !give_up) give_up = Clock::now() + patience;
      if (give_up && Clock::now() > *give_up) return std::nullopt;
      std::this_thread::sleep_for(pause_after_failure);
      node_ = (node_ + 1) % shared_.targets.size();
      client_.connect(target());
    }
  }

  void write() {
    const std::string key = "demo:" + std::to_string(number_) + ":" + std::to_string(written_++);
    std::string value = key + ":";
    while (value.size() < value_size) value += static_cast<char>('a' + prng_.below(26));
    const auto answer = insist({"SET", key, value}, Kind::Write);
    if (answer && answer->text == "OK") {
      shared_.journal.add({key, value});
    } else {
      ++shared_.given_up;
    }
  }

  void read() {
    const auto entry = shared_.journal.at(static_cast<std::size_t>(prng_.next()));
    if (!entry) return;
    const auto answer = insist({"GET", entry->first}, Kind::Read);
    if (!answer || answer->text == entry->second) return;
    shared_.recorder.stale(entry->first + " was acknowledged, " + target().node + " answered '" +
                           answer->text + "'");
  }

  Shared& shared_;
  std::size_t number_;
  std::size_t node_;
  Prng prng_;
  RedisClient client_;
  std::uint64_t written_ = 0;
};

/// The lines that have come on stdin; nothing is waited for longer than asked.
class Orders {
 public:
  /// False: there is no more, now or later.
  bool wait(Clock::time_point until) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
    pollfd stdin_ready{STDIN_FILENO, POLLIN, 0};
    if (::poll(&stdin_ready, 1, static_cast<int>(std::max<std::int64_t>(left, 0))) <= 0) {
      return true;
    }
    char room[256];
    const ssize_t size = ::read(STDIN_FILENO, room, sizeof room);
    if (size <= 0) return false;
    text_.append(room, static_cast<std::size_t>(size));
    return true;
  }

  std::optional<std::string> next() {
    const std::size_t end = text_.find('\n');
    if (end == std::string::npos) return std::nullopt;
    std::string line = text_.substr(0, end);
    text_.erase(0, end + 1);
    return line;
  }

 private:
  std::string text_;
};

/// Returns when told to stop, when nobody can say so any more, or when it has been forgotten.
void follow_orders(Recorder& recorder) {
  constexpr std::string_view phase = "phase ";
  Orders orders;
  auto next_line = Clock::now() + interval;
  const auto end = Clock::now() + load_max;
  while (orders.wait(next_line) && Clock::now() < end) {
    while (const auto order = orders.next()) {
      if (*order == "stop") return;
      if (order->starts_with(phase)) recorder.begin_phase(order->substr(phase.size()));
    }
    if (Clock::now() < next_line) continue;
    recorder.print_interval(Clock::now());
    next_line += interval;
  }
}

bool write_journal(const std::string& path, const Journal& journal) {
  std::ofstream out{path};
  for (const auto& [key, value] : journal.entries()) out << key << ' ' << value << '\n';
  out.close();
  if (!out) std::fprintf(stderr, "kv_load: cannot write %s\n", path.c_str());
  return static_cast<bool>(out);
}

}  // namespace

int drive(const std::string& journal_path, std::size_t connections,
          const std::vector<Target>& targets) {
  Recorder recorder{Clock::now()};
  Journal journal;
  Shared shared{targets, recorder, journal};
  recorder.begin_phase("before the kill");
  Recorder::print_heading();
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < connections; ++i) {
    threads.emplace_back([&shared, i] { Connection{shared, i}.run(); });
  }
  follow_orders(recorder);
  shared.stopping = true;
  for (std::thread& thread : threads) thread.join();
  recorder.print_phases();
  if (shared.given_up > 0) {
    std::printf("  %zu writes were never acknowledged\n", shared.given_up.load());
  }
  if (!write_journal(journal_path, journal)) return 74;
  return recorder.stale_count() == 0 && shared.given_up == 0 ? 0 : 1;
}

}  // namespace parley::demo
