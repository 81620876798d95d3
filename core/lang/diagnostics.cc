// SPDX-License-Identifier: Apache-2.0
#include "core/lang/diagnostics.h"

#include <algorithm>

#include "core/lang/json_writer.h"

namespace parley {

Diagnostic& Diagnostics::error(std::string_view code, SourceSpan place, std::string message) {
  has_errors_ = true;
  return add({.code = std::string{code},
              .severity = Severity::Error,
              .message = std::move(message),
              .primary = {place, {}}});
}

Diagnostic& Diagnostics::warning(std::string_view code, SourceSpan place, std::string message) {
  return add({.code = std::string{code},
              .severity = Severity::Warning,
              .message = std::move(message),
              .primary = {place, {}}});
}

Diagnostic& Diagnostics::add(Diagnostic diagnostic) {
  if (list_.size() == diagnostics_kept_max) return dropped_ = std::move(diagnostic);
  return list_.emplace_back(std::move(diagnostic));
}

std::vector<Diagnostic> Diagnostics::sorted() const {
  // Not stable_sort: libstdc++ 12 builds it on what clang-19 reports as deprecated.
  std::vector<const Diagnostic*> order;
  for (const Diagnostic& diagnostic : list_) order.push_back(&diagnostic);
  std::sort(order.begin(), order.end(), [](const Diagnostic* left, const Diagnostic* right) {
    const SourceSpan& a = left->primary.span;
    const SourceSpan& b = right->primary.span;
    if (a.source != b.source) return a.source < b.source;
    return a.begin != b.begin ? a.begin < b.begin : left < right;
  });
  std::vector<Diagnostic> sorted;
  for (const Diagnostic* diagnostic : order) sorted.push_back(*diagnostic);
  return sorted;
}

namespace {

void write_label(JsonWriter& json, const SourceLabel& label, std::span<const SourceText> sources) {
  const SourceSpan& span = label.span;
  if (span.source < sources.size()) json.key("file").text(sources[span.source].name);
  if (span.somewhere()) {
    json.key("line").number(span.begin.line);
    json.key("column").number(span.begin.column);
    json.key("end_line").number(span.end.line);
    json.key("end_column").number(span.end.column);
  }
  if (!label.text.empty()) json.key("label").text(label.text);
}

void write_texts(JsonWriter& json, std::string_view key, const std::vector<std::string>& texts) {
  json.key(key).begin_array();
  for (const std::string& text : texts) json.text(text);
  json.end_array();
}

}  // namespace

std::string diagnostics_json(std::span<const Diagnostic> sorted,
                             std::span<const SourceText> sources) {
  JsonWriter json;
  json.begin_array();
  for (const Diagnostic& diagnostic : sorted) {
    json.begin_object();
    json.key("code").text(diagnostic.code);
    json.key("severity").text(diagnostic.severity == Severity::Error ? "error" : "warning");
    json.key("message").text(diagnostic.message);
    write_label(json, diagnostic.primary, sources);
    json.key("related").begin_array();
    for (const SourceLabel& label : diagnostic.related) {
      json.begin_object();
      write_label(json, label, sources);
      json.end_object();
    }
    json.end_array();
    write_texts(json, "notes", diagnostic.notes);
    write_texts(json, "help", diagnostic.help);
    json.end_object();
  }
  json.end_array();
  return json.take();
}

}  // namespace parley
