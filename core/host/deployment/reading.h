// SPDX-License-Identifier: Apache-2.0
//
// The work of reading one deployment file, shared by the sections: where
// findings go, which names are known, and how a table is read against its
// fields. Private to this folder.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/host/deployment/codes.h"
#include "core/host/deployment/core_schema.h"
#include "core/host/deployment/read_deployment.h"
#include "core/host/deployment/toml_tree.h"

namespace parley {

/// Principals and groups by name, each with its members in order.
class Names {
 public:
  struct Known {
    std::vector<PrincipalId> members;
    SourceSpan place;
    bool group;
  };

  /// False if the name is taken.
  bool add(const std::string& name, Known known) {
    return known_.try_emplace(name, std::move(known)).second;
  }
  const Known* find(std::string_view name) const {
    const auto found = known_.find(name);
    return found == known_.end() ? nullptr : &found->second;
  }
  std::vector<std::string> all() const {
    std::vector<std::string> list;
    for (const auto& [name, known] : known_) list.push_back(name);
    return list;
  }

 private:
  std::map<std::string, Known, std::less<>> known_;
};

struct Reading {
  const PluginSchemas& plugins;
  ReadOptions options;
  std::string file;
  std::filesystem::path directory;  ///< That relative paths start from.

  Diagnostics diagnostics{};
  std::vector<EffectiveValue> values{};
  Deployment deployment{};
  Names names{};
  /// Where names were used that nobody defined: one finding each, at the end.
  std::map<std::string, std::vector<SourceSpan>> unknown_names{};
  std::vector<std::string> instances{};  ///< Names that `types` may say, also of faulty objects.
  /// What rules and groups say is incomplete, so conclusions from it would mislead.
  bool rules_doubtful = false;
  std::vector<SourceSpan> authentication_places{};  ///< Of each rule's mechanisms.
  std::vector<SourceSpan> object_places{};          ///< Of each object's members.

  FileLine line_of(SourceSpan span) const { return {file, span.begin.line}; }
  std::string resolved(const std::string& path) const {
    return (directory / path).lexically_normal().string();
  }
};

/// One table of the file against the fields declared for it.
class TableReader {
 public:
  /// `path` is dotted, for `config show`; `title` is for messages: "[log]".
  TableReader(Reading& reading, const TomlValue& table, std::string path, std::string title,
              SourceSpan place, std::span<const parley_field> fields);

  /// Effect: declares more keys: a plugin's own beside the core's.
  void also(std::span<const parley_field> fields);

  /// What gives the declared key: the key itself, or failing that the nearest
  /// undeclared one, which is then reported as a typing error and nothing else
  /// follows from it. Null when absent.
  const TomlEntry* entry(std::string_view key);

  /// The value in force of a key of a plain type; nullopt after an error or when
  /// a required key is missing.
  std::optional<ConfigValue> value(std::string_view key);
  std::string text(std::string_view key);
  std::int64_t integer(std::string_view key);
  bool boolean(std::string_view key);

  /// Effect: notes a value in force of a key whose type is not plain.
  void record(std::string_view key, const TomlEntry* entry);

  /// Effect: reports keys that nobody declared, and required ones that are missing.
  void finish();

  Reading& reading() { return reading_; }
  const std::string& path() const { return path_; }
  const std::string& title() const { return title_; }
  SourceSpan place() const { return place_; }

 private:
  const parley_field& field(std::string_view key) const;
  const parley_field* declared(std::string_view key) const;
  const TomlEntry* misspelled(std::string_view key);
  void report_unknown(const TomlEntry& entry);

