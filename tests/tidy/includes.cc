// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <optional>
#include <regex>

#include "tests/tidy/rules.h"

namespace parley::tidy {
namespace {

struct Include {
  std::string target;
  bool quoted;
};

std::optional<Include> include_on(const std::string& line) {
  static const std::regex pattern(R"(^\s*#\s*include\s*([<"])([^>"]+)[>"])");
  std::smatch match;
  if (!std::regex_search(line, match, pattern)) return std::nullopt;
  return Include{match[2], match[1] == "\""};
}

template <class Visit>
void for_each_include(const Source& source, Visit&& visit) {
  if (!source.is_cpp()) return;
  for (std::size_t i = 0; i < source.lines.size(); ++i) {
    if (const auto include = include_on(source.lines[i])) visit(*include, i + 1);
  }
}

bool within(std::string_view path, std::string_view folder) {
  return Source{.path = std::string(path), .lines = {}, .code = {}}.in(folder);
}

/// plugins/<kind>/<name> of a path under plugins.
std::string_view plugin_folder(std::string_view path) {
  std::size_t end = 0;
  for (int parts = 0; parts < 3 && end != std::string_view::npos; ++parts) {
    end = path.find('/', end + 1);
  }
  return path.substr(0, end);
}

/// Lies in the build folder, made from files that the same room may include.
bool is_generated(std::string_view target) {
  return target.starts_with("parley_") && target.find('/') == std::string_view::npos;
}

struct Room {
  const char* folder;
  std::vector<const char*> may_include;
};

/// First match wins. A room may always include itself.
const std::vector<Room>& rooms() {
  static const std::vector<Room> table = {
      {"core/base", {}},
      {"core/api", {"core/base"}},
      {"core/kernel", {"core/base", "core/api"}},
      {"core/lang", {"core/base", "core/api"}},
      {"core/host", {"core/base", "core/api", "core/kernel", "core/lang"}},
      {"oracle", {"core/base", "core/api", "core/kernel"}},
      {"plugins", {"core/base", "core/api"}},
      {"apps/lab", {"core/base", "core/api", "core/kernel", "core/lang"}},
      // The command and the example programs compose everything but plugins.
      {"apps", {"core", "apps", "oracle"}},
      {"tests", {"core", "apps", "oracle", "plugins"}},
  };
  return table;
}

bool may_include(const Source& source, const Room& room, std::string_view target) {
  if (within(target, "plugins")) {
    // Tests link a plugin's object library; a plugin is otherwise alone.
    return room.folder == std::string_view("tests") ||
           (room.folder == std::string_view("plugins") &&
            plugin_folder(target) == plugin_folder(source.path));
  }
  if (within(target, room.folder) || is_generated(target)) return true;
  for (const char* folder : room.may_include) {
    if (within(target, folder)) return true;
  }
  return false;
}

struct Library {
  const char* prefix;
  const char* name;
  std::vector<const char*> folders;  ///< Where it may be included.
};

const std::vector<Library>& libraries() {
  static const std::vector<Library> table = {
      {"boost/", "Boost", {"core/host", "tests"}},
      {"botan/", "Botan", {"core/host/crypto", "plugins/authenticator", "tests"}},
      {"rocksdb/", "RocksDB", {"plugins/store/rocksdb", "tests"}},
      {"toml++/", "toml++", {"core/host/deployment", "apps/parley/plan_toml", "tests"}},
      {"prometheus/", "prometheus-cpp", {"core/host/runtime", "tests"}},
      {"spdlog/", "spdlog", {"core/host", "tests"}},
      {"CLI/", "CLI11", {"apps/parley"}},
      {"fmt/", "fmt", {"core/host", "apps", "tests"}},
      {"nlohmann/", "nlohmann-json", {"apps/parley", "apps/kv", "tests"}},
      {"gtest/", "GoogleTest", {"tests"}},
      {"gmock/", "GoogleTest", {"tests"}},
      {"benchmark/", "Google Benchmark", {"tests/bench"}},
  };
  return table;
}

/// Headers of the operating system, and of the standard library's threads.
bool is_system_header(const std::string& target) {
  static const std::regex pattern(
      "(sys|netinet|arpa|linux|net)/.*|"
      "(unistd|fcntl|dlfcn|link|signal|pthread|poll|spawn|netdb|elf|sched|errno|time|signal)\\.h|"
      "thread|mutex|shared_mutex|condition_variable|future|semaphore|barrier|latch|stop_token|"
      "random|iostream|fstream|csignal|ctime|cerrno");
  return std::regex_match(target, pattern);
}

bool may_meet_the_system(const Source& source, const std::string& target) {
  for (const char* folder : {"core/host", "plugins/store", "plugins/component", "tests"}) {
    if (source.in(folder)) return true;
  }
  if (source.in("apps") && !source.in("apps/lab")) return true;
  // An authenticator's seal and check may be called from any thread.
  return source.in("plugins/authenticator") && target.ends_with("mutex");
}

}  // namespace

void check_includes(const Source& source, Findings& findings) {
  const Room* room = nullptr;
  for (const Room& candidate : rooms()) {
    if (room == nullptr && source.in(candidate.folder)) room = &candidate;
  }
  if (room == nullptr) return;
  for_each_include(source, [&](const Include& include, std::size_t line) {
    if (!include.quoted || may_include(source, *room, include.target)) return;
    findings.push_back({source.path, line,
                        std::string(room->folder) + " may not include " + include.target +
                            "; write it from the repository's root, pass a value in from "
                            "outside, or move the code to the room it belongs to"});
  });
}

void check_third_party(const Source& source, Findings& findings) {
  for_each_include(source, [&](const Include& include, std::size_t line) {
    for (const Library& library : libraries()) {
      if (!include.target.starts_with(library.prefix)) continue;
      bool allowed = false;
      std::string places;
      for (const char* folder : library.folders) {
        allowed = allowed || source.path.starts_with(folder);
        places += std::string(places.empty() ? "" : ", ") + folder;
      }
      if (allowed) continue;
      findings.push_back({source.path, line,
                          std::string(library.name) + " is included only in " + places +
                              "; hide it behind an interface of one of these"});
    }
  });
}

void check_system_headers(const Source& source, Findings& findings) {
  for_each_include(source, [&](const Include& include, std::size_t line) {
    if (include.quoted || !is_system_header(include.target)) return;
    if (may_meet_the_system(source, include.target)) return;
    findings.push_back({source.path, line,
                        "<" + include.target +
                            "> has no place in pure code; turn what it gives into an input or "
                            "an effect, or move the code to core/host"});
  });
}

}  // namespace parley::tidy
