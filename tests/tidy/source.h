// SPDX-License-Identifier: Apache-2.0
//
// The source tree as the tidy rules see it: files as lines, and for C++ the same
// lines with comments and string literals blanked, so that a rule about code is
// not tripped by prose. Reads only the project's own folders.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace parley::tidy {

struct Source {
  std::string path;                ///< From the repository's root, with '/'.
  std::vector<std::string> lines;  ///< As in the file.
  std::vector<std::string> code;   ///< C++ only: without comments and literals.

  bool is_cpp() const;
  bool is_header() const;
  bool is_script() const;
  bool is_cmake() const;
  /// Whether the path lies in `folder` (or is it).
  bool in(std::string_view folder) const;
};

struct Finding {
  std::string path;
  std::size_t line = 0;  ///< From 1; 0 means the file as a whole.
  std::string message;   ///< What is wrong, and the fix.
};
using Findings = std::vector<Finding>;

/// "file:line: message", one a line.
std::string report(const Findings& findings);

Source parse_source(std::string path, std::string_view text);

/// Every text file of the project, sorted by path; build folders are left out.
std::vector<Source> read_tree(const std::filesystem::path& root);

}  // namespace parley::tidy
