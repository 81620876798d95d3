// SPDX-License-Identifier: Apache-2.0
//
// What is wrong with a text that a person wrote, as a value, and how it is shown:
// code, message, the place with its source line and carets, related places,
// notes and help. One engine for deployments, .mommie and .pf. Pure: the texts
// are handed over, nothing is read or printed here.
#pragma once

#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace parley {

/// A text that diagnostics point into.
struct SourceText {
  std::string name;  ///< As the user named it.
  std::string text;
};

/// Lines and columns count from 1; columns count code points, a tab is one.
struct SourcePlace {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  friend auto operator<=>(const SourcePlace&, const SourcePlace&) = default;
};

/// [begin, end) of source number `source`. Line 0: no place, the source as a whole.
struct SourceSpan {
  std::uint32_t source = 0;
  SourcePlace begin{};
  SourcePlace end{};
  friend auto operator<=>(const SourceSpan&, const SourceSpan&) = default;

  bool somewhere() const { return begin.line != 0; }
};

enum class Severity : std::uint8_t { Error, Warning };

struct SourceLabel {
  SourceSpan span;
  std::string text;  ///< After the carets; may be empty.
};

struct Diagnostic {
  std::string code;  ///< Letter of the language and four digits: "D0012".
  Severity severity = Severity::Error;
  std::string message;  ///< Lower case, no full stop; expected before found.
  SourceLabel primary;
  std::vector<SourceLabel> related{};
  std::vector<std::string> notes{};
  std::vector<std::string> help{};

  Diagnostic& label(std::string text) {
    primary.text = std::move(text);
    return *this;
  }
  Diagnostic& relate(SourceSpan span, std::string text) {
    related.push_back({span, std::move(text)});
    return *this;
  }
  Diagnostic& note(std::string text) {
    notes.push_back(std::move(text));
    return *this;
  }
  /// An empty text adds nothing, so that a suggestion that was not found can be passed on.
  Diagnostic& suggest(std::string text) {
    if (!text.empty()) help.push_back(std::move(text));
    return *this;
  }
};

/// More than any person reads: a hostile text must not fill the memory with findings.
inline constexpr std::size_t diagnostics_kept_max = 1'000;

/// Collects in the order of discovery; `sorted` gives the order of the text.
class Diagnostics {
 public:
  /// The reference is valid until the next call.
  Diagnostic& error(std::string_view code, SourceSpan place, std::string message);
  Diagnostic& warning(std::string_view code, SourceSpan place, std::string message);

  bool has_errors() const { return has_errors_; }
  std::size_t size() const { return list_.size(); }
  /// By place; those of one place in the order of discovery.
  std::vector<Diagnostic> sorted() const;

 private:
  Diagnostic& add(Diagnostic diagnostic);

  std::vector<Diagnostic> list_;
  Diagnostic dropped_{};  ///< The last one beyond those kept.
  bool has_errors_ = false;
};

inline constexpr std::size_t diagnostics_shown_max = 20;

/// For a terminal without colours; ends with a summary line. Control characters
/// of the source are not passed on.
std::string render_diagnostics(std::span<const Diagnostic> sorted,
                               std::span<const SourceText> sources,
                               std::size_t shown_max = diagnostics_shown_max);

/// A JSON array with every diagnostic, for editors and scripts.
std::string diagnostics_json(std::span<const Diagnostic> sorted,
                             std::span<const SourceText> sources);

}  // namespace parley
