// SPDX-License-Identifier: Apache-2.0
//
// What a plugin says of itself, as a value: read from a file's ELF note without
// running its code (elf_note.h), or copied from a loaded descriptor. Says
// nothing about whether the plugin may be used; that is judge().
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/api/plugin.h"
#include "core/host/plugins/refusal.h"

namespace parley {

/// One configuration key, as parley_field.
struct PluginField {
  std::string name;
  parley_field_type type{};
  bool required = false;
  std::string default_value{};  ///< Empty when required.
  std::int64_t min = 0;
  std::int64_t max = 0;  ///< min == max: unbounded.
  std::string help{};
  friend bool operator==(const PluginField&, const PluginField&) = default;
};

/// One note declaration, as NoteDeclaration.
struct PluginNote {
  std::string name;
  std::string fields;
  std::string help;
  friend bool operator==(const PluginNote&, const PluginNote&) = default;
};

struct PluginFacts {
  std::uint16_t abi_major = 0;
  std::uint16_t abi_minor = 0;
  std::uint32_t kind = 0;  ///< A parley_kind, or a number that this Parley does not know.
  std::string name{};
  std::string version{};
  parley_maturity maturity{};
  parley_fault_model fault_model{};
  std::uint64_t guarantees = 0;
  std::string api_digest{};
  std::string toolchain{};
  std::string summary{};
  std::vector<PluginField> fields{};
  std::vector<PluginNote> notes{};
  friend bool operator==(const PluginFacts&, const PluginFacts&) = default;
};

/// Copies a descriptor. Precondition: magic and struct_size were checked. Null
/// strings become empty ones.
PluginFacts facts_of(const parley_plugin& descriptor);

/// Whether this Parley may load a plugin with these facts: ABI, kind, api digest
/// and toolchain, in this order. nullopt: it may.
std::optional<RefusalGrounds> judge(const PluginFacts& facts);

/// The first fact in which `found` differs from `expected`, as words.
std::optional<RefusalGrounds> first_difference(const PluginFacts& expected,
                                               const PluginFacts& found);

/// "backend", or "kind 42" when the number is unknown.
std::string kind_words(std::uint32_t kind);
const char* maturity_word(parley_maturity maturity);
const char* fault_model_word(parley_fault_model fault_model);
const char* field_type_word(parley_field_type type);
/// The guarantees in words, in the order of their bits.
std::vector<std::string> guarantee_words(std::uint64_t guarantees);

}  // namespace parley
