// SPDX-License-Identifier: Apache-2.0
//
// The layout that rustc made familiar: header, arrow, gutter, line, carets.
#include <algorithm>
#include <map>

#include "core/lang/diagnostics.h"
#include "core/lang/json_writer.h"

namespace parley {
namespace {

constexpr std::size_t tab_width = 4;
constexpr std::size_t line_width_max = 160;  ///< Longer lines are shown around the caret only.

/// One source line as it appears on the screen.
struct ShownLine {
  std::string text;
  std::vector<std::size_t> cells;  ///< Screen column of each code point; one more for the end.
};

/// Control characters would reach the user's terminal, so none is passed on.
std::string printable(std::string_view text) {
  std::string shown;
  while (!text.empty()) {
    const std::size_t size = utf8_sequence_size(text);
    const auto first = static_cast<unsigned char>(text.front());
    const bool c1_control =
        size == 2 && first == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0;
    if (size == 0 || first < 0x20 || first == 0x7F || c1_control) {
      shown += "\xEF\xBF\xBD";
    } else {
      shown += text.substr(0, size);
    }
    text.remove_prefix(size == 0 ? 1 : size);
  }
  return shown;
}

std::string_view line_of(std::string_view text, std::uint32_t number) {
  for (std::uint32_t at = 1; at < number; ++at) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  text = text.substr(0, text.find('\n'));
  if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
  return text;
}

ShownLine shown_line(std::string_view line, std::size_t caret) {
  // The window: all of an ordinary line, the surroundings of the caret in a long one.
  const std::size_t first = caret > line_width_max ? caret - line_width_max / 2 : 0;
  ShownLine shown;
  std::size_t width = 0;
  std::size_t point = 0;
  for (; !line.empty() && width <= line_width_max; ++point) {
    const std::size_t size = std::max<std::size_t>(1, utf8_sequence_size(line));
    shown.cells.push_back(width);
    if (point >= first) {
      const bool tab = line.front() == '\t';
      const std::size_t cells = tab ? tab_width - width % tab_width : 1;
      shown.text += tab ? std::string(cells, ' ') : printable(line.substr(0, size));
      width += cells;
    }
    line.remove_prefix(size);
  }
  shown.cells.push_back(width);
  if (!line.empty()) shown.text += "...";
  if (first > 0) {
    shown.text.insert(0, "...");
    for (std::size_t& cell : shown.cells) cell += 3;
  }
  return shown;
}

class Renderer {
 public:
  explicit Renderer(std::span<const SourceText> sources) : sources_(sources) {}

  void render(const Diagnostic& diagnostic) {
    gutter_ = std::to_string(highest_line(diagnostic)).size();
    out_ += diagnostic.severity == Severity::Error ? "error[" : "warning[";
    out_ += diagnostic.code + "]: " + printable(diagnostic.message) + '\n';
    render_source(diagnostic, diagnostic.primary.span.source, "-->");
    for (std::uint32_t source : other_sources(diagnostic)) render_source(diagnostic, source, ":::");
    for (const std::string& text : diagnostic.notes) remark("note", text);
    for (const std::string& text : diagnostic.help) remark("help", text);
    out_ += '\n';
  }

  std::string take() { return std::move(out_); }
  std::string& out() { return out_; }

 private:
  static std::uint32_t highest_line(const Diagnostic& diagnostic) {
    std::uint32_t highest = diagnostic.primary.span.begin.line;
    for (const SourceLabel& label : diagnostic.related) {
      highest = std::max(highest, label.span.begin.line);
    }
    return highest;
  }

  static std::vector<std::uint32_t> other_sources(const Diagnostic& diagnostic) {
    std::vector<std::uint32_t> list;
    for (const SourceLabel& label : diagnostic.related) {
      const std::uint32_t source = label.span.source;
      if (source == diagnostic.primary.span.source) continue;
      if (std::find(list.begin(), list.end(), source) == list.end()) list.push_back(source);
    }
    return list;
  }

  struct Marker {
    const SourceLabel* label;
    char sign;
  };

