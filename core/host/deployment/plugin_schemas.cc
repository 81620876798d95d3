// SPDX-License-Identifier: Apache-2.0
#include "core/host/deployment/plugin_schemas.h"

#include "core/host/plugins/loader.h"

namespace parley {

void PluginSchemas::add(parley_kind kind, std::string_view name, std::uint64_t guarantees,
                        std::span<const parley_field> fields) {
  PluginSchema schema{.name = std::string{name}, .guarantees = guarantees};
  for (parley_field field : fields) {
    field.name = keep(field.name);
    if (field.default_value != nullptr) field.default_value = keep(field.default_value);
    field.help = keep(field.help == nullptr ? "" : field.help);
    schema.fields.push_back(field);
  }
  schemas_.try_emplace({kind, schema.name}, std::move(schema));
}

void PluginSchemas::refuse(parley_kind kind, std::string_view name, std::string reason) {
  refusals_.try_emplace({kind, std::string{name}}, std::move(reason));
}

const char* PluginSchemas::keep(std::string_view text) {
  return strings_.emplace_back(text).c_str();
}

const PluginSchema* PluginSchemas::find(parley_kind kind, std::string_view name) const {
  const auto found = schemas_.find({kind, std::string{name}});
  return found == schemas_.end() ? nullptr : &found->second;
}

std::string_view PluginSchemas::why_not(parley_kind kind, std::string_view name) const {
  const auto found = refusals_.find({kind, std::string{name}});
  return found == refusals_.end() ? std::string_view{} : found->second;
}

std::vector<std::string> PluginSchemas::names(parley_kind kind) const {
  std::vector<std::string> list;
  for (const PluginSchema* schema : of_kind(kind)) list.push_back(schema->name);
  return list;
}

std::vector<const PluginSchema*> PluginSchemas::of_kind(parley_kind kind) const {
  std::vector<const PluginSchema*> list;
  for (const auto& [key, schema] : schemas_) {
    if (key.first == kind) list.push_back(&schema);
  }
  return list;
}

PluginSchemas schemas_of(const Catalogue& catalogue) {
  PluginSchemas schemas;
  for (std::uint32_t number = PARLEY_KIND_AUTHENTICATOR; number <= PARLEY_KIND_COMPONENT;
       ++number) {
    const auto kind = static_cast<parley_kind>(number);
    for (const Plugin* plugin : catalogue.of_kind(kind)) {
      const parley_plugin& descriptor = *plugin->descriptor;
      schemas.add(kind, descriptor.name, descriptor.guarantees,
                  {descriptor.fields, descriptor.fields_count});
    }
  }
  return schemas;
}

PluginSchemas schemas_of(const PluginScan& scan) {
  PluginSchemas schemas;
  for (const PluginFile& file : scan.files) {
    if (!file.facts) continue;
    const PluginFacts& facts = *file.facts;
    const auto kind = static_cast<parley_kind>(facts.kind);
    if (!file.usable()) {
      schemas.refuse(kind, facts.name, scan.why_not(kind, facts.name));
      continue;
    }
    std::vector<parley_field> fields;
    for (const PluginField& field : facts.fields) {
      fields.push_back({field.name.c_str(), field.type, field.required ? 1U : 0U,
                        field.required ? nullptr : field.default_value.c_str(), field.min,
                        field.max, field.help.c_str()});
    }
    schemas.add(kind, facts.name, facts.guarantees, fields);
  }
  return schemas;
}

}  // namespace parley
