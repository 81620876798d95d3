// SPDX-License-Identifier: Apache-2.0
//
// Rules of the built code, read off with nm: what the compiler made of it tells
// more than the source, since a call may hide in a header or a library. Each
// rule takes a tool's output as text, so that it can be shown bad examples.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/tidy/source.h"

namespace parley::tidy {

/// One thing that was built, as the build system lists it.
struct Binary {
  enum class Kind {
    Pure,       ///< An archive or object of a folder without clock, I/O or threads.
    KeepsLock,  ///< An authenticator: pure, but callable from any thread.
    Exempt,     ///< A store or component: meets the operating system by design.
    Plugin,     ///< A plugin's shared object.
  };
  Kind kind;
  std::string path;
};

/// One "KIND path" a line; KIND is pure, lock, exempt or plugin.
std::vector<Binary> parse_binaries(std::string_view text);

/// Output of `nm -C --undefined-only`.
void check_symbol_purity(const Binary& binary, std::string_view symbols, Findings& findings);

/// Output of `nm`, mangled.
void check_static_initialisers(const Binary& binary, std::string_view symbols, Findings& findings);

/// Output of `nm -D --defined-only` of a plugin.
void check_exports(const Binary& binary, std::string_view symbols, Findings& findings);

/// Runs a command and returns what it printed. Effect: `failed` is set on a bad exit.
std::string output_of(const std::string& command, bool& failed);

}  // namespace parley::tidy
