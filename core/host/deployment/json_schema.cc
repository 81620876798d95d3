// SPDX-License-Identifier: Apache-2.0
#include "core/host/deployment/json_schema.h"

#include "core/host/deployment/core_schema.h"
#include "core/lang/json_writer.h"

namespace parley {
namespace {

namespace schema = core_schema;

constexpr parley_kind kinds_in_files[] = {PARLEY_KIND_AUTHENTICATOR, PARLEY_KIND_DISSEMINATOR,
                                          PARLEY_KIND_BACKEND, PARLEY_KIND_STORE,
                                          PARLEY_KIND_OBJECT};

constexpr std::string_view name_pattern = "^[A-Za-z0-9_][A-Za-z0-9_-]{0,62}$";

class SchemaWriter {
 public:
  explicit SchemaWriter(const PluginSchemas& plugins) : plugins_(plugins) {}

  std::string write() {
    json_.begin_object();
    json_.key("$schema").text("http://json-schema.org/draft-04/schema#");
    json_.key("title").text("A Parley deployment");
    json_.key("type").text("object");
    json_.key("additionalProperties").boolean(false);
    json_.key("required").begin_array().text("schema");
    for (const schema::CoreTable& table : schema::tables()) {
      if (table.required) json_.text(table.name);
    }
    json_.end_array();
    json_.key("properties").begin_object();
    json_.key("schema").begin_object().key("enum").begin_array().number(schema::version);
    json_.end_array().end_object();
    for (const schema::CoreTable& table : schema::tables()) {
      if (table.later.empty()) write_table(table);
    }
    json_.end_object();
    write_definitions();
    json_.end_object();
    return json_.take();
  }

 private:
  void write_table(const schema::CoreTable& table) {
    json_.key(table.name).begin_object();
    json_.key("description").text(table.help);
    switch (table.form) {
      case schema::TableForm::Table:
        write_object(table.fields, nullptr);
        break;
      case schema::TableForm::Array:
        json_.key("type").text("array");
        json_.key("items").begin_object();
        write_object(table.fields, nullptr);
        json_.end_object();
        break;
      case schema::TableForm::NamedTables:
        begin_named();
        write_object(table.fields, nullptr);
        end_named();
        break;
      case schema::TableForm::NamedLists:
        begin_named();
        write_names();
        end_named();
        break;
    }
    json_.end_object();
  }

  void begin_named() {
    json_.key("type").text("object");
    json_.key("additionalProperties").boolean(false);
    json_.key("patternProperties").begin_object().key(name_pattern).begin_object();
  }
  void end_named() { json_.end_object().end_object(); }

  /// Keys of a table; with a plugin, its `use` is fixed and its keys are added.
  void write_object(std::span<const parley_field> fields, const PluginSchema* plugin) {
    json_.key("type").text("object");
    json_.key("additionalProperties").boolean(false);
    std::vector<parley_field> all(fields.begin(), fields.end());
    if (plugin != nullptr) all.insert(all.end(), plugin->fields.begin(), plugin->fields.end());
    write_required(all);
    json_.key("properties").begin_object();
    for (const parley_field& field : all) {
      if (field.type == schema::type_later) continue;
      json_.key(field.name).begin_object();
      if (plugin != nullptr && std::string_view{field.name} == "use") {
        json_.key("enum").begin_array().text(plugin->name).end_array();
      } else {
        write_field(field);
      }
      json_.end_object();
    }
    json_.end_object();
  }

  /// Draft 4 forbids an empty list.
  void write_required(const std::vector<parley_field>& fields) {
    bool any = false;
    for (const parley_field& field : fields) {
      if (field.required == 0) continue;
      if (!any) json_.key("required").begin_array();
      any = true;
      json_.text(field.name);
    }
    if (any) json_.end_array();
  }

  void write_field(const parley_field& field) {
    if (field.help != nullptr && *field.help != '\0') json_.key("description").text(field.help);
    switch (field.type) {
      case PARLEY_FIELD_BOOL:
        json_.key("type").text("boolean");
        return;
      case PARLEY_FIELD_INT:
        write_integer(field);
        return;
      case PARLEY_FIELD_SIZE:
        write_pattern("^[0-9]+(B|KiB|MiB|GiB)$");
        return;
      case PARLEY_FIELD_DURATION:
        write_pattern("^[0-9]+(ns|us|ms|s|m|h)$");
        return;
      case PARLEY_FIELD_GROUP:
        write_names();
        return;
      default:
        break;
    }
    if (field.type == schema::type_drift) return write_pattern("^[0-9]+ppm$");
    if (field.type == schema::type_name) return write_pattern(name_pattern);
    if (field.type == schema::type_address) return write_pattern("^.+:[0-9]+$");
    if (field.type == schema::type_pair) return write_pattern("^.+<->.+$");
    if (field.type == schema::type_groups) return write_names();
    if (field.type == schema::type_choice) return write_choice(field.name);
    if (field.type == schema::type_paths || field.type == schema::type_instances) {
      return write_array([&] { json_.key("type").text("string"); });
    }
    if (field.type == schema::type_plugin) return write_reference(field.name);
    if (field.type == schema::type_plugins || field.type == schema::type_stages) {
      return write_array([&] { write_reference(field.name); });
    }
    json_.key("type").text("string");
  }

  void write_integer(const parley_field& field) {
    json_.key("type").text("integer");
    if (field.min == field.max) return;
    json_.key("minimum").number(field.min).key("maximum").number(field.max);
  }

  void write_pattern(std::string_view pattern) {
    json_.key("type").text("string").key("pattern").text(pattern);
  }

  void write_choice(std::string_view key) {
    json_.key("enum").begin_array();
    for (const std::string_view word : schema::choices_of(key)) json_.text(word);
    json_.end_array();
  }

  template <class Items>
  void write_array(Items&& items) {
    json_.key("type").text("array").key("items").begin_object();
    items();
    json_.end_object();
  }

  void write_names() {
    json_.key("anyOf").begin_array();
    json_.begin_object().key("type").text("string").end_object();
    json_.begin_object();
    write_array([&] { json_.key("type").text("string"); });
    json_.end_object().end_array();
  }

  void write_reference(std::string_view key) {
    json_.key("$ref").text(std::string{"#/definitions/"} + kind_name(schema::plugin_kind_of(key)));
  }

  /// One definition a kind: a plugin's name, or a table of one of them.
  void write_definitions() {
    json_.key("definitions").begin_object();
    for (const parley_kind kind : kinds_in_files) {
      const std::vector<const PluginSchema*> plugins = plugins_.of_kind(kind);
      const bool stage = kind == PARLEY_KIND_DISSEMINATOR;
      json_.key(kind_name(kind)).begin_object().key("anyOf").begin_array();
      json_.begin_object().key("type").text("string");
      if (!plugins.empty()) {
        json_.key("enum").begin_array();
        for (const PluginSchema* plugin : plugins) json_.text(plugin->name);
        json_.end_array();
      }
      json_.end_object();
      for (const PluginSchema* plugin : plugins) {
        json_.begin_object();
        write_object(stage ? schema::stage_fields() : schema::use_fields(), plugin);
        json_.end_object();
      }
      json_.end_array().end_object();
    }
    json_.end_object();
  }

  const PluginSchemas& plugins_;
  JsonWriter json_;
};

}  // namespace

std::string deployment_json_schema(const PluginSchemas& plugins) {
  return SchemaWriter{plugins}.write();
}

}  // namespace parley
