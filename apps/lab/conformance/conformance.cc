// SPDX-License-Identifier: Apache-2.0
#include "apps/lab/conformance/conformance.h"

#include <algorithm>
#include <set>

#include "apps/lab/conformance/default_config.h"
#include "core/api/refinement.h"

namespace parley {
namespace {

bool is_snake_case(std::string_view name) {
  if (name.empty() || name.front() < 'a' || name.front() > 'z') return false;
  return name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos;
}

/// Backends share the notes in which they are watched.
bool is_of_refinement(std::string_view note) {
  return std::any_of(std::begin(ado_notes::all), std::end(ado_notes::all),
                     [&](const NoteDeclaration* shared) { return note == shared->name; });
}

/// Rules for every kind: what the descriptor says must be usable by a deployment.
void check_descriptor(const parley_plugin& plugin, Findings& findings) {
  const std::string name = plugin.name;
  expect(findings, "name is a snake_case word", is_snake_case(name), name);
  std::set<std::string> fields;
  for (std::uint32_t i = 0; i < plugin.fields_count; ++i) {
    const parley_field& field = plugin.fields[i];
    expect(findings, "field names are snake_case and distinct",
           is_snake_case(field.name) && fields.insert(field.name).second, field.name);
    expect(findings, "a field is required or has a default of its type and range",
           field.required != 0 || (field.default_value != nullptr &&
                                   field_value(field, field.default_value).has_value()),
           field.name);
    expect(findings, "every field is explained", *field.help != '\0', field.name);
  }
  std::set<std::string> notes;
  for (std::uint32_t i = 0; i < plugin.notes_count; ++i) {
    const std::string note = plugin.notes[i]->name;
    const bool shared = plugin.kind == PARLEY_KIND_BACKEND && is_of_refinement(note);
    expect(findings, "note names start with the plugin's name and are distinct",
           (shared || note.starts_with(name + "_")) && is_snake_case(note) &&
               notes.insert(note).second,
           note);
  }
}

Findings check_kind(const Plugin& plugin) {
  switch (plugin.descriptor->kind) {
    case PARLEY_KIND_AUTHENTICATOR:
      return check_authenticator(plugin);
    case PARLEY_KIND_DISSEMINATOR:
      return check_disseminator(plugin);
    case PARLEY_KIND_TOPOLOGY:
      return check_topology(plugin);
    case PARLEY_KIND_BACKEND:
      return check_backend(plugin);
    case PARLEY_KIND_STORE:
      return check_store(plugin);
    case PARLEY_KIND_PROGRAM:
      return check_program(plugin);
    case PARLEY_KIND_OBJECT:
      return check_object(plugin);
    case PARLEY_KIND_COMPONENT:
      return check_component(plugin);
  }
  return {{"the kind is known", false, std::to_string(plugin.descriptor->kind)}};
}

}  // namespace

Findings run_conformance(const Plugin& plugin) {
  Findings findings;
  check_descriptor(*plugin.descriptor, findings);
  for (Finding& finding : check_kind(plugin)) findings.push_back(std::move(finding));
  return findings;
}

}  // namespace parley
