// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <regex>

#include "tests/tidy/rules.h"

namespace parley::tidy {
namespace {

constexpr std::size_t function_lines_max = 70;

/// Functions that may be longer, each with its reason.
struct LongFunction {
  const char* path;
  const char* signature;  ///< A part of it.
  const char* reason;
};
const std::vector<LongFunction>& long_functions() {
  static const std::vector<LongFunction> table = {
      {"tests/tidy/rules.cc", "rules()", "one table of rules and their examples"},
      {"plugins/object/kv/command_table.cc", "table", "one row a command"},
  };
  return table;
}

bool may_be_long(const Source& source, const std::string& signature) {
  return std::any_of(long_functions().begin(), long_functions().end(), [&](const auto& entry) {
    return source.path == entry.path && signature.find(entry.signature) != std::string::npos;
  });
}

/// Finds function bodies by their braces: a body is a block in a namespace or a
/// class whose head has parentheses. No parser, but enough for formatted code.
class FunctionFinder {
 public:
  explicit FunctionFinder(const Source& source) : source_(source) {}

  template <class Visit>
  void run(Visit&& visit) {
    for (std::size_t line = 0; line < source_.code.size(); ++line) {
      const std::string& code = source_.code[line];
      if (code.find_first_not_of(' ') != std::string::npos &&
          code[code.find_first_not_of(' ')] == '#') {
        continue;
      }
      for (std::size_t column = 0; column < code.size(); ++column) {
        take(code, column, line, visit);
      }
      head_ += ' ';
    }
  }

 private:
  enum class Kind { Namespace, Type, Function, Other };
  struct Block {
    Kind kind;
    std::size_t line;
    std::string head;
  };

  template <class Visit>
  void take(const std::string& code, std::size_t column, std::size_t line, Visit& visit) {
    const char c = code[column];
    if (c == '{') {
      blocks_.push_back({kind_of_block(), line, head_});
      head_.clear();
    } else if (c == '}' && !blocks_.empty()) {
      const Block block = std::move(blocks_.back());
      blocks_.pop_back();
      if (block.kind == Kind::Function) visit(block.head, block.line + 1, line - block.line + 1);
      head_ = continues(code, column) ? block.head : "";
    } else if (c == ';') {
      head_.clear();
    } else {
      head_ += c;
    }
  }

  /// Whether the brace closed a member's initialiser rather than a body.
  static bool continues(const std::string& code, std::size_t column) {
    const std::size_t next = code.find_first_not_of(' ', column + 1);
    return next != std::string::npos && (code[next] == ',' || code[next] == '{');
  }

  Kind kind_of_block() const {
    static const std::regex is_namespace(R"(\bnamespace\b|^\s*extern\s+"\s*"\s*$)");
    static const std::regex is_type(R"(\b(class|struct|union|enum)\b[^()=]*$)");
    const bool outside = blocks_.empty() || blocks_.back().kind == Kind::Namespace ||
                         blocks_.back().kind == Kind::Type;
    if (!outside) return Kind::Other;
    if (std::regex_search(head_, is_namespace)) return Kind::Namespace;
    if (std::regex_search(head_, is_type)) return Kind::Type;
    return head_.find('(') == std::string::npos ? Kind::Other : Kind::Function;
  }

  const Source& source_;
  std::vector<Block> blocks_;
  std::string head_;
};

std::string squeezed(const std::string& head) {
  std::string text = std::regex_replace(head, std::regex(R"(\s+)"), " ");
  return text.substr(text.find_first_not_of(' '));
}

std::size_t lines_max_of(const Source& source) {
  if (source.in("tests")) return 1200;
  if (source.in("plugins") && source.is_cpp()) return 800;  // A protocol's one machine.
  return 600;
}

}  // namespace

void check_function_length(const Source& source, Findings& findings) {
  if (!source.is_cpp()) return;
  FunctionFinder(source).run(
      [&](const std::string& head, std::size_t line, std::size_t lines_count) {
        if (lines_count <= function_lines_max) return;
        const std::string signature = squeezed(head);
        if (may_be_long(source, signature)) return;
        findings.push_back({source.path, line,
                            "'" + signature + "' has " + std::to_string(lines_count) +
                                " lines, over " + std::to_string(function_lines_max) +
                                "; give its parts names, or list it with a reason in "
                                "tests/tidy/lengths.cc"});
      });
}

void check_file_length(const Source& source, Findings& findings) {
  if (!source.is_cpp() && !source.is_script() && !source.is_cmake()) return;
  const std::size_t lines_max = lines_max_of(source);
  if (source.lines.size() <= lines_max) return;
  findings.push_back({source.path, source.lines.size(),
                      "the file has more than " + std::to_string(lines_max) +
                          " lines; find the second idea in it and move that out"});
}

}  // namespace parley::tidy
