// SPDX-License-Identifier: Apache-2.0
#include "apps/parley/plugins/listing.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "apps/parley/exit_codes.h"
#include "core/base/digest.h"
#include "core/host/crypto/sha256.h"
#include "core/host/plugins/loader.h"
#include "core/host/plugins/plugin_file.h"

namespace parley {
namespace {

using Json = nlohmann::ordered_json;

std::string joined(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) line += (line.empty() ? "" : ", ") + word;
  return line.empty() ? "-" : line;
}

Json json_of(const PluginField& field) {
  Json object{{"name", field.name},
              {"type", field_type_word(field.type)},
              {"required", field.required},
              {"default", field.required ? Json(nullptr) : Json(field.default_value)}};
  if (field.min != field.max) {
    object["min"] = field.min;
    object["max"] = field.max;
  }
  object["help"] = field.help;
  return object;
}

Json json_of(const PluginFacts& facts) {
  return {{"kind", kind_words(facts.kind)},
          {"name", facts.name},
          {"version", facts.version},
          {"maturity", maturity_word(facts.maturity)},
          {"fault_model", fault_model_word(facts.fault_model)},
          {"guarantees", guarantee_words(facts.guarantees)},
          {"summary", facts.summary}};
}

Json json_of(const PluginFile& file) {
  Json object{{"file", file.path.string()}, {"status", file.usable() ? "usable" : "refused"}};
  if (file.refusal) {
    object["reason"] = reason_name(file.refusal->reason);
    object["message"] = PluginRefusal{file.path, *file.refusal}.reason();
  }
  if (file.facts) object.update(json_of(*file.facts));
  return object;
}

void print_json(const PluginScan& scan) {
  Json list = Json::array();
  for (const PluginFile& file : scan.files) list.push_back(json_of(file));
  Json unread = Json::array();
  for (const PluginRefusal& directory : scan.directories) {
    unread.push_back({{"directory", directory.file.string()}, {"message", directory.reason()}});
  }
  fmt::print("{}\n", Json{{"plugins", list}, {"unread_directories", unread}}.dump(2));
}

using Row = std::array<std::string, 7>;

Row row_of(const PluginFile& file) {
  const std::string status = file.usable() ? "usable" : "refused";
  if (!file.facts) return {"?", file.path.stem().string(), "?", "?", "?", "?", status};
  const PluginFacts& facts = *file.facts;
  return {kind_words(facts.kind),
          facts.name,
          facts.version,
          maturity_word(facts.maturity),
          fault_model_word(facts.fault_model),
          joined(guarantee_words(facts.guarantees)),
          status};
}

void print_row(const Row& row, const std::array<std::size_t, 7>& widths) {
  for (std::size_t i = 0; i + 1 < row.size(); ++i) fmt::print("{:<{}}  ", row[i], widths[i]);
  fmt::print("{}\n", row.back());
}

void print_table(const PluginScan& scan) {
  std::vector<Row> rows = {
      {"KIND", "NAME", "VERSION", "MATURITY", "FAULTS", "GUARANTEES", "STATUS"}};
  for (const PluginFile& file : scan.files) rows.push_back(row_of(file));
  std::array<std::size_t, 7> widths{};
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  print_row(rows[0], widths);
  for (std::size_t i = 0; i < scan.files.size(); ++i) {
    print_row(rows[i + 1], widths);
    const PluginFile& file = scan.files[i];
    if (file.refusal) fmt::print("    {}\n", PluginRefusal{file.path, *file.refusal}.message());
  }
}

/// Empty when the file cannot be read.
std::string sha256_of(const std::filesystem::path& file) {
  const auto bytes = read_plugin_file(file);
  if (!std::holds_alternative<Bytes>(bytes)) return {};
  return to_hex(sha256(std::get<Bytes>(bytes)).bytes);
}

void print_inspection_json(const PluginFile& file) {
  Json object = json_of(file);
  object["sha256"] = sha256_of(file.path);
  if (file.facts) {
    const PluginFacts& facts = *file.facts;
    object["abi"] = {{"major", facts.abi_major}, {"minor", facts.abi_minor}};
    object["api_digest"] = facts.api_digest;
    object["toolchain"] = facts.toolchain;
    object["fields"] = Json::array();
    for (const PluginField& field : facts.fields) object["fields"].push_back(json_of(field));
    object["notes"] = Json::array();
    for (const PluginNote& note : facts.notes) {
      object["notes"].push_back(
          {{"name", note.name}, {"fields", note.fields}, {"help", note.help}});
    }
  }
  fmt::print("{}\n", object.dump(2));
}

std::string bounds_words(const PluginField& field) {
  if (field.min == field.max) return "";
  return fmt::format(", {}..{}", field.min, field.max);
}

void print_tables(const PluginFacts& facts) {
  fmt::print("configuration:\n");
  for (const PluginField& field : facts.fields) {
    const std::string value = field.required ? "required" : "default " + field.default_value;
    fmt::print("  {:<20} {} ({}{}): {}\n", field.name, field_type_word(field.type), value,
               bounds_words(field), field.help);
  }
  fmt::print("notes:\n");
  for (const PluginNote& note : facts.notes) fmt::print("  {:<32} {}\n", note.name, note.help);
}

void print_inspection(const PluginFile& file) {
  const auto line = [](const char* key, const std::string& value) {
    fmt::print("{:<12} {}\n", key, value);
  };
  line("file", file.path.string());
  line("sha256", sha256_of(file.path));
  line("status", file.usable() ? "usable" : "refused");
  if (!file.facts) return;
  const PluginFacts& facts = *file.facts;
  line("kind", kind_words(facts.kind));
  line("name", facts.name);
  line("version", facts.version);
  line("maturity", maturity_word(facts.maturity));
  line("fault model", fault_model_word(facts.fault_model));
  line("guarantees", joined(guarantee_words(facts.guarantees)));
  line("abi", fmt::format("{}.{}", facts.abi_major, facts.abi_minor));
  line("api digest", facts.api_digest);
  line("toolchain", facts.toolchain);
  line("summary", facts.summary);
  print_tables(facts);
}

}  // namespace

int list_plugins(const std::vector<std::filesystem::path>& directories, bool json) {
  const PluginScan scan = scan_plugins(plugin_directories(directories));
  if (json) {
    print_json(scan);
  } else {
    print_table(scan);
  }
  for (const PluginRefusal& directory : scan.directories) {
    fmt::print(stderr, "parley: {}\n", directory.message());
  }
  return scan.directories.empty() ? exit_code::ok : exit_code::configuration;
}

int inspect_plugin(const std::filesystem::path& file, bool json) {
  const PluginFile inspected = scan_plugin(file);
  if (json) {
    print_inspection_json(inspected);
  } else {
    print_inspection(inspected);
  }
  if (inspected.usable()) return exit_code::ok;
  fmt::print(stderr, "parley: {}\n", PluginRefusal{inspected.path, *inspected.refusal}.message());
  return exit_code::configuration;
}

}  // namespace parley