  Reading& reading_;
  const TomlValue& table_;
  std::string path_;
  std::string title_;
  SourceSpan place_;
  std::vector<parley_field> fields_;
  std::map<const TomlEntry*, std::string> corrections_;
};

/// Effect: "expected X, found Y".
Diagnostic& report_type(Reading& reading, std::string_view what, const char* expected,
                        const TomlValue& found);

/// Decodes a plain type (see field_values.cc). nullopt after an error.
std::optional<ConfigValue> decode_field(Reading& reading, const parley_field& field,
                                        const TomlValue& value);
/// The declared default; nullopt when it is malformed, which is the plugin's fault.
std::optional<ConfigValue> decode_default(const Reading& reading, const parley_field& field);
/// A value as TOML, for `config show`.
std::string toml_text(const TomlValue& value);
/// A default as TOML.
std::string default_text(const parley_field& field);

/// Letters, digits, '_' and '-', at most 63, not beginning with '-': names also
/// become folders.
bool valid_name(std::string_view name);
/// Effect: reports a bad name.
void check_name(Reading& reading, std::string_view what, std::string_view name, SourceSpan span);

/// The principals a name stands for, in order; "*" is everybody. nullopt: unknown,
/// and noted for report_unknown_names.
std::optional<std::vector<PrincipalId>> resolve(Reading& reading, const std::string& name,
                                                SourceSpan span);
/// One name or a list of names. Each principal once, in order.
std::vector<PrincipalId> resolve_list(Reading& reading, std::string_view what,
                                      const TomlValue& value);
PrincipalSet set_of(std::span<const PrincipalId> members);

/// `use` and the plugin's own keys, or just its name. nullopt after an error.
std::optional<PluginUse> read_plugin_use(Reading& reading, const TomlValue& value, parley_kind kind,
                                         const std::string& path);
/// For a table whose reader has declared `use`: finds the plugin, reads its keys.
std::optional<PluginUse> read_plugin_keys(TableReader& reader, parley_kind kind);

/// A mechanism to propose; empty when no plugin authenticates.
std::string authenticating_mechanism(const PluginSchemas& plugins);

// The sections, in this order.
void read_principals(Reading& reading, TableReader& root);
void read_groups(Reading& reading, TableReader& root);
void read_objects(Reading& reading, TableReader& root);
void read_rules(Reading& reading, TableReader& root);
void read_resp(Reading& reading, TableReader& root);
void report_unknown_names(Reading& reading);
/// What only the whole file can show. Precondition: nothing is doubtful.
void check_rules(Reading& reading);

/// Calls `visit(reader)` for [name], or for an empty one when it is absent.
template <class Visitor>
void read_table(Reading& reading, TableReader& root, std::string_view name, Visitor&& visit) {
  static const TomlValue absent{};
  const TomlEntry* entry = root.entry(name);
  const std::string title = '[' + std::string{name} + ']';
  if (entry != nullptr && entry->value.kind != TomlValue::Kind::Table) {
    report_type(reading, title, "a table", entry->value);
    return;
  }
  if (entry == nullptr && core_schema::table(name).required) return;  // Reported by the root.
  TableReader reader{
      reading, entry == nullptr ? absent : entry->value,          std::string{name},
      title,   entry == nullptr ? SourceSpan{} : entry->key_span, core_schema::table(name).fields};
  visit(reader);
  reader.finish();
}

/// Calls `visit(reader)` for each [[name]].
template <class Visitor>
void read_array(Reading& reading, TableReader& root, std::string_view name, Visitor&& visit) {
  const TomlEntry* entry = root.entry(name);
  if (entry == nullptr) return;
  const std::string title = "[[" + std::string{name} + "]]";
  if (entry->value.kind != TomlValue::Kind::Array) {
    report_type(reading, title, "an array of tables", entry->value)
        .suggest("write " + title + " with two brackets");
    reading.rules_doubtful = true;
    return;
  }
  std::size_t position = 0;
  for (const TomlValue& item : entry->value.items) {
    const std::string path = std::string{name} + '[' + std::to_string(position++) + ']';
    if (item.kind != TomlValue::Kind::Table) {
      report_type(reading, title, "a table", item);
      reading.rules_doubtful = true;
      continue;
    }
    TableReader reader{reading, item, path, title, item.span, core_schema::table(name).fields};
    visit(reader);
    reader.finish();
  }
}

}  // namespace parley
