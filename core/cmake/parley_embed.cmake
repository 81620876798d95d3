# SPDX-License-Identifier: Apache-2.0
#
# Run with -D ROOT=… -D OUTPUT=…: every *.in below ROOT as a string in a header.
cmake_minimum_required(VERSION 3.25)
file(GLOB_RECURSE files RELATIVE ${ROOT} ${ROOT}/*.in)
list(SORT files)
set(entries "")
foreach(file ${files})
  file(READ ${ROOT}/${file} text)
  string(APPEND entries "    {\"${file}\", R\"embedded(${text})embedded\"},\n")
endforeach()
file(WRITE ${OUTPUT}
"// Generated from the templates of plugins.
#pragma once
#include <string_view>
namespace parley {
struct EmbeddedFile {
  std::string_view path;
  std::string_view text;
};
inline constexpr EmbeddedFile embedded_templates[] = {
${entries}};
}  // namespace parley
")
