// SPDX-License-Identifier: Apache-2.0
#include "core/host/deployment/read_deployment.h"

#include <cerrno>
#include <cstring>
#include <fstream>

#include "core/base/limits.h"
#include "core/host/deployment/reading.h"

namespace parley {
namespace {

namespace fs = std::filesystem;

/// At most one byte more than is allowed, so that the size check can refuse it.
std::optional<std::string> read_file(const fs::path& file, Diagnostics& diagnostics) {
  std::string text(limits::toml_size_max + 1, '\0');
  errno = 0;
  std::ifstream in{file, std::ios::binary};
  if (in) in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!in.is_open() || in.bad()) {
    diagnostics.error(
        codes::unreadable, {},
        "cannot read " + file.string() + ": " + (errno == 0 ? "not a file" : std::strerror(errno)));
    return std::nullopt;
  }
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

/// The top level of a file as a table with fields, so that a misspelled table is
/// found like a misspelled key.
std::vector<parley_field> root_fields() {
  std::vector<parley_field> fields{
      {"schema", PARLEY_FIELD_INT, 1, nullptr, 0, 0, "Version of this format: schema = 1."}};
  for (const core_schema::CoreTable& table : core_schema::tables()) {
    fields.push_back({table.name.data(), PARLEY_FIELD_STRING, table.required ? 1U : 0U, "", 0, 0,
                      table.help.data()});
  }
  return fields;
}

void check_version(Reading& reading, TableReader& root) {
  const TomlEntry* entry = root.entry("schema");
  if (entry == nullptr) return;
  const std::string expected = "schema = " + std::to_string(core_schema::version);
  if (entry->value.kind != TomlValue::Kind::Integer) {
    report_type(reading, "schema", "an integer", entry->value).suggest(expected);
  } else if (entry->value.integer != core_schema::version) {
    reading.diagnostics
        .error(codes::schema_version, entry->value.span,
               "expected " + expected + ", found " + std::to_string(entry->value.integer))
        .label("this build knows version 1 only");
  }
}

void refuse_later_tables(Reading& reading, TableReader& root) {
  for (const core_schema::CoreTable& table : core_schema::tables()) {
    const TomlEntry* entry = table.later.empty() ? nullptr : root.entry(table.name);
    if (entry == nullptr) continue;
    const bool array = table.form == core_schema::TableForm::Array;
    const std::string title = (array ? "[[" : "[") + std::string{table.name} + (array ? "]]" : "]");
    reading.diagnostics
        .error(codes::later_work, entry->key_span,
               title + " needs a build with " + std::string{table.later})
        .label("known, but not built yet")
        .suggest("remove it to run the rest");
  }
}

void read_plugin_directories(Reading& reading, TableReader& table) {
  const TomlEntry* entry = table.entry("directories");
  table.record("directories", entry);
  if (entry == nullptr) return;
  if (entry->value.kind != TomlValue::Kind::Array) {
    report_type(reading, "directories", "an array of paths", entry->value);
    return;
  }
  for (const TomlValue& item : entry->value.items) {
    if (item.kind != TomlValue::Kind::String) {
      report_type(reading, "directories", "a path", item);
      continue;
    }
    const std::string path = reading.resolved(item.text);
    std::error_code error;
    if (!fs::is_directory(path, error)) {
      reading.diagnostics.error(codes::plugin_directory, item.span, "no directory at " + path)
          .suggest("relative paths start from the folder of this file");
    }
    reading.deployment.plugin_directories.push_back(path);
  }
}

void read_settings(Reading& reading, TableReader& root) {
  Deployment& deployment = reading.deployment;
  read_table(reading, root, "limits", [&](TableReader& table) {
    deployment.limits.frame_bytes = static_cast<std::size_t>(table.integer("frame_size_max"));
    deployment.limits.link_queue_bytes =
        static_cast<std::size_t>(table.integer("link_queue_size_max"));
    deployment.limits.publications =
        static_cast<std::size_t>(table.integer("publications_count_max"));
  });
  read_table(reading, root, "log",
             [&](TableReader& table) { deployment.log_level = table.text("level"); });
  read_table(reading, root, "trace",
             [&](TableReader& table) { deployment.trace.file = table.text("file"); });
  read_table(reading, root, "keys", [&](TableReader& table) {
    deployment.key_epoch = static_cast<std::uint64_t>(table.integer("epoch"));
  });
}

void read_tree(Reading& reading, const TomlValue& tree) {
  TableReader root{reading, tree, "", "the file", {}, root_fields()};
  check_version(reading, root);
  read_table(reading, root, "deployment", [&](TableReader& table) {
    reading.deployment.name = table.text("name");
    reading.deployment.data_dir = table.text("data_dir");
  });
  read_table(reading, root, "plugins",
             [&](TableReader& table) { read_plugin_directories(reading, table); });
  read_principals(reading, root);
  read_groups(reading, root);
  read_objects(reading, root);
  read_rules(reading, root);
  read_settings(reading, root);
  read_resp(reading, root);
  refuse_later_tables(reading, root);
  root.finish();
  report_unknown_names(reading);
  if (!reading.rules_doubtful) check_rules(reading);
}

DeploymentReading failed(std::string name, const Diagnostics& diagnostics) {
  DeploymentReading result;
  result.diagnostics = diagnostics.sorted();
  result.sources.push_back({std::move(name), {}});
  return result;
}

}  // namespace

DeploymentReading read_deployment(SourceText source, const PluginSchemas& plugins,
                                  const ReadOptions& options) {
  Reading reading{.plugins = plugins,
                  .options = options,
                  .file = source.name,
                  .directory = fs::path{source.name}.parent_path()};
  if (const std::optional<TomlValue> tree = parse_toml(source.text, reading.diagnostics)) {
    read_tree(reading, *tree);
  }
  DeploymentReading result;
  result.diagnostics = reading.diagnostics.sorted();
  if (!reading.diagnostics.has_errors()) result.deployment = std::move(reading.deployment);
  result.sources.push_back(std::move(source));
  result.values = std::move(reading.values);
  return result;
}

DeploymentReading read_deployment(const fs::path& file, const PluginSchemas& plugins,
                                  const ReadOptions& options) {
  Diagnostics diagnostics;
  std::optional<std::string> text = read_file(file, diagnostics);
  if (!text) return failed(file.string(), diagnostics);
  return read_deployment(SourceText{file.string(), std::move(*text)}, plugins, options);
}

std::vector<fs::path> configured_plugin_directories(const fs::path& file) {
  Diagnostics ignored;
  const std::optional<std::string> text = read_file(file, ignored);
  const std::optional<TomlValue> tree = text ? parse_toml(*text, ignored) : std::nullopt;
  const TomlEntry* plugins = tree ? tree->find("plugins") : nullptr;
  const TomlEntry* entry = plugins == nullptr ? nullptr : plugins->value.find("directories");
  std::vector<fs::path> directories;
  if (entry == nullptr) return directories;
  for (const TomlValue& item : entry->value.items) {
    if (item.kind == TomlValue::Kind::String) {
      directories.push_back((file.parent_path() / item.text).lexically_normal());
    }
  }
  return directories;
}

}  // namespace parley
