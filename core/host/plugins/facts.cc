// SPDX-License-Identifier: Apache-2.0
#include "core/host/plugins/facts.h"

#include <array>
#include <utility>

#include "core/api/toolchain.h"
#include "core/kernel/catalogue.h"
#include "parley_api_digest.h"

namespace parley {
namespace {

std::string text_or_empty(const char* text) {
  return text == nullptr ? std::string{} : std::string{text};
}

std::string abi_words(std::uint32_t major, std::uint32_t minor) {
  return "plugin ABI " + std::to_string(major) + "." + std::to_string(minor);
}

RefusalGrounds disagreement(std::string_view key, const std::string& expected,
                            const std::string& found) {
  const std::string name{key};
  return {RefusalReason::DescriptorDisagrees, name + " '" + expected + "' as in the ELF note",
          "'" + found + "' in the descriptor",
          "the file was tampered with or built wrongly: build it with parley_add_plugin"};
}

std::string words_of(const PluginField& field) {
  return field.name + "|" + field_type_word(field.type) + "|" + (field.required ? "1" : "0") + "|" +
         field.default_value + "|" + std::to_string(field.min) + "|" + std::to_string(field.max) +
         "|" + field.help;
}

std::string words_of(const PluginNote& note) {
  return note.name + "|" + note.fields + "|" + note.help;
}

/// Every fact as (key, words), in the note's order; equal facts, equal lists.
std::vector<std::pair<std::string, std::string>> listed(const PluginFacts& facts) {
  std::vector<std::pair<std::string, std::string>> list = {
      {"abi_major", std::to_string(facts.abi_major)},
      {"abi_minor", std::to_string(facts.abi_minor)},
      {"kind", kind_words(facts.kind)},
      {"name", facts.name},
      {"version", facts.version},
      {"maturity", std::to_string(facts.maturity)},
      {"fault_model", std::to_string(facts.fault_model)},
      {"guarantees", std::to_string(facts.guarantees)},
      {"api_digest", facts.api_digest},
      {"toolchain", facts.toolchain},
      {"summary", facts.summary},
      {"number of fields", std::to_string(facts.fields.size())},
      {"number of notes", std::to_string(facts.notes.size())},
  };
  for (const PluginField& field : facts.fields) list.emplace_back("field", words_of(field));
  for (const PluginNote& note : facts.notes) list.emplace_back("note", words_of(note));
  return list;
}

}  // namespace

PluginFacts facts_of(const parley_plugin& descriptor) {
  PluginFacts facts{.abi_major = descriptor.abi_major,
                    .abi_minor = descriptor.abi_minor,
                    .kind = descriptor.kind,
                    .name = text_or_empty(descriptor.name),
                    .version = text_or_empty(descriptor.version),
                    .maturity = descriptor.maturity,
                    .fault_model = descriptor.fault_model,
                    .guarantees = descriptor.guarantees,
                    .api_digest = text_or_empty(descriptor.api_digest),
                    .toolchain = text_or_empty(descriptor.toolchain),
                    .summary = text_or_empty(descriptor.summary)};
  for (std::uint32_t i = 0; descriptor.fields != nullptr && i < descriptor.fields_count; ++i) {
    const parley_field& field = descriptor.fields[i];
    facts.fields.push_back({.name = text_or_empty(field.name),
                            .type = field.type,
                            .required = field.required != 0,
                            .default_value = text_or_empty(field.default_value),
                            .min = field.min,
                            .max = field.max,
                            .help = text_or_empty(field.help)});
  }
  for (std::uint32_t i = 0; descriptor.notes != nullptr && i < descriptor.notes_count; ++i) {
    const NoteDeclaration& note = *descriptor.notes[i];
    facts.notes.push_back(
        {text_or_empty(note.name), text_or_empty(note.fields), text_or_empty(note.help)});
  }
  return facts;
}

std::optional<RefusalGrounds> judge(const PluginFacts& facts) {
  const std::string ours = abi_words(parley_abi_major, parley_abi_minor);
  const std::string theirs = abi_words(facts.abi_major, facts.abi_minor);
  if (facts.abi_major != parley_abi_major) {
    return RefusalGrounds{RefusalReason::AbiMajorDiffers, ours, theirs,
                          "build the plugin against this Parley"};
  }
  if (facts.abi_minor > parley_abi_minor) {
    return RefusalGrounds{RefusalReason::AbiMinorNewer, ours + " or an older minor", theirs,
                          "use a newer Parley, or build the plugin against this one"};
  }
  if (*kind_name(static_cast<parley_kind>(facts.kind)) == '\0') {
    return RefusalGrounds{RefusalReason::KindUnknown,
                          "a kind from 1 (authenticator) to 8 (component)", kind_words(facts.kind),
                          "correct the kind in its PluginDescription"};
  }
  if (facts.api_digest != PARLEY_API_DIGEST) {
    return RefusalGrounds{RefusalReason::ApiDigestDiffers, "api digest " PARLEY_API_DIGEST,
                          facts.api_digest, "build the plugin against this Parley's headers"};
  }
  if (facts.toolchain != PARLEY_TOOLCHAIN) {
    return RefusalGrounds{RefusalReason::ToolchainDiffers, "toolchain '" PARLEY_TOOLCHAIN "'",
                          "'" + facts.toolchain + "'",
                          "build the plugin with the compiler and flags of this Parley"};
  }
  return std::nullopt;
}

std::optional<RefusalGrounds> first_difference(const PluginFacts& expected,
                                               const PluginFacts& found) {
  const auto ours = listed(expected);
  const auto theirs = listed(found);
  // The counts come before the tables, so the lists differ within the shorter one.
  for (std::size_t i = 0; i < ours.size() && i < theirs.size(); ++i) {
    if (ours[i] != theirs[i]) {
      return disagreement(ours[i].first, ours[i].second, theirs[i].second);
    }
  }
  return std::nullopt;
}

std::string kind_words(std::uint32_t kind) {
  const char* name = kind_name(static_cast<parley_kind>(kind));
  return *name == '\0' ? "kind " + std::to_string(kind) : name;
}

const char* maturity_word(parley_maturity maturity) {
  switch (maturity) {
    case PARLEY_MATURITY_EXPERIMENTAL:
      return "experimental";
    case PARLEY_MATURITY_BETA:
      return "beta";
    case PARLEY_MATURITY_STABLE:
      return "stable";
  }
  return "unknown";
}

const char* fault_model_word(parley_fault_model fault_model) {
  switch (fault_model) {
    case PARLEY_FAULT_MODEL_CRASH:
      return "crash";
    case PARLEY_FAULT_MODEL_BYZANTINE:
      return "byzantine";
    case PARLEY_FAULT_MODEL_ANY:
      return "any";
  }
  return "unknown";
}

const char* field_type_word(parley_field_type type) {
  switch (type) {
    case PARLEY_FIELD_BOOL:
      return "bool";
    case PARLEY_FIELD_INT:
      return "int";
    case PARLEY_FIELD_SIZE:
      return "size";
    case PARLEY_FIELD_DURATION:
      return "duration";
    case PARLEY_FIELD_STRING:
      return "string";
    case PARLEY_FIELD_GROUP:
      return "group";
  }
  return "unknown";
}

std::vector<std::string> guarantee_words(std::uint64_t guarantees) {
  constexpr std::array<const char*, 12> words = {
      "authenticates", "convinces auditors", "needs a private link", "exploration only",
      "durable",       "folds once",         "linearizable",         "interactive",
      "log",           "partitions",         "needs a log",          "needs a configuration"};
  std::vector<std::string> list;
  for (std::uint32_t bit = 0; bit < 64; ++bit) {
    if (((guarantees >> bit) & 1) == 0) continue;
    list.push_back(bit < words.size() ? words[bit] : "bit " + std::to_string(bit));
  }
  return list;
}

}  // namespace parley
