// SPDX-License-Identifier: Apache-2.0
//
// Values of plain types: one key, one value.
#include <algorithm>
#include <charconv>

#include "core/host/deployment/address.h"
#include "core/host/deployment/reading.h"
#include "core/host/deployment/secret_file.h"
#include "core/host/deployment/units.h"
#include "core/lang/suggestion.h"

namespace parley {
namespace {

namespace schema = core_schema;

std::string bound_text(const parley_field& field, std::int64_t bound) {
  if (field.type == PARLEY_FIELD_DURATION) return duration_text(Duration{bound});
  if (field.type == PARLEY_FIELD_SIZE) return size_text(bound);
  return std::to_string(bound) + (field.type == schema::type_drift ? "ppm" : "");
}

bool in_range(Reading& reading, const parley_field& field, const TomlValue& value,
              std::int64_t number) {
  if (field.min == field.max || (field.min <= number && number <= field.max)) return true;
  reading.diagnostics
      .error(codes::out_of_range, value.span,
             std::string{field.name} + ": expected " + bound_text(field, field.min) + " to " +
                 bound_text(field, field.max) + ", found " + bound_text(field, number))
      .label("out of range");
  return false;
}

struct UnitForm {
  const char* noun;
  const char* units;
  const char* example;
};

UnitForm unit_form(parley_field_type type) {
  if (type == PARLEY_FIELD_DURATION) return {"a duration", "ns, us, ms, s, m or h", "\"20ms\""};
  if (type == PARLEY_FIELD_SIZE) return {"a size", "B, KiB, MiB or GiB", "\"4KiB\""};
  return {"a drift", "ppm", "\"200ppm\""};
}

std::optional<std::int64_t> parse_quantity(parley_field_type type, std::string_view text) {
  if (type == PARLEY_FIELD_SIZE) return parse_size(text);
  if (type == schema::type_drift) return parse_drift(text);
  const std::optional<Duration> duration = parse_duration(text);
  if (!duration) return std::nullopt;
  return duration->count();
}

ConfigValue quantity_value(parley_field_type type, std::int64_t number) {
  if (type == PARLEY_FIELD_DURATION) return Duration{number};
  return number;
}

std::optional<ConfigValue> decode_quantity(Reading& reading, const parley_field& field,
                                           const TomlValue& value) {
  const UnitForm form = unit_form(field.type);
  std::optional<std::int64_t> number;
  if (value.kind == TomlValue::Kind::String) number = parse_quantity(field.type, value.text);
  if (!number) {
    reading.diagnostics
        .error(codes::bad_unit, value.span,
               std::string{field.name} + ": expected " + form.noun + " with its unit, found " +
                   toml_text(value))
        .label(std::string{"such as "} + form.example)
        .suggest(std::string{"a whole number with "} + form.units + ", in quotes");
    return std::nullopt;
  }
  if (!in_range(reading, field, value, *number)) return std::nullopt;
  return quantity_value(field.type, *number);
}

std::optional<ConfigValue> decode_choice(Reading& reading, const parley_field& field,
                                         const TomlValue& value) {
  std::vector<std::string> words;
  for (const std::string_view word : schema::choices_of(field.name)) words.emplace_back(word);
  if (std::find(words.begin(), words.end(), value.text) != words.end()) return value.text;
  reading.diagnostics
      .error(
          codes::bad_choice, value.span,
          std::string{field.name} + ": expected " + listed(words) + ", found '" + value.text + '\'')
      .suggest(did_you_mean(value.text, words));
  return std::nullopt;
}

bool names_a_secret(const parley_field& field) {
  return field.type == PARLEY_FIELD_STRING && std::string_view{field.name}.ends_with("_file");
}

/// Secrets come only as files that nobody else can read.
std::optional<ConfigValue> decode_secret(Reading& reading, const parley_field& field,
                                         const TomlValue& value) {
  std::string path = reading.resolved(value.text);
  if (const std::optional<SecretFileFault> fault = check_secret_file(path)) {
    reading.diagnostics
        .error(codes::secret_file, value.span, std::string{field.name} + ": " + fault->message)
        .suggest(fault->help);
    return std::nullopt;
  }
  return path;
}

std::optional<ConfigValue> decode_text(Reading& reading, const parley_field& field,
                                       const TomlValue& value) {
  if (value.kind != TomlValue::Kind::String) {
    report_type(reading, field.name, "a string", value);
    return std::nullopt;
  }
  if (field.type == schema::type_choice) return decode_choice(reading, field, value);
  if (names_a_secret(field)) return decode_secret(reading, field, value);
  if (field.type == schema::type_path) {
    if (!value.text.empty()) return reading.resolved(value.text);
    reading.diagnostics.error(codes::bad_name, value.span,
                              std::string{field.name} + ": expected a path, found an empty string");
    return std::nullopt;
  }
  if (field.type == schema::type_name) check_name(reading, field.name, value.text, value.span);
  if (field.type == schema::type_address) {
    if (const std::string fault = address_fault(value.text); !fault.empty()) {
      reading.diagnostics
          .error(codes::bad_address, value.span,
                 std::string{field.name} + ": expected host:port, found " + toml_text(value))
          .label(fault)
          .suggest("for example \"127.0.0.1:7101\" or \"[::1]:7101\"");
      return std::nullopt;
    }
  }
  if (value.text.find('\0') != std::string::npos) {
    report_type(reading, field.name, "text without a zero byte", value);
    return std::nullopt;
  }
  return value.text;
}

}  // namespace

std::optional<ConfigValue> decode_field(Reading& reading, const parley_field& field,
                                        const TomlValue& value) {
  switch (field.type) {
    case PARLEY_FIELD_BOOL:
      if (value.kind == TomlValue::Kind::Boolean) return value.boolean;
      report_type(reading, field.name, "true or false", value);
      return std::nullopt;
    case PARLEY_FIELD_INT:
      if (value.kind != TomlValue::Kind::Integer) {
        report_type(reading, field.name, "an integer", value);
        return std::nullopt;
      }
      if (!in_range(reading, field, value, value.integer)) return std::nullopt;
      return value.integer;
    case PARLEY_FIELD_GROUP: {
      const std::vector<PrincipalId> members = resolve_list(reading, field.name, value);
      return set_of(members);
    }
    default:
      break;
  }
  if (field.type == PARLEY_FIELD_DURATION || field.type == PARLEY_FIELD_SIZE ||
      field.type == schema::type_drift) {
    return decode_quantity(reading, field, value);
  }
  return decode_text(reading, field, value);
}

std::optional<ConfigValue> decode_default(const Reading& reading, const parley_field& field) {
  const std::string_view text = field.default_value == nullptr ? "" : field.default_value;
  if (field.type == PARLEY_FIELD_BOOL) {
    if (text != "true" && text != "false") return std::nullopt;
    return text == "true";
  }
  if (field.type == PARLEY_FIELD_INT) {
    std::int64_t number = 0;
    const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (status != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
  }
  if (field.type == PARLEY_FIELD_DURATION || field.type == PARLEY_FIELD_SIZE ||
      field.type == schema::type_drift) {
    const std::optional<std::int64_t> number = parse_quantity(field.type, text);
    if (!number) return std::nullopt;
    return quantity_value(field.type, *number);
  }
  if (field.type == PARLEY_FIELD_GROUP) {
    if (text.empty()) return PrincipalSet{};
    PrincipalSet everybody;
    for (std::uint32_t id = 0; id < reading.deployment.principals.size(); ++id) {
      everybody.insert(PrincipalId{id});
    }
    // The only group that every deployment has.
    return text == "*" ? std::optional<ConfigValue>{everybody} : std::nullopt;
  }
  return std::string{text};
}

namespace {

std::string quoted_text(std::string_view text) {
  constexpr char digits[] = "0123456789ABCDEF";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (byte < 0x20 || byte == 0x7F) {
      out += {'\\', 'u', '0', '0', digits[byte >> 4], digits[byte & 15]};
    } else {
      out += c;
    }
  }
  return out + '"';
}

}  // namespace

std::string toml_text(const TomlValue& value) {
  switch (value.kind) {
    case TomlValue::Kind::String:
      return quoted_text(value.text);
    case TomlValue::Kind::Integer:
      return std::to_string(value.integer);
    case TomlValue::Kind::Boolean:
      return value.boolean ? "true" : "false";
    case TomlValue::Kind::Float:
      return value.text;
    case TomlValue::Kind::Date:
      return "a date";
    case TomlValue::Kind::Array: {
      std::string out = "[";
      for (const TomlValue& item : value.items) {
        out += (out.size() > 1 ? ", " : "") + toml_text(item);
      }
      return out + ']';
    }
    case TomlValue::Kind::Table:
      break;
  }
  std::string out = "{";
  for (const TomlEntry& entry : value.entries) {
    out += (out.size() > 1 ? ", " : " ") + entry.key + " = " + toml_text(entry.value);
  }
  return out + (out.size() > 1 ? " }" : "}");
}

std::string default_text(const parley_field& field) {
  const std::string_view text = field.default_value == nullptr ? "" : field.default_value;
  const bool bare =
      field.type == PARLEY_FIELD_BOOL || field.type == PARLEY_FIELD_INT || text.starts_with('[');
  return bare ? std::string{text} : quoted_text(text);
}

}  // namespace parley
