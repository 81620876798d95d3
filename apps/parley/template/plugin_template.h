// SPDX-License-Identifier: Apache-2.0
//
// Writes the beginning of somebody's own plugin: sources, build file and README
// that build against an installed Parley and pass the kind's conformance suite
// as they are. The texts lie beside this file as *.in and are embedded at build
// time (core/cmake/parley_embed.cmake).
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace parley {

struct PluginTemplate {
  std::string kind;
  std::string name;
  std::filesystem::path directory{};
};

std::vector<std::string> template_kinds();

/// `text` with @name@, @Name@ (PascalCase), @kind@ and @version@ replaced.
std::string filled(std::string_view text, const PluginTemplate& request);

/// Returns the exit code; refuses a bad name and a directory that is not empty.
int write_plugin_template(const PluginTemplate& request);

}  // namespace parley
