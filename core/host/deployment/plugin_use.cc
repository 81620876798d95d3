// SPDX-License-Identifier: Apache-2.0
//
// `use = "name"` and the plugin's own keys beside it.
#include "core/host/deployment/reading.h"
#include "core/lang/suggestion.h"

namespace parley {
namespace {

const PluginSchema* find_plugin(Reading& reading, parley_kind kind, const std::string& name,
                                SourceSpan span) {
  if (const PluginSchema* found = reading.plugins.find(kind, name)) return found;
  const std::vector<std::string> names = reading.plugins.names(kind);
  Diagnostic& error = reading.diagnostics.error(
      codes::unknown_plugin, span,
      std::string{"no "} + kind_name(kind) + " plugin is named '" + name.substr(0, 80) + '\'');
  if (const std::string_view reason = reading.plugins.why_not(kind, name); !reason.empty()) {
    error.message = std::string{kind_name(kind)} + " plugin '" + name + "' cannot be used";
    error.note(std::string{reason});
  }
  error.suggest(did_you_mean(name, names));
  error.note(names.empty() ? std::string{"there are no plugins of this kind"}
                           : "known: " + listed(names));
  error.suggest("parley plugins list shows every plugin found and why others are refused");
  reading.rules_doubtful = true;
  return nullptr;
}

/// Every key that the plugin declares, given or by default.
Config read_config(TableReader& reader, const PluginSchema& plugin, SourceSpan use) {
  reader.also(plugin.fields);
  std::map<std::string, ConfigValue, std::less<>> values;
  for (const parley_field& field : plugin.fields) {
    std::optional<ConfigValue> value = reader.value(field.name);
    if (value) {
      values.emplace(field.name, std::move(*value));
    } else if (reader.entry(field.name) == nullptr && field.required == 0) {
      reader.reading().diagnostics.error(codes::bad_plugin_default, use,
                                         "plugin '" + plugin.name + "' declares a default for '" +
                                             field.name + "' that is not of its type");
    }
  }
  return Config{std::move(values)};
}

}  // namespace

std::optional<PluginUse> read_plugin_keys(TableReader& reader, parley_kind kind) {
  Reading& reading = reader.reading();
  const TomlEntry* use = reader.entry("use");
  if (use == nullptr) {
    reading.rules_doubtful = true;  // The missing key is reported by finish().
    return std::nullopt;
  }
  if (use->value.kind != TomlValue::Kind::String) {
    report_type(reading, "use", "the name of a plugin", use->value);
    reading.rules_doubtful = true;
    return std::nullopt;
  }
  reader.record("use", use);
  const PluginSchema* plugin = find_plugin(reading, kind, use->value.text, use->value.span);
  if (plugin == nullptr) return std::nullopt;
  return PluginUse{plugin->name, read_config(reader, *plugin, use->value.span)};
}

std::optional<PluginUse> read_plugin_use(Reading& reading, const TomlValue& value, parley_kind kind,
                                         const std::string& path) {
  const std::string title = std::string{kind_name(kind)} + " of " + path;
  if (value.kind == TomlValue::Kind::String) {
    const PluginSchema* plugin = find_plugin(reading, kind, value.text, value.span);
    if (plugin == nullptr) return std::nullopt;
    const TomlValue no_keys{};
    TableReader reader{reading,    no_keys, path, kind_name(kind) + (" '" + value.text + '\''),
                       value.span, {}};
    PluginUse use{plugin->name, read_config(reader, *plugin, value.span)};
    reader.finish();
    return use;
  }
  if (value.kind != TomlValue::Kind::Table) {
    reading.diagnostics
        .error(codes::bad_plugin_use, value.span,
               title + ": expected a plugin, found " + described(value.kind))
        .suggest("\"name\", or { use = \"name\", ... } with the plugin's own keys");
    reading.rules_doubtful = true;
    return std::nullopt;
  }
  TableReader reader{reading, value, path, title, value.span, core_schema::use_fields()};
  std::optional<PluginUse> use = read_plugin_keys(reader, kind);
  // Without the plugin, nothing can be said of the keys beside `use`.
  if (use || reader.entry("use") == nullptr) reader.finish();
  return use;
}

}  // namespace parley
