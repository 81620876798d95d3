// SPDX-License-Identifier: Apache-2.0
//
// Included by a plugin's one plugin.cc, nowhere else: makes the exported symbol
// and the ELF note out of a constexpr PluginDescription.
//
// The note (name "PARLEY", type 1) holds text, one `key=value` line per fact, in
// a fixed order, then one `field=` line per configuration key and one `note=`
// line per note declaration. Columns of a line are separated by '|'.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/api/plugin.h"
#include "core/api/toolchain.h"
#include "parley_api_digest.h"

namespace parley::plugin_note {

/// Counts first, writes second: the same function serves both.
struct Sink {
  char* out = nullptr;
  std::size_t size = 0;

  constexpr void put(std::string_view text) {
    for (const char c : text) {
      if (out != nullptr) out[size] = c;
      ++size;
    }
  }
  constexpr void put_number(std::int64_t value) {
    char digits[24] = {};
    std::size_t count = 0;
    const bool negative = value < 0;
    auto rest = static_cast<std::uint64_t>(value);
    if (negative) rest = ~rest + 1;
    do {
      digits[count++] = static_cast<char>('0' + rest % 10);
      rest /= 10;
    } while (rest != 0);
    if (negative) put("-");
    while (count > 0) put(std::string_view(&digits[--count], 1));
  }
  constexpr void line(std::string_view key, std::string_view value) {
    put(key);
    put("=");
    put(value);
    put("\n");
  }
  constexpr void line(std::string_view key, std::int64_t value) {
    put(key);
    put("=");
    put_number(value);
    put("\n");
  }
};

constexpr void write(const PluginDescription& description, Sink& sink) {
  sink.line("abi_major", parley_abi_major);
  sink.line("abi_minor", parley_abi_minor);
  sink.line("kind", description.kind);
  sink.line("name", description.name);
  sink.line("version", description.version);
  sink.line("maturity", description.maturity);
  sink.line("fault_model", description.fault_model);
  sink.line("guarantees", static_cast<std::int64_t>(description.guarantees));
  sink.line("api_digest", PARLEY_API_DIGEST);
  sink.line("toolchain", PARLEY_TOOLCHAIN);
  sink.line("summary", description.summary);
  for (std::uint32_t i = 0; i < description.fields_count; ++i) {
    const parley_field& field = description.fields[i];
    sink.put("field=");
    sink.put(field.name);
    sink.put("|");
    sink.put_number(field.type);
    sink.put("|");
    sink.put_number(field.required);
    sink.put("|");
    sink.put(field.default_value == nullptr ? "" : field.default_value);
    sink.put("|");
    sink.put_number(field.min);
    sink.put("|");
    sink.put_number(field.max);
    sink.put("|");
    sink.put(field.help);
    sink.put("\n");
  }
  for (std::uint32_t i = 0; i < description.notes_count; ++i) {
    const NoteDeclaration& note = *description.notes[i];
    sink.put("note=");
    sink.put(note.name);
    sink.put("|");
    sink.put(note.fields);
    sink.put("|");
    sink.put(note.help);
    sink.put("\n");
  }
}

consteval std::size_t text_size(const PluginDescription& description) {
  Sink sink;
  write(description, sink);
  return sink.size;
}

/// An ELF note as it lies in the file: header, padded name, padded text.
template <std::size_t TextSize>
struct alignas(4) ElfNote {
  std::uint32_t name_size = 7;
  std::uint32_t text_size = TextSize;
  std::uint32_t type = 1;
  char name[8] = {'P', 'A', 'R', 'L', 'E', 'Y', '\0', '\0'};
  char text[(TextSize + 3) / 4 * 4] = {};
};

template <std::size_t TextSize>
consteval ElfNote<TextSize> make(const PluginDescription& description) {
  ElfNote<TextSize> note;
  Sink sink{note.text};
  write(description, sink);
  return note;
}

}  // namespace parley::plugin_note

// Clang's address sanitizer would put a red zone behind the note, into its section.
#if defined(__clang__)
#define PARLEY_NOTE_ATTRIBUTES section(".note.parley"), used, aligned(4), no_sanitize("address")
#else
#define PARLEY_NOTE_ATTRIBUTES section(".note.parley"), used, aligned(4)
#endif

/// Once per plugin, at namespace scope. `description` is a constexpr
/// PluginDescription, `Interface` the kind's factory class, `Factory` its
/// default-constructible implementation.
#define PARLEY_EXPORT_PLUGIN(description, Interface, Factory)                                  \
  static_assert(std::derived_from<Factory, Interface>);                                        \
  __attribute__((PARLEY_NOTE_ATTRIBUTES)) static constinit const auto parley_note_ =           \
      ::parley::plugin_note::make<::parley::plugin_note::text_size(description)>(description); \
  extern "C" __attribute__((visibility("default"),                                             \
                            used)) constinit const parley_plugin parley_plugin_v1 = {          \
      parley_plugin_magic,                                                                     \
      parley_abi_major,                                                                        \
      parley_abi_minor,                                                                        \
      sizeof(parley_plugin),                                                                   \
      (description).kind,                                                                      \
      (description).name,                                                                      \
      (description).version,                                                                   \
      (description).maturity,                                                                  \
      (description).fault_model,                                                               \
      PARLEY_API_DIGEST,                                                                       \
      PARLEY_TOOLCHAIN,                                                                        \
      (description).fields,                                                                    \
      (description).fields_count,                                                              \
      (description).notes_count,                                                               \
      (description).notes,                                                                     \
      (description).guarantees,                                                                \
      (description).summary,                                                                   \
      []() -> void* { return static_cast<Interface*>(new Factory()); },                        \
      [](void* factory) { delete static_cast<Interface*>(factory); },                          \
  }
