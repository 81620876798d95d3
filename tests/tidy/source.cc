// SPDX-License-Identifier: Apache-2.0
#include "tests/tidy/source.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>

namespace parley::tidy {
namespace {

namespace fs = std::filesystem;

constexpr std::array folders = {"core",    "plugins",    "apps",  "oracle",
                                "configs", "monitoring", "tests", "docs"};

std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

/// Blanks comments, strings and character literals, line structure kept.
class Blanker {
 public:
  explicit Blanker(std::string_view text) : in_(text), out_(text) {}

  std::string run() {
    while (at_ < in_.size()) {
      if (in_.substr(at_, 2) == "//") {
        blank_until("\n", 0);
      } else if (in_.substr(at_, 2) == "/*") {
        blank_until("*/", 2);
      } else if (starts_raw_string()) {
        const std::size_t open = in_.find('(', at_);
        const std::string close = ")" + std::string(in_.substr(at_ + 2, open - at_ - 2)) + "\"";
        blank_until(close, close.size());
      } else if (in_[at_] == '"' && !on_include_line()) {
        blank_literal('"');
      } else if (in_[at_] == '\'' && !separates_digits()) {
        blank_literal('\'');
      } else {
        ++at_;
      }
    }
    return std::move(out_);
  }

 private:
  static bool is_word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
  }

  bool starts_raw_string() const {
    return in_.substr(at_, 2) == "R\"" && (at_ == 0 || !is_word(in_[at_ - 1]));
  }
  bool separates_digits() const { return at_ > 0 && is_word(in_[at_ - 1]); }

  bool on_include_line() const {
    const std::size_t start = in_.rfind('\n', at_) + 1;  // npos + 1 is the first line.
    return in_.substr(start).starts_with("#include");
  }

  void blank(std::size_t end) {
    for (; at_ < std::min(end, in_.size()); ++at_) {
      if (in_[at_] != '\n') out_[at_] = ' ';
    }
  }
  void blank_until(std::string_view close, std::size_t more) {
    const std::size_t end = in_.find(close, at_);
    blank(end == std::string_view::npos ? in_.size() : end + more);
  }
  void blank_literal(char quote) {
    std::size_t end = at_ + 1;
    while (end < in_.size() && in_[end] != quote && in_[end] != '\n') {
      end += in_[end] == '\\' ? 2 : 1;
    }
    // The quotes stay, so that a blanked argument is still an argument.
    ++at_;
    blank(end);
    at_ = std::min(end + 1, in_.size());
  }

  std::string_view in_;
  std::string out_;
  std::size_t at_ = 0;
};

bool is_text(std::string_view text) {
  return text.find('\0') == std::string_view::npos;
}

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace

bool Source::is_header() const {
  return path.ends_with(".h");
}
bool Source::is_cpp() const {
  return is_header() || path.ends_with(".cc");
}
bool Source::is_script() const {
  return path.ends_with(".sh") || path == "dev" || path == ".ci/run";
}
bool Source::is_cmake() const {
  return path.ends_with(".cmake") || path.ends_with("CMakeLists.txt");
}
bool Source::in(std::string_view folder) const {
  return path.starts_with(folder) &&
         (path.size() == folder.size() || folder.ends_with('/') || path[folder.size()] == '/');
}

std::string report(const Findings& findings) {
  std::ostringstream out;
  for (const Finding& finding : findings) {
    out << finding.path << ':' << finding.line << ": " << finding.message << '\n';
  }
  return out.str();
}

Source parse_source(std::string path, std::string_view text) {
  Source source{.path = std::move(path), .lines = split_lines(text), .code = {}};
  if (source.is_cpp()) source.code = split_lines(Blanker(text).run());
  return source;
}

std::vector<Source> read_tree(const fs::path& root) {
  std::vector<fs::path> files;
  for (const char* folder : folders) {
    if (!fs::exists(root / folder)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
  }
  for (const auto& entry : fs::directory_iterator(root)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  files.push_back(root / ".ci/run");
  std::sort(files.begin(), files.end());

  std::vector<Source> sources;
  for (const fs::path& file : files) {
    const std::string text = read_file(file);
    const std::string path = fs::relative(file, root).generic_string();
    // A binary is kept as a name only; that it is there is a rule's business.
    sources.push_back(parse_source(path, is_text(text) ? text : ""));
  }
  return sources;
}

}  // namespace parley::tidy
