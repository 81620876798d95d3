// SPDX-License-Identifier: Apache-2.0
//
// What a plugin file exports: one C struct that points at everything, and one
// ELF note that says the same without pointers, so that a host can judge the
// file without running any of its code. C++ interfaces cross the boundary only
// when api_digest and toolchain match exactly.
//
// A plugin writes one constexpr PluginDescription and one PARLEY_EXPORT_PLUGIN.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/api/note.h"

extern "C" {

/// Values of parley_plugin_v1.kind. Numbers are for ever.
enum parley_kind : std::uint32_t {
  PARLEY_KIND_AUTHENTICATOR = 1,
  PARLEY_KIND_DISSEMINATOR = 2,
  PARLEY_KIND_TOPOLOGY = 3,
  PARLEY_KIND_BACKEND = 4,
  PARLEY_KIND_STORE = 5,
  PARLEY_KIND_PROGRAM = 6,
  PARLEY_KIND_OBJECT = 7,
  PARLEY_KIND_COMPONENT = 8,
};

enum parley_maturity : std::uint32_t {
  PARLEY_MATURITY_EXPERIMENTAL = 1,
  PARLEY_MATURITY_BETA = 2,
  PARLEY_MATURITY_STABLE = 3,
};

/// The faults of others under which the plugin keeps its promises.
enum parley_fault_model : std::uint32_t {
  PARLEY_FAULT_MODEL_CRASH = 1,
  PARLEY_FAULT_MODEL_BYZANTINE = 2,
  PARLEY_FAULT_MODEL_ANY = 3,  ///< It makes no promise that a fault could break.
};

enum parley_field_type : std::uint32_t {
  PARLEY_FIELD_BOOL = 1,
  PARLEY_FIELD_INT = 2,
  PARLEY_FIELD_SIZE = 3,      ///< "4KiB"; bounds in bytes.
  PARLEY_FIELD_DURATION = 4,  ///< "20ms"; bounds in nanoseconds.
  PARLEY_FIELD_STRING = 5,
  PARLEY_FIELD_GROUP = 6,  ///< A group or principal name.
};

/// One configuration key. All strings are static, UTF-8, without '|' or newline.
struct parley_field {
  const char* name;
  parley_field_type type;
  std::uint32_t required;     ///< 1: no default.
  const char* default_value;  ///< As written in TOML, without quotes; null if required.
  std::int64_t min;
  std::int64_t max;  ///< min == max: unbounded.
  const char* help;
};

/// Bits of parley_plugin_v1.guarantees; which ones a kind may use is in docs/plugins.md.
enum parley_guarantee : std::uint64_t {
  PARLEY_GUARANTEE_AUTHENTICATES = 1u << 0,         ///< authenticator: convinces the verifiers.
  PARLEY_GUARANTEE_CONVINCES_AUDITORS = 1u << 1,    ///< authenticator: convinces third parties.
  PARLEY_GUARANTEE_NEEDS_PRIVATE_LINK = 1u << 2,    ///< authenticator: private links only.
  PARLEY_GUARANTEE_EXPLORATION_ONLY = 1u << 3,      ///< refused by `parley run`.
  PARLEY_GUARANTEE_DURABLE = 1u << 4,               ///< store: survives a crash of the machine.
  PARLEY_GUARANTEE_FOLDS_ONCE = 1u << 5,            ///< topology: every contribution exactly once.
  PARLEY_GUARANTEE_LINEARIZABLE = 1u << 6,          ///< backend: pushes are linearizable.
  PARLEY_GUARANTEE_INTERACTIVE = 1u << 7,           ///< authenticator: has a Machine part.
  PARLEY_GUARANTEE_LOG = 1u << 8,                   ///< backend: commits any number of methods.
  PARLEY_GUARANTEE_PARTITIONS = 1u << 9,            ///< backend: one partition a method, no whole.
  PARLEY_GUARANTEE_NEEDS_LOG = 1u << 10,            ///< object: no use with a single method.
  PARLEY_GUARANTEE_NEEDS_CONFIGURATION = 1u << 11,  ///< backend: a master decides its members.
};

inline constexpr std::uint32_t parley_plugin_magic = 0x59'4C'52'50;  // "PRLY"
inline constexpr std::uint16_t parley_abi_major = 1;
inline constexpr std::uint16_t parley_abi_minor = 0;

/// Fields are only ever appended; a reader checks struct_size first. Every
/// pointer is static data of the plugin and lives as long as its mapping.
struct parley_plugin {
  std::uint32_t magic;
  std::uint16_t abi_major;
  std::uint16_t abi_minor;
  std::uint32_t struct_size;
  parley_kind kind;
  const char* name;
  const char* version;
  parley_maturity maturity;
  parley_fault_model fault_model;
  const char* api_digest;
  const char* toolchain;
  const parley_field* fields;
  std::uint32_t fields_count;
  std::uint32_t notes_count;
  const parley::NoteDeclaration* const* notes;
  std::uint64_t guarantees;
  const char* summary;
  /// Returns the kind's factory (AuthenticatorFactory, ...); never null, never throws.
  void* (*create)();
  void (*destroy)(void* factory);
};
}

namespace parley {

/// Everything a plugin says of itself. Strings are literals.
struct PluginDescription {
  parley_kind kind;
  const char* name;  ///< snake_case noun; same as folder, namespace, TOML and note prefix.
  const char* version;
  parley_maturity maturity = PARLEY_MATURITY_EXPERIMENTAL;
  parley_fault_model fault_model = PARLEY_FAULT_MODEL_CRASH;
  std::uint64_t guarantees = 0;
  const char* summary;  ///< One line.
  const parley_field* fields = nullptr;
  std::uint32_t fields_count = 0;
  const NoteDeclaration* const* notes = nullptr;
  std::uint32_t notes_count = 0;
};

/// Adds a table to a description.
template <std::size_t N>
consteval PluginDescription with_fields(PluginDescription description,
                                        const parley_field (&fields)[N]) {
  description.fields = fields;
  description.fields_count = N;
  return description;
}

template <std::size_t N>
consteval PluginDescription with_notes(PluginDescription description,
                                       const NoteDeclaration* const (&notes)[N]) {
  description.notes = notes;
  description.notes_count = N;
  return description;
}

}  // namespace parley
