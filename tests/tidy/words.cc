// SPDX-License-Identifier: Apache-2.0
#include <regex>

#include "tests/tidy/rules.h"

namespace parley::tidy {
namespace {

struct BannedWord {
  const char* pattern;
  std::vector<const char*> in;      ///< Folders where it is banned.
  std::vector<const char*> except;  ///< Places inside them where it is not.
  const char* fix;
};

const std::vector<const char*> everywhere = {"core", "plugins", "apps", "oracle", "tests"};
const std::vector<const char*> product = {"core", "plugins", "apps", "oracle"};
const std::vector<const char*> pure = {"core/base", "core/api", "core/kernel", "core/lang",
                                       "oracle",    "plugins",  "apps/lab"};
const std::vector<const char*> not_pure = {"plugins/store", "plugins/component"};

const std::vector<BannedWord>& banned_words() {
  static const std::vector<BannedWord> table = {
      {R"(\bstd::unordered_)",
       {"core/base", "core/api", "core/kernel", "core/lang", "oracle", "plugins"},
       not_pure,
       "its order differs between builds; use std::map, std::set or a sorted vector"},
      {R"(\b(float|double)\b)",
       {"core/base", "core/kernel", "oracle", "plugins/backend", "plugins/topology"},
       {},
       "rounding differs between builds; use integers, with the unit in the name"},
      {R"(^\s*(static|thread_local)\b(?!.*\b(const|constexpr|consteval|constinit const)\b)[^()]*[=;{])",
       pure, not_pure,
       "state that outlives a machine cannot be replayed; make it a member or constexpr"},
      {R"(\b(system|steady|high_resolution)_clock\b)",
       pure,
       {},
       "pure code has no clock; take time as an input (SetTimer, TimerFired)"},
      {R"(\bstd::(random_device|mt19937|rand|default_random_engine)\b)",
       everywhere,
       {"core/host"},
       "use Draw in a machine, core/base/prng.h elsewhere, so that a seed replays it"},
      {R"(\bstd::(this_thread|thread|jthread|async)\b)",
       pure,
       {},
       "pure code is called by threads and has none; return the work to the caller"},
      {R"(\bstd::(mutex|shared_mutex|condition_variable|atomic)\b)",
       pure,
       {"core/base/bytes.h", "plugins/authenticator", "plugins/store", "plugins/component"},
       "a machine runs in one thread; leave locks to the host"},
      {R"(\bgetenv\b)", pure, {}, "take the setting from the deployment"},
      {R"(\bthrow\b)", product, {}, "return a Result, or PARLEY_ASSERT our own broken state"},
      {R"(\bassert\s*\()", everywhere, {}, "use PARLEY_ASSERT, which stays on in release builds"},
      {R"(\bstd::(cout|cerr|clog)\b)", pure, {}, "emit a Note, or return text to the caller"},
      {R"(\busing namespace\b(?!.*_literals))", product, {}, "name what you use"},
      {R"(\b(dynamic_cast|reinterpret_cast<[^>]*\(\*)\b)",
       {"plugins"},
       not_pure,
       "interfaces cross a library's border as they are; add a virtual function instead"},
  };
  return table;
}

bool applies(const BannedWord& word, const Source& source) {
  for (const char* place : word.except) {
    if (source.in(place)) return false;
  }
  for (const char* folder : word.in) {
    if (source.in(folder)) return true;
  }
  return false;
}

}  // namespace

void check_banned_words(const Source& source, Findings& findings) {
  if (!source.is_cpp()) return;
  for (const BannedWord& word : banned_words()) {
    if (!applies(word, source)) continue;
    const std::regex pattern(word.pattern);
    for (std::size_t i = 0; i < source.code.size(); ++i) {
      std::smatch match;
      if (!std::regex_search(source.code[i], match, pattern)) continue;
      findings.push_back({source.path, i + 1, "'" + match.str() + "' is banned here: " + word.fix});
    }
  }
}

}  // namespace parley::tidy
