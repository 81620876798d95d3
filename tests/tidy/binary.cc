// SPDX-License-Identifier: Apache-2.0
#include "tests/tidy/binary.h"

#include <array>
#include <cstdio>
#include <regex>
#include <sstream>

namespace parley::tidy {
namespace {

struct ImpureSymbol {
  const char* pattern;  ///< Of the whole demangled name, without its version.
  const char* what;
};

const std::vector<ImpureSymbol>& impure_symbols() {
  static const std::vector<ImpureSymbol> table = {
      {"clock_gettime|gettimeofday|clock|time|localtime.*|gmtime.*|"
       "std::chrono::.*clock::now\\(\\)",
       "reads a clock; take time as an input"},
      {"nanosleep|clock_nanosleep|usleep|sleep|timer_.*|timerfd_.*",
       "waits; set a timer by an effect"},
      {"rand|srand|rand_r|random|srandom|[a-z]rand48|getrandom|getentropy|arc4random.*|"
       "std::random_device::.*",
       "draws entropy; use the Draw effect"},
      {"pthread_(create|join|detach|cond_.*)|thrd_.*|std::thread::.*|"
       "std::condition_variable.*|sem_.*|futex",
       "runs or waits for a thread; leave that to the host"},
      {"socket|connect|bind|listen|accept4?|send(to|msg)?|recv(from|msg)?|getaddrinfo|poll|select|"
       "epoll_.*",
       "talks to the network; use the Send or Publish effect"},
      {"open(at)?(64)?|creat|fopen(64)?|fread|fgets|read|pread(64)?|write|pwrite(64)?|fsync|"
       "fdatasync|mmap(64)?|unlink|rename|std::basic_(i|o)?fstream.*|std::basic_filebuf.*|"
       "std::filesystem::.*",
       "touches files; use the Persist effect"},
      {"getenv|secure_getenv|setenv|putenv", "reads the environment; take it from the deployment"},
      {"fork|vfork|exec[vlpe]+|posix_spawnp?|system|popen|kill|raise|sigaction|signal",
       "meets processes or signals; leave that to the host"},
      {"dlopen|dlsym|dlclose", "loads code; only the host's loader does"},
  };
  return table;
}

constexpr const char* lock_symbols = "pthread_(mutex|rwlock|spin)_.*|std::.*mutex.*";

template <class Visit>
void for_each_line(std::string_view text, Visit&& visit) {
  std::istringstream in{std::string(text)};
  for (std::string line; std::getline(in, line);) visit(line);
}

/// The name on one line of nm's output; empty on other lines.
std::string symbol_on(const std::string& line) {
  static const std::regex pattern(R"(^[0-9a-fA-F ]*\s([A-Za-z])\s(.+)$)");
  std::smatch match;
  if (!std::regex_match(line, match, pattern)) return {};
  std::string name = match[2];
  return name.substr(0, name.find('@'));
}

const char* impurity_of(const std::string& symbol, Binary::Kind kind) {
  for (const ImpureSymbol& impure : impure_symbols()) {
    if (std::regex_match(symbol, std::regex(impure.pattern))) return impure.what;
  }
  if (kind == Binary::Kind::Pure && std::regex_match(symbol, std::regex(lock_symbols))) {
    return "takes a lock; a machine runs in one thread";
  }
  return nullptr;
}

}  // namespace

std::vector<Binary> parse_binaries(std::string_view text) {
  std::vector<Binary> binaries;
  for_each_line(text, [&](const std::string& line) {
    std::istringstream words(line);
    std::string kind;
    Binary binary{};
    if (!(words >> kind >> binary.path)) return;
    binary.kind = kind == "pure"     ? Binary::Kind::Pure
                  : kind == "lock"   ? Binary::Kind::KeepsLock
                  : kind == "plugin" ? Binary::Kind::Plugin
                                     : Binary::Kind::Exempt;
    binaries.push_back(binary);
  });
  return binaries;
}

void check_symbol_purity(const Binary& binary, std::string_view symbols, Findings& findings) {
  if (binary.kind == Binary::Kind::Exempt || binary.kind == Binary::Kind::Plugin) return;
  std::string object = binary.path;
  for_each_line(symbols, [&](const std::string& line) {
    if (line.ends_with(".o:")) object = line.substr(0, line.size() - 1);
    const std::string symbol = symbol_on(line);
    if (symbol.empty()) return;
    if (const char* impurity = impurity_of(symbol, binary.kind)) {
      findings.push_back({object, 0, "uses '" + symbol + "', which " + impurity});
    }
  });
}

void check_static_initialisers(const Binary& binary, std::string_view symbols, Findings& findings) {
  if (binary.kind == Binary::Kind::Plugin || binary.kind == Binary::Kind::Exempt) return;
  std::string object = binary.path;
  static const std::regex initialiser("_GLOBAL__sub_[ID]_.*|__cxx_global_(var|array)_.*");
  for_each_line(symbols, [&](const std::string& line) {
    if (line.ends_with(".o:")) object = line.substr(0, line.size() - 1);
    const std::string symbol = symbol_on(line);
    if (!std::regex_match(symbol, initialiser)) return;
    findings.push_back({object, 0,
                        "runs code before main ('" + symbol +
                            "'); make the variable constinit, or a function's value; do not "
                            "include <iostream>"});
  });
}

void check_exports(const Binary& binary, std::string_view symbols, Findings& findings) {
  if (binary.kind != Binary::Kind::Plugin) return;
  bool exported = false;
  for_each_line(symbols, [&](const std::string& line) {
    const std::string symbol = symbol_on(line);
    if (symbol.empty()) return;
    if (symbol == "parley_plugin_v1") {
      exported = true;
    } else {
      findings.push_back({binary.path, 0,
                          "exports '" + symbol +
                              "'; a plugin exports parley_plugin_v1 alone, so build it with "
                              "parley_add_plugin"});
    }
  });
  if (!exported) {
    findings.push_back({binary.path, 0,
                        "does not export parley_plugin_v1; write PARLEY_EXPORT_PLUGIN in its "
                        "plugin.cc"});
  }
}

std::string output_of(const std::string& command, bool& failed) {
  std::string text;
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) {
    failed = true;
    return text;
  }
  std::array<char, 4096> buffer{};
  for (std::size_t got = 0; (got = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
    text.append(buffer.data(), got);
  }
  failed = pclose(pipe) != 0;
  return text;
}

}  // namespace parley::tidy
