// SPDX-License-Identifier: Apache-2.0
#include "tests/tidy/rules.h"

#include <algorithm>
#include <regex>

namespace parley::tidy {
namespace {

constexpr std::size_t line_columns_max = 100;

void check_license_line(const Source& source, Findings& findings) {
  if (!source.is_cpp() && !source.is_script() && !source.is_cmake()) return;
  const std::size_t first = source.is_script() ? 1 : 0;  // A script's first line is its shebang.
  const std::string wanted =
      std::string(source.is_cpp() ? "//" : "#") + " SPDX-License-Identifier: Apache-2.0";
  if (source.lines.size() > first && source.lines[first] == wanted) return;
  findings.push_back({source.path, first + 1, "write '" + wanted + "' here"});
}

std::size_t columns(const std::string& line) {
  return static_cast<std::size_t>(
      std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

void check_line_length(const Source& source, Findings& findings) {
  if (!source.is_cpp() && !source.is_script()) return;
  for (std::size_t i = 0; i < source.lines.size(); ++i) {
    if (columns(source.lines[i]) <= line_columns_max) continue;
    if (source.lines[i].find("R\"(") != std::string::npos) continue;  // Cannot be broken.
    findings.push_back({source.path, i + 1, "the line has over 100 columns; run ./dev format"});
  }
}

void check_header_guard(const Source& source, Findings& findings) {
  if (!source.is_header()) return;
  const auto& code = source.code;
  if (std::find(code.begin(), code.end(), "#pragma once") != code.end()) return;
  findings.push_back({source.path, 1, "a header needs '#pragma once'"});
}

void check_open_ends(const Source& source, Findings& findings) {
  // Written in two halves, or this file would break its own rule.
  static const std::regex pattern(
      "\\b(TO"
      "DO|FIX"
      "ME|XX"
      "X)\\b");
  for (std::size_t i = 0; i < source.lines.size(); ++i) {
    if (!std::regex_search(source.lines[i], pattern)) continue;
    findings.push_back({source.path, i + 1, "finish it, or describe the limit as it is"});
  }
}

void check_file_name(const Source& source, Findings& findings) {
  static const std::regex vague(
      R"((^|[/_])(util|utils|common|manager|helper|helpers|misc)([_./]|$))");
  if (std::regex_search(source.path, vague)) {
    findings.push_back({source.path, 0, "name the file after what is in it"});
  }
  static const std::regex snake_case(R"(([a-z0-9_.]+/)*[a-z0-9_.]+)");
  if (source.is_cpp() && !std::regex_match(source.path, snake_case)) {
    findings.push_back({source.path, 0, "C++ files and folders are snake_case"});
  }
}

void check_generated_file(const Source& source, Findings& findings) {
  static const std::regex generated(
      R"(.*(\.(o|a|so|gch|pyc|log|orig|rej|swp|trace|bak|profraw)|~|/core|\.pb\.(cc|h)))");
  if (!std::regex_match(source.path, generated)) return;
  findings.push_back({source.path, 0, "it is made by a tool; make it in a build folder instead"});
}

/// Names of places and people that mean nothing to a reader of the project.
void check_foreign_words(const Source& source, Findings& findings) {
  static const std::regex pattern(R"((^|[^A-Za-z0-9_.])/wo)"
                                  R"(rk\b|\.lib)"
                                  R"(rary\b|\bshared/(des)"
                                  R"(ign|ref)"
                                  R"(erence|se)"
                                  R"(eds)\b|\b(pbu)"
                                  R"(ild|pco)"
                                  R"(mmit)\b)");
  for (std::size_t i = 0; i < source.lines.size(); ++i) {
    if (!std::regex_search(source.lines[i], pattern)) continue;
    findings.push_back({source.path, i + 1, "the project speaks of itself only; leave this out"});
  }
}

}  // namespace

std::span<const Rule> rules() {
  static const std::vector<Rule> table = {
      Rule{"WhoMayIncludeWhom", check_includes,                        //
           "core/api/machine.h", "#include \"core/kernel/node.h\"\n",  //
           "core/kernel/node.h", "#include \"core/api/machine.h\"\n"},
      Rule{"PluginsKnowNoOtherPlugin", check_includes,  //
           "plugins/backend/a/a.cc", "#include \"plugins/backend/b/b.h\"\n",
           "plugins/backend/a/a.cc", "#include \"plugins/backend/a/a.h\"\n"},
      Rule{"NobodyIncludesAPlugin", check_includes,  //
           "apps/lab/world.cc", "#include \"plugins/store/memory/memory.h\"\n",
           "tests/unit/plugins/memory_test.cc", "#include \"plugins/store/memory/memory.h\"\n"},
      Rule{"IncludesStartAtTheRoot", check_includes,  //
           "core/kernel/node.cc", "#include \"node.h\"\n", "core/kernel/node.cc",
           "#include \"core/kernel/node.h\"\n"},
      Rule{"ThirdPartyLibrariesStayInTheirPlaces", check_third_party, "core/kernel/node.cc",
           "#include <boost/asio.hpp>\n", "core/host/links/tcp.cc", "#include <boost/asio.hpp>\n"},
      Rule{"CryptographyStaysInItsPlaces", check_third_party, "core/host/links/tcp.cc",
           "#include <botan/mac.h>\n", "core/host/crypto/random.cc",
           "#include <botan/auto_rng.h>\n"},
      Rule{"PureCodeMeetsNoSystemHeader", check_system_headers, "apps/lab/world.cc",
           "#include <sys/socket.h>\n", "core/host/links/tcp.cc", "#include <sys/socket.h>\n"},
      Rule{"NoUnorderedIterationInPureCode", check_banned_words, "plugins/backend/a/a.h",
           "std::unordered_map<int, int> votes_;\n", "apps/lab/explorer.cc",
           "std::unordered_set<Digest> visited;\n"},
      Rule{"NoRoundingInProtocols", check_banned_words, "plugins/topology/a/a.cc",
           "double rate = 0;\n", "plugins/topology/a/a.cc", "// A double would round.\n"},
      Rule{"NoStateOutsideMachines", check_banned_words, "core/kernel/node.cc",
           "  static int calls = 0;\n", "core/kernel/node.cc",
           "  static int calls(int of);\n  static const int x = 0;\n"},
      Rule{"NoClockInPureCode", check_banned_words, "core/kernel/node.cc",
           "auto now = std::chrono::steady_clock::now();\n", "core/host/runtime/driver.cc",
           "auto now = std::chrono::steady_clock::now();\n"},
      Rule{"NoHiddenEntropy", check_banned_words, "apps/lab/world.cc", "std::mt19937 generator;\n",
           "apps/lab/world.cc", "Prng generator(seed);\n"},
      Rule{"ThreadsLiveInTheHost", check_banned_words, "apps/lab/world.cc",
           "std::thread worker(run);\n", "core/host/runtime/workers.cc",
           "std::thread worker(run);\n"},
      Rule{"NoLockInAMachine", check_banned_words, "plugins/backend/a/a.h", "std::mutex mutex_;\n",
           "plugins/authenticator/a/a.h", "std::mutex mutex_;\n"},
      Rule{"NoExceptions", check_banned_words, "core/host/keys/keys.cc",
           "throw std::runtime_error(text);\n", "core/host/keys/keys.cc",
           "// Botan may throw here.\n"},
      Rule{"AssertsStayOn", check_banned_words, "core/base/codec.cc", "assert(ok);\n",
           "core/base/codec.cc", "static_assert(ok); PARLEY_ASSERT(ok);\n"},
      Rule{"LicenseLineComesFirst", check_license_line, "core/base/codec.h", "#pragma once\n",
           "dev", "#!/usr/bin/env bash\n# SPDX-License-Identifier: Apache-2.0\n"},
      Rule{"LinesFitIn100Columns", check_line_length, "core/base/codec.h",
           "// 3456789 123456789 123456789 123456789 123456789 123456789 123456789 123456789 "
           "123456789 123456789 1\n",
           "core/base/codec.h",
           "// 3456789 123456789 123456789 123456789 123456789 123456789 123456789 123456789 "
           "123456789 12345678…\n"},
      Rule{"HeadersAreIncludedOnce", check_header_guard, "core/base/codec.h", "struct Codec {};\n",
           "core/base/codec.h", "#pragma once\n"},
      Rule{"NothingIsLeftOpen", check_open_ends, "core/base/codec.h",
           "// TO"
           "DO: later\n",
           "core/base/codec.h", "// To do this twice is fine.\n"},
      Rule{"FilesAreNamedForTheirContent", check_file_name, "core/host/string_utils.cc", "",
           "core/host/string_table.cc", ""},
      Rule{"NoGeneratedFileInTheTree", check_generated_file, "plugins/backend/a/a.so", "",
           "plugins/backend/a/a.cc", ""},
      Rule{"TheProjectSpeaksOfItselfOnly", check_foreign_words, "docs/plugins.md",
           "See /wo"
           "rk/main.\n",
           "docs/plugins.md", "See net/workers, /workload and the framework/work done.\n"},
      Rule{"FunctionsFitOnAScreen", check_function_length, "core/kernel/node.cc",
           "void long_one() {" + std::string(71, '\n') + "}\n", "core/kernel/node.cc",
           "void right_one() {" + std::string(69, '\n') + "}\n"},
      Rule{"FilesAreOneIdea", check_file_length, "core/kernel/node.cc", std::string(601, '\n'),
           "core/kernel/node.cc", std::string(600, '\n')},
  };
  return table;
}

}  // namespace parley::tidy
