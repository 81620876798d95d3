// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/base/assert.h"
#include "core/host/deployment/reading.h"
#include "core/lang/suggestion.h"

namespace parley {
namespace {

constexpr std::size_t entries_for_correction_max = 256;

}  // namespace

TableReader::TableReader(Reading& reading, const TomlValue& table, std::string path,
                         std::string title, SourceSpan place, std::span<const parley_field> fields)
    : reading_(reading),
      table_(table),
      path_(std::move(path)),
      title_(std::move(title)),
      place_(place),
      fields_(fields.begin(), fields.end()) {}

void TableReader::also(std::span<const parley_field> fields) {
  fields_.insert(fields_.end(), fields.begin(), fields.end());
}

const parley_field* TableReader::declared(std::string_view key) const {
  const auto found = std::find_if(fields_.begin(), fields_.end(),
                                  [&](const parley_field& each) { return key == each.name; });
  return found == fields_.end() ? nullptr : &*found;
}

const parley_field& TableReader::field(std::string_view key) const {
  const parley_field* found = declared(key);
  PARLEY_ASSERT(found != nullptr);
  return *found;
}

const TomlEntry* TableReader::entry(std::string_view key) {
  const TomlEntry* exact = table_.find(key);
  return exact != nullptr ? exact : misspelled(key);
}

const TomlEntry* TableReader::misspelled(std::string_view key) {
  // So many keys are no typing error, and comparing them all would take long.
  if (table_.entries.size() > entries_for_correction_max) return nullptr;
  const std::vector<std::string> wanted{std::string{key}};
  for (const TomlEntry& candidate : table_.entries) {
    const auto corrected = corrections_.find(&candidate);
    if (corrected != corrections_.end()) {
      if (corrected->second == key) return &candidate;
      continue;
    }
    if (declared(candidate.key) != nullptr || did_you_mean(candidate.key, wanted).empty()) continue;
    // Another missing key may be nearer: "form" is "from" rather than "for".
    const std::size_t distance = edit_distance(candidate.key, key);
    const bool nearer = std::any_of(fields_.begin(), fields_.end(), [&](const parley_field& other) {
      return table_.find(other.name) == nullptr &&
             edit_distance(candidate.key, other.name) < distance;
    });
    if (nearer) continue;
    corrections_.emplace(&candidate, key);
    return &candidate;
  }
  return nullptr;
}

std::optional<ConfigValue> TableReader::value(std::string_view key) {
  const parley_field& declaration = field(key);
  const TomlEntry* given = entry(key);
  if (given == nullptr) {
    if (declaration.required != 0) return std::nullopt;
    record(key, nullptr);
    return decode_default(reading_, declaration);
  }
  record(key, given);
  return decode_field(reading_, declaration, given->value);
}

std::string TableReader::text(std::string_view key) {
  const std::optional<ConfigValue> found = value(key);
  return found ? std::get<std::string>(*found) : std::string{};
}

std::int64_t TableReader::integer(std::string_view key) {
  const std::optional<ConfigValue> found = value(key);
  return found ? std::get<std::int64_t>(*found) : 0;
}

bool TableReader::boolean(std::string_view key) {
  const std::optional<ConfigValue> found = value(key);
  // A flag decides how rules are judged.
  if (!found) reading_.rules_doubtful = true;
  return found && std::get<bool>(*found);
}

void TableReader::record(std::string_view key, const TomlEntry* entry) {
  EffectiveValue effective{.path = path_ + '.' + std::string{key}, .value = {}};
  if (entry != nullptr) {
    effective.value = toml_text(entry->value);
    effective.line = entry->key_span.begin.line;
  } else {
    effective.value = default_text(field(key));
  }
  reading_.values.push_back(std::move(effective));
}

void TableReader::finish() {
  for (const TomlEntry& given : table_.entries) {
    const parley_field* declaration = declared(given.key);
    if (declaration == nullptr) {
      report_unknown(given);
    } else if (declaration->type == core_schema::type_later) {
      reading_.diagnostics
          .error(codes::later_work, given.key_span,
                 '\'' + given.key + "' in " + title_ + " is not supported by this build")
          .label("known, but not built yet")
          .suggest("remove it");
    }
  }
  for (const parley_field& wanted : fields_) {
    if (wanted.required == 0 || entry(wanted.name) != nullptr) continue;
    reading_.diagnostics
        .error(codes::missing_key, place_,
               "missing key '" + std::string{wanted.name} + "' in " + title_)
        .note(std::string{wanted.name} + ": " + wanted.help);
    reading_.rules_doubtful = true;
  }
}

void TableReader::report_unknown(const TomlEntry& given) {
  std::vector<std::string> valid;
  for (const parley_field& each : fields_) {
    if (each.type != core_schema::type_later) valid.emplace_back(each.name);
  }
  Diagnostic& error = reading_.diagnostics.error(codes::unknown_key, given.key_span,
                                                 "unknown key '" + given.key + "' in " + title_);
  const auto corrected = corrections_.find(&given);
  if (corrected != corrections_.end()) {
    error.suggest("did you mean '" + corrected->second + "'?");
  } else {
    error.suggest(did_you_mean(given.key, valid));
    // It may have been a rule.
    reading_.rules_doubtful = true;
  }
  if (valid.empty()) {
    error.note(title_ + " takes no keys");
  } else {
    error.note("valid keys: " + listed(valid));
  }
}

Diagnostic& report_type(Reading& reading, std::string_view what, const char* expected,
                        const TomlValue& found) {
  return reading.diagnostics
      .error(codes::wrong_type, found.span,
             std::string{what} + ": expected " + expected + ", found " + described(found.kind))
      .label(std::string{"expected "} + expected);
}

}  // namespace parley
