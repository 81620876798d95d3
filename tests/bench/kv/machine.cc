// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/kv/machine.h"

#include <fcntl.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <thread>

#include "core/api/toolchain.h"
#include "tests/bench/kv/histogram.h"

namespace parley::bench {
namespace {

std::string processor() {
  std::ifstream in("/proc/cpuinfo");
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

double memory_gib() {
  const auto pages = static_cast<double>(::sysconf(_SC_PHYS_PAGES));
  return pages * static_cast<double>(::sysconf(_SC_PAGESIZE)) / (1 << 30);
}

/// By the magic numbers of statfs(2).
std::string file_system(const std::filesystem::path& directory) {
  static const std::map<long, const char*> names = {{0xEF53, "ext4"},
                                                    {0x58465342, "xfs"},
                                                    {0x9123683E, "btrfs"},
                                                    {0x794C7630, "overlayfs"},
                                                    {0x01021994, "tmpfs"}};
  struct statfs facts {};
  if (::statfs(directory.c_str(), &facts) != 0) return "unknown";
  const auto found = names.find(facts.f_type);
  return found == names.end() ? "unknown" : found->second;
}

/// Appends of 4 KiB, each with fdatasync.
Histogram synced_appends(const std::filesystem::path& directory) {
  constexpr int appends = 300;
  const std::filesystem::path file = directory / "sync_probe";
  Histogram latencies;
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  const std::array<char, 4096> block{};
  for (int i = 0; fd >= 0 && i < appends; ++i) {
    const auto start = std::chrono::steady_clock::now();
    if (::write(fd, block.data(), block.size()) < 0 || ::fdatasync(fd) != 0) break;
    const std::chrono::nanoseconds took = std::chrono::steady_clock::now() - start;
    latencies.add(static_cast<std::uint64_t>(took.count()));
  }
  ::close(fd);
  std::filesystem::remove(file);
  return latencies;
}

}  // namespace

nlohmann::json machine_facts(const std::filesystem::path& directory) {
  utsname kernel{};
  ::uname(&kernel);
  std::array<double, 1> load{};
  ::getloadavg(load.data(), 1);
  const Histogram appends = synced_appends(directory);
  return {{"processor", processor()},
          {"threads", std::thread::hardware_concurrency()},
          {"memory_gib", memory_gib()},
          {"kernel", kernel.release},
          {"file_system", file_system(directory)},
          {"load_average_at_start", load[0]},
          {"synced_append_p50_us", appends.quantile_us(0.5)},
          {"synced_append_p99_us", appends.quantile_us(0.99)},
          {"build", PARLEY_BUILD_TYPE},
          {"toolchain", PARLEY_TOOLCHAIN}};
}

}  // namespace parley::bench
