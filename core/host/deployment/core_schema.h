// SPDX-License-Identifier: Apache-2.0
//
// Every table and key of a deployment file that is not a plugin's own, as data:
// in the same struct that plugins declare their keys with. The reader, the JSON
// Schema and the error messages are all driven by it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "core/api/plugin.h"

namespace parley::core_schema {

/// Types beyond those open to plugins; parley_field_type has a fixed width.
inline constexpr auto type_name = static_cast<parley_field_type>(100);
inline constexpr auto type_path = static_cast<parley_field_type>(101);
inline constexpr auto type_paths = static_cast<parley_field_type>(102);
inline constexpr auto type_address = static_cast<parley_field_type>(103);
inline constexpr auto type_choice = static_cast<parley_field_type>(104);  ///< See choices_of.
inline constexpr auto type_drift = static_cast<parley_field_type>(105);   ///< "200ppm"
inline constexpr auto type_groups = static_cast<parley_field_type>(106);  ///< One name or several.
inline constexpr auto type_pair = static_cast<parley_field_type>(107);    ///< "a <-> b"
inline constexpr auto type_instances = static_cast<parley_field_type>(108);
inline constexpr auto type_plugin = static_cast<parley_field_type>(109);  ///< See plugin_kind_of.
inline constexpr auto type_plugins = static_cast<parley_field_type>(110);
inline constexpr auto type_stages = static_cast<parley_field_type>(111);
inline constexpr auto type_later = static_cast<parley_field_type>(112);  ///< Known, not built yet.

enum class TableForm : std::uint8_t {
  Table,        ///< [name]
  Array,        ///< [[name]]
  NamedTables,  ///< [name] with a table under each key that the user chose.
  NamedLists,   ///< [name] with a list of names under each key.
};

struct CoreTable {
  std::string_view name;
  TableForm form;
  bool required;
  std::span<const parley_field> fields;
  std::string_view help;
  std::string_view later = {};  ///< Not empty: what a build needs to accept it.
};

std::span<const CoreTable> tables();
const CoreTable& table(std::string_view name);

/// Keys of one entry of [[dissemination]] stages, beside the plugin's own.
std::span<const parley_field> stage_fields();
/// Keys of a plugin's inline table, beside the plugin's own: `use`.
std::span<const parley_field> use_fields();

/// The words that a type_choice key takes.
std::span<const std::string_view> choices_of(std::string_view key);
/// The kind of plugin that a type_plugin(s) or type_stages key names.
parley_kind plugin_kind_of(std::string_view key);

inline constexpr std::int64_t version = 1;  ///< What `schema` must say.

}  // namespace parley::core_schema
