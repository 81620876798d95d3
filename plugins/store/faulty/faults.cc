// SPDX-License-Identifier: Apache-2.0
#include "plugins/store/faulty/faults.h"

#include <sys/stat.h>

#include <charconv>
#include <fstream>
#include <sstream>
#include <string>

namespace parley::faulty {
namespace {

constexpr std::uint64_t delay_max_ms = 3'600'000;

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// What was expected instead; null: all is well.
const char* set(Faults& faults, std::string_view key, std::string_view value) {
  if (key == "torn_tail") {
    if (value != "true" && value != "false") return "true or false";
    faults.torn_tail = value == "true";
    return nullptr;
  }
  const std::optional<std::uint64_t> number = number_in(value);
  if (key == "sync_delay") {
    if (!number || *number > delay_max_ms) return "milliseconds, at most 3600000";
    faults.sync_delay = std::chrono::milliseconds{*number};
    return nullptr;
  }
  std::uint64_t* target = key == "disk_size"        ? &faults.disk_size
                          : key == "short_write_at" ? &faults.short_write_at
                          : key == "sync_fails_at"  ? &faults.sync_fails_at
                                                    : nullptr;
  if (target == nullptr) {
    return "one of disk_size, short_write_at, sync_delay, sync_fails_at, torn_tail";
  }
  if (!number) return "a whole number";
  *target = *number;
  return nullptr;
}

}  // namespace

Faults faults_of(const Config& config) {
  return {.disk_size = static_cast<std::uint64_t>(config.integer("disk_size")),
          .short_write_at = static_cast<std::uint64_t>(config.integer("short_write_at")),
          .sync_fails_at = static_cast<std::uint64_t>(config.integer("sync_fails_at")),
          .sync_delay = config.duration("sync_delay"),
          .torn_tail = config.boolean("torn_tail")};
}

Result<Faults> parse_faults(std::string_view text) {
  Faults faults;
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    line = trimmed(line.substr(0, line.find('#')));
    if (line.empty()) continue;
    const std::size_t sign = line.find('=');
    const bool paired = sign != std::string_view::npos;
    const char* expected =
        paired ? set(faults, trimmed(line.substr(0, sign)), trimmed(line.substr(sign + 1)))
               : "key = value";
    if (expected == nullptr) continue;
    return Error{ErrorCode::Configuration, "line " + std::to_string(number) + ": expected " +
                                               expected + ", found '" + std::string{line} + "'"};
  }
  return faults;
}

Result<FaultsFile::Reading> FaultsFile::read() {
  struct stat status {};
  Version version;
  if (::stat(file_.c_str(), &status) == 0) {
    version = {.inode = status.st_ino,
               .size = status.st_size,
               .seconds = status.st_mtim.tv_sec,
               .nanoseconds = status.st_mtim.tv_nsec};
  }
  Reading reading;
  if (version == seen_) return reading;
  seen_ = version;
  reading.changed = true;
  if (version == Version{}) return reading;
  std::ifstream in{file_, std::ios::binary};
  std::ostringstream text;
  text << in.rdbuf();
  Result<Faults> faults = parse_faults(text.str());
  if (!faults) return Error{faults.error().code, file_.string() + ": " + faults.error().message};
  reading.faults = *faults;
  return reading;
}

}  // namespace parley::faulty