  void render_source(const Diagnostic& diagnostic, std::uint32_t source, std::string_view arrow) {
    if (source >= sources_.size()) return;
    std::map<std::uint32_t, std::vector<Marker>> lines;
    const auto mark = [&](const SourceLabel& label, char sign) {
      if (label.span.source == source && label.span.somewhere()) {
        lines[label.span.begin.line].push_back({&label, sign});
      }
    };
    mark(diagnostic.primary, '^');
    for (const SourceLabel& label : diagnostic.related) mark(label, '-');

    out_ += std::string(gutter_, ' ') + std::string{arrow} + ' ' + printable(sources_[source].name);
    if (lines.empty()) {
      out_ += '\n';
      return;
    }
    const SourcePlace at = diagnostic.primary.span.source == source
                               ? diagnostic.primary.span.begin
                               : lines.begin()->second.front().label->span.begin;
    out_ += ':' + std::to_string(at.line) + ':' + std::to_string(at.column) + '\n';
    bar("");
    std::uint32_t previous = 0;
    for (const auto& [number, markers] : lines) {
      if (previous != 0 && number > previous + 1) out_ += "...\n";
      render_line(source, number, markers);
      previous = number;
    }
    // Room before the remarks.
    if (!diagnostic.notes.empty() || !diagnostic.help.empty()) bar("");
  }

  void render_line(std::uint32_t source, std::uint32_t number, const std::vector<Marker>& markers) {
    const std::string_view line = line_of(sources_[source].text, number);
    const ShownLine shown = shown_line(line, markers.front().label->span.begin.column);
    const std::string digits = std::to_string(number);
    out_ += std::string(gutter_ - digits.size(), ' ') + digits + " | " + shown.text + '\n';
    for (const Marker& marker : markers) {
      const SourceSpan& span = marker.label->span;
      const std::size_t begin = cell(shown, span.begin.column);
      const std::size_t end =
          span.end.line > number ? shown.cells.back() : cell(shown, span.end.column);
      std::string row(begin, ' ');
      row += std::string(end > begin ? end - begin : 1, marker.sign);
      if (!marker.label->text.empty()) row += ' ' + printable(marker.label->text);
      bar(row);
    }
  }

  static std::size_t cell(const ShownLine& shown, std::uint32_t column) {
    const std::size_t point = column == 0 ? 0 : column - 1;
    return shown.cells[std::min(point, shown.cells.size() - 1)];
  }

  void bar(std::string_view row) {
    out_ += std::string(gutter_, ' ') + " |";
    if (!row.empty()) out_ += ' ' + std::string{row};
    out_ += '\n';
  }

  void remark(std::string_view kind, std::string_view text) {
    const std::string indent(gutter_ + 3 + kind.size() + 2, ' ');
    out_ += std::string(gutter_, ' ') + " = " + std::string{kind} + ": ";
    // A remark may show several lines, such as a piece of TOML to write.
    for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
      out_ += printable(text.substr(0, end)) + '\n' + indent;
      text.remove_prefix(end + 1);
    }
    out_ += printable(text) + '\n';
  }

  std::span<const SourceText> sources_;
  std::size_t gutter_ = 1;
  std::string out_;
};

std::string counted(std::size_t count, const std::string& noun) {
  return std::to_string(count) + ' ' + noun + (count == 1 ? "" : "s");
}

}  // namespace

std::string render_diagnostics(std::span<const Diagnostic> sorted,
                               std::span<const SourceText> sources, std::size_t shown_max) {
  if (sorted.empty()) return {};
  Renderer renderer{sources};
  for (const Diagnostic& diagnostic : sorted.first(std::min(shown_max, sorted.size()))) {
    renderer.render(diagnostic);
  }
  const auto errors = static_cast<std::size_t>(std::count_if(
      sorted.begin(), sorted.end(),
      [](const Diagnostic& diagnostic) { return diagnostic.severity == Severity::Error; }));
  std::string& out = renderer.out();
  out += sources.empty() ? std::string{"result"} : printable(sources.front().name);
  out += ": " + counted(errors, "error");
  if (errors != sorted.size()) out += ", " + counted(sorted.size() - errors, "warning");
  if (sorted.size() > shown_max) out += ", the first " + std::to_string(shown_max) + " shown";
  out += '\n';
  return renderer.take();
}

}  // namespace parley
