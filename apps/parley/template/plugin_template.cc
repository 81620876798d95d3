// SPDX-License-Identifier: Apache-2.0
#include "apps/parley/template/plugin_template.h"

#include <fmt/core.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "apps/parley/exit_codes.h"
#include "core/kernel/catalogue.h"
#include "parley_templates.h"
#include "parley_version.h"

namespace parley {
namespace {

namespace fs = std::filesystem;

std::string pascal_case(std::string_view name) {
  std::string words;
  bool start = true;
  for (const char letter : name) {
    const bool lower = letter >= 'a' && letter <= 'z';
    if (letter != '_') words += start && lower ? static_cast<char>(letter - 'a' + 'A') : letter;
    start = letter == '_';
  }
  return words;
}

bool is_snake_case(std::string_view name) {
  if (name.empty() || name.front() < 'a' || name.front() > 'z') return false;
  return name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos;
}

/// Words that C++ lets nobody name a namespace in `parley` after, or, like `std`, that would hide
/// what the template means. Sorted.
constexpr std::string_view reserved_words[] = {
    "alignas",   "alignof",      "and",           "and_eq",
    "asm",       "auto",         "bitand",        "bitor",
    "bool",      "break",        "case",          "catch",
    "char",      "char16_t",     "char32_t",      "char8_t",
    "class",     "co_await",     "co_return",     "co_yield",
    "compl",     "concept",      "const",         "const_cast",
    "consteval", "constexpr",    "constinit",     "continue",
    "decltype",  "default",      "delete",        "do",
    "double",    "dynamic_cast", "else",          "enum",
    "explicit",  "export",       "extern",        "false",
    "float",     "for",          "friend",        "goto",
    "if",        "inline",       "int",           "long",
    "mutable",   "namespace",    "new",           "noexcept",
    "not",       "not_eq",       "nullptr",       "operator",
    "or",        "or_eq",        "parley",        "private",
    "protected", "public",       "register",      "reinterpret_cast",
    "requires",  "return",       "short",         "signed",
    "sizeof",    "static",       "static_assert", "static_cast",
    "std",       "struct",       "switch",        "template",
    "this",      "thread_local", "throw",         "true",
    "try",       "typedef",      "typeid",        "typename",
    "union",     "unsigned",     "using",         "virtual",
    "void",      "volatile",     "wchar_t",       "while",
    "xor",       "xor_eq"};
static_assert(std::is_sorted(std::begin(reserved_words), std::end(reserved_words)));

bool is_reserved(std::string_view name) {
  return std::binary_search(std::begin(reserved_words), std::end(reserved_words), name);
}

std::string replaced(std::string text, std::string_view mark, std::string_view value) {
  for (std::size_t at = text.find(mark); at != std::string::npos;
       at = text.find(mark, at + value.size())) {
    text.replace(at, mark.size(), value);
  }
  return text;
}

/// The embedded files of one kind: those in its own folder and those for all.
bool belongs_to(const EmbeddedFile& file, std::string_view kind) {
  const std::string_view path = file.path;
  return path.find('/') == std::string_view::npos || path.substr(0, path.find('/')) == kind;
}

/// "object/name.cc.in" becomes "counter.cc".
std::string output_name(const EmbeddedFile& file, const PluginTemplate& request) {
  std::string name = fs::path(file.path).filename().replace_extension().string();
  return name.starts_with("name.") ? request.name + name.substr(4) : name;
}

bool write_file(const fs::path& path, const std::string& text) {
  std::ofstream out{path, std::ios::binary};
  out << text;
  out.close();
  return out.good();
}

int refuse(int code, const std::string& message) {
  fmt::print(stderr, "parley: {}\n", message);
  return code;
}

}  // namespace

std::vector<std::string> template_kinds() {
  std::vector<std::string> kinds;
  for (std::uint32_t kind = PARLEY_KIND_AUTHENTICATOR; kind <= PARLEY_KIND_COMPONENT; ++kind) {
    kinds.emplace_back(kind_name(static_cast<parley_kind>(kind)));
  }
  return kinds;
}

std::string filled(std::string_view text, const PluginTemplate& request) {
  std::string result = replaced(std::string(text), "@name@", request.name);
  result = replaced(std::move(result), "@Name@", pascal_case(request.name));
  result = replaced(std::move(result), "@kind@", request.kind);
  return replaced(std::move(result), "@version@", PARLEY_VERSION);
}

int write_plugin_template(const PluginTemplate& request) {
  if (!is_snake_case(request.name)) {
    return refuse(exit_code::usage, "name: expected a snake_case word, found '" + request.name +
                                        "'; for example 'first_vote'");
  }
  if (is_reserved(request.name)) {
    return refuse(exit_code::usage, "name: expected a word that can name a C++ namespace, found '" +
                                        request.name + "'; for example '" + request.name + "_" +
                                        request.kind + "'");
  }
  std::error_code error;
  if (fs::exists(request.directory, error) && !fs::is_empty(request.directory, error)) {
    return refuse(exit_code::usage, request.directory.string() +
                                        ": expected a new or empty directory, found files; name "
                                        "another with --directory");
  }
  fs::create_directories(request.directory, error);
  if (error) return refuse(exit_code::io, request.directory.string() + ": " + error.message());
  for (const EmbeddedFile& file : embedded_templates) {
    if (!belongs_to(file, request.kind)) continue;
    const fs::path path = request.directory / output_name(file, request);
    if (!write_file(path, filled(file.text, request))) {
      return refuse(exit_code::io, path.string() + ": could not be written");
    }
    fmt::print("{}\n", path.string());
  }
  return exit_code::ok;
}

}  // namespace parley
