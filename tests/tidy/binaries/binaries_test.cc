// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "tests/tidy/binary.h"

namespace parley::tidy {
namespace {

using Check = void (*)(const Binary&, std::string_view, Findings&);

Findings findings_of(Check check, Binary::Kind kind, std::string_view symbols) {
  Findings findings;
  check(Binary{kind, "example.o"}, symbols, findings);
  return findings;
}

const std::vector<Binary>& binaries() {
  static const std::vector<Binary> list = [] {
    std::ifstream in(PARLEY_TIDY_BINARIES);
    std::ostringstream text;
    text << in.rdbuf();
    return parse_binaries(text.str());
  }();
  return list;
}

/// What `nm` says of every binary of these kinds keeps the rule.
void expect_kept(Check check, const std::string& nm, bool of_plugins) {
  Findings findings;
  for (const Binary& binary : binaries()) {
    if ((binary.kind == Binary::Kind::Plugin) != of_plugins) continue;
    bool failed = false;
    const std::string symbols = output_of(nm + " '" + binary.path + "' 2>&1", failed);
    ASSERT_FALSE(failed) << nm << ' ' << binary.path << ": " << symbols;
    check(binary, symbols, findings);
  }
  EXPECT_TRUE(findings.empty()) << report(findings);
}

TEST(BinariesTest, TheListHasEveryKind) {
  std::size_t pure = 0;
  std::size_t plugins = 0;
  for (const Binary& binary : binaries()) {
    pure += binary.kind == Binary::Kind::Pure ? 1 : 0;
    plugins += binary.kind == Binary::Kind::Plugin ? 1 : 0;
  }
  EXPECT_GE(pure, 3u) << "base, kernel, lab";
  EXPECT_GE(plugins, 1u);
}

TEST(BinariesTest, PureCodeCallsNothingImpure) {
  expect_kept(check_symbol_purity, "nm -C --undefined-only", false);
}

TEST(BinariesTest, PureCodeRunsNothingBeforeMain) {
  expect_kept(check_static_initialisers, "nm", false);
}

TEST(BinariesTest, APluginExportsOneSymbol) {
  expect_kept(check_exports, "nm -D --defined-only", true);
}

TEST(SymbolPurityTest, CatchesEveryKindOfImpurity) {
  for (const char* symbol :
       {"clock_gettime@GLIBC_2.17", "time", "std::chrono::_V2::steady_clock::now()", "usleep",
        "rand", "getrandom", "std::random_device::_M_getval()", "pthread_create",
        "std::condition_variable::wait(std::unique_lock<std::mutex>&)", "socket", "sendto",
        "open64", "std::basic_ofstream<char, std::char_traits<char> >::close()",
        "getenv@GLIBC_2.2.5", "fork", "dlopen", "pthread_mutex_lock"}) {
    const std::string line = "                 U " + std::string(symbol) + "\n";
    EXPECT_EQ(findings_of(check_symbol_purity, Binary::Kind::Pure, line).size(), 1u) << symbol;
  }
}

TEST(SymbolPurityTest, LetsOrdinaryCodeThrough) {
  for (const char* symbol :
       {"memcpy@GLIBC_2.14", "operator new(unsigned long)", "abort", "fprintf", "timeout_of(int)",
        "parley::Reader::open(int)", "std::__throw_length_error(char const*)"}) {
    const std::string line = "                 U " + std::string(symbol) + "\n";
    EXPECT_TRUE(findings_of(check_symbol_purity, Binary::Kind::Pure, line).empty()) << symbol;
  }
}

TEST(SymbolPurityTest, OnlyAuthenticatorsMayLock) {
  constexpr std::string_view line = "                 U pthread_mutex_lock\n";
  EXPECT_EQ(findings_of(check_symbol_purity, Binary::Kind::Pure, line).size(), 1u);
  EXPECT_TRUE(findings_of(check_symbol_purity, Binary::Kind::KeepsLock, line).empty());
}

TEST(SymbolPurityTest, NamesTheMemberOfAnArchive) {
  const Findings findings = findings_of(check_symbol_purity, Binary::Kind::Pure,
                                        "\nnode.cc.o:\n                 U getenv\n");
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].path, "node.cc.o");
}

TEST(StaticInitialisersTest, AreCaughtOfBothCompilers) {
  for (const char* line : {"0000000000000000 t _GLOBAL__sub_I__ZN6parley4Node4stepE\n",
                           "0000000000000010 t __cxx_global_var_init\n"}) {
    EXPECT_EQ(findings_of(check_static_initialisers, Binary::Kind::Pure, line).size(), 1u);
  }
  EXPECT_TRUE(findings_of(check_static_initialisers, Binary::Kind::Pure,
                          "0000000000000000 T _ZN6parley4Node4stepE\n")
                  .empty());
}

TEST(ExportsTest, ExactlyOneSymbolIsRight) {
  constexpr std::string_view right = "0000000000004000 D parley_plugin_v1\n";
  constexpr std::string_view more = "0000000000001100 T _ZN6parley4leakEv\n";
  EXPECT_TRUE(findings_of(check_exports, Binary::Kind::Plugin, right).empty());
  EXPECT_EQ(findings_of(check_exports, Binary::Kind::Plugin, "").size(), 1u);
  EXPECT_EQ(findings_of(check_exports, Binary::Kind::Plugin, std::string(right) + std::string(more))
                .size(),
            1u);
}

}  // namespace
}  // namespace parley::tidy
