// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "core/host/plugins/elf_note.h"

namespace parley {
namespace {

constexpr std::size_t note_text_size_max = 256 << 10;
constexpr std::size_t table_rows_max = 1'024;
constexpr const char* rebuild = "build it with PARLEY_EXPORT_PLUGIN of core/api/plugin_export.h";

/// The length of the UTF-8 character at the start of `text`; 0 if there is none.
/// Control characters are none: a note is printed on people's terminals.
std::size_t printable_character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = byte(0);
  if (lead < 0x80) return lead >= 0x20 && lead != 0x7F ? 1 : 0;
  const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  // Overlong forms, surrogates, beyond U+10FFFF (RFC 3629), and C1 controls.
  const std::uint8_t second = byte(1);
  const bool refused = (lead == 0xC2 && second < 0xA0) || (lead == 0xE0 && second < 0xA0) ||
                       (lead == 0xED && second > 0x9F) || (lead == 0xF0 && second < 0x90) ||
                       (lead == 0xF4 && second > 0x8F);
  return refused ? 0 : size;
}

bool is_printable(std::string_view text) {
  while (!text.empty()) {
    const std::size_t size = printable_character(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

bool is_snake_case(std::string_view word) {
  if (word.empty() || word.front() < 'a' || word.front() > 'z') return false;
  return word.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos;
}

/// Takes the note apart line by line; the first finding that is not expected
/// stays, and everything after it reads as empty.
class NoteReader {
 public:
  explicit NoteReader(std::string_view text) : rest_(text) {}

  bool ok() const { return !refusal_.has_value(); }
  bool at_end() const { return rest_.empty(); }
  bool next_is(std::string_view key) const {
    return ok() && rest_.starts_with(key) && rest_.substr(key.size()).starts_with('=');
  }
  RefusalGrounds refusal() const { return *refusal_; }

  void fail(const std::string& expected, const std::string& found) {
    if (!ok()) return;
    refusal_ = RefusalGrounds{
        RefusalReason::NoteMalformed,
        expected + " in line " + std::to_string(line_number_) + " of its note", found, rebuild};
    rest_ = {};
  }

  /// The value of the next line, whose key must be `key`.
  std::string_view value(std::string_view key) {
    if (!ok()) return {};
    ++line_number_;
    const std::size_t end = rest_.find('\n');
    if (end == std::string_view::npos) {
      fail("'" + std::string(key) + "=' and a newline", at_end() ? "the end" : "an unended line");
      return {};
    }
    const std::string_view line = rest_.substr(0, end);
    if (!is_printable(line)) {
      fail("printable UTF-8", "other bytes");
      return {};
    }
    if (!next_is(key)) {
      fail("'" + std::string(key) + "='", "'" + std::string(line.substr(0, 40)) + "'");
      return {};
    }
    rest_.remove_prefix(end + 1);
    return line.substr(key.size() + 1);
  }

  /// A number in its one decimal form, between `min` and `max`.
  std::int64_t number(std::string_view key, std::string_view text, std::int64_t min,
                      std::int64_t max) {
    if (!ok()) return 0;
    std::int64_t parsed = 0;
    const char* last = text.data() + text.size();
    const auto [end, status] = std::from_chars(text.data(), last, parsed);
    if (status != std::errc{} || end != last || std::to_string(parsed) != text || parsed < min ||
        parsed > max) {
      fail(std::string(key) + " from " + std::to_string(min) + " to " + std::to_string(max),
           "'" + std::string(text.substr(0, 40)) + "'");
      return 0;
    }
    return parsed;
  }
  std::int64_t number(std::string_view key, std::int64_t min, std::int64_t max) {
    return number(key, value(key), min, max);
  }

  std::string word(std::string_view key, std::string_view text) {
    if (ok() && !is_snake_case(text)) {
      fail(std::string(key) + " in snake_case", "'" + std::string(text.substr(0, 40)) + "'");
    }
    return std::string(text);
  }

  /// The columns of a row; all empty after a failure.
  template <std::size_t Count>
  std::array<std::string_view, Count> columns(std::string_view key) {
    std::array<std::string_view, Count> cells{};
    std::string_view row = value(key);
    const auto bars = static_cast<std::size_t>(std::count(row.begin(), row.end(), '|'));
    if (ok() && bars + 1 != Count) {
      fail(std::to_string(Count) + " columns", std::to_string(bars + 1));
    }
    if (!ok()) return cells;
    for (std::string_view& cell : cells) {
      const std::size_t end = std::min(row.find('|'), row.size());
      cell = row.substr(0, end);
      row.remove_prefix(std::min(end + 1, row.size()));
    }
    return cells;
  }

 private:
  std::string_view rest_;
  std::size_t line_number_ = 0;
  std::optional<RefusalGrounds> refusal_;
};

constexpr std::int64_t any_min = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t any_max = std::numeric_limits<std::int64_t>::max();

PluginField read_field(NoteReader& note) {
  const auto cells = note.columns<7>("field");
  PluginField field;
  field.name = note.word("field name", cells[0]);
  field.type = static_cast<parley_field_type>(
      note.number("field type", cells[1], PARLEY_FIELD_BOOL, PARLEY_FIELD_GROUP));
  field.required = note.number("required", cells[2], 0, 1) != 0;
  field.default_value = cells[3];
  field.min = note.number("min", cells[4], any_min, any_max);
  field.max = note.number("max", cells[5], any_min, any_max);
  field.help = cells[6];
  if (field.min > field.max) note.fail("min <= max", field.name + " with min > max");
  if (field.required && !cells[3].empty()) note.fail("no default", field.name + " with one");
  return field;
}

PluginNote read_declaration(NoteReader& note) {
  const auto cells = note.columns<3>("note");
  return {note.word("note name", cells[0]), std::string(cells[1]), std::string(cells[2])};
}

void read_tables(NoteReader& note, PluginFacts& facts) {
  while (note.next_is("field") && facts.fields.size() < table_rows_max) {
    facts.fields.push_back(read_field(note));
  }
  while (note.next_is("note") && facts.notes.size() < table_rows_max) {
    facts.notes.push_back(read_declaration(note));
  }
  if (!note.ok() || note.at_end()) return;
  const bool fields_full = facts.fields.size() == table_rows_max && note.next_is("field");
  if (fields_full || note.next_is("note")) {
    note.fail("at most 1024 rows in each table", "more");
  }
  note.value("note");  // Whatever else there is has the wrong key.
}

void read_abi(NoteReader& note, PluginFacts& facts) {
  facts.abi_major = static_cast<std::uint16_t>(note.number("abi_major", 0, UINT16_MAX));
  facts.abi_minor = static_cast<std::uint16_t>(note.number("abi_minor", 0, UINT16_MAX));
}

void read_facts(NoteReader& note, PluginFacts& facts) {
  facts.kind = static_cast<std::uint32_t>(note.number("kind", 0, UINT32_MAX));
  facts.name = note.word("name", note.value("name"));
  facts.version = note.value("version");
  facts.maturity = static_cast<parley_maturity>(
      note.number("maturity", PARLEY_MATURITY_EXPERIMENTAL, PARLEY_MATURITY_STABLE));
  facts.fault_model = static_cast<parley_fault_model>(
      note.number("fault_model", PARLEY_FAULT_MODEL_CRASH, PARLEY_FAULT_MODEL_ANY));
  facts.guarantees = static_cast<std::uint64_t>(note.number("guarantees", 0, any_max));
  facts.api_digest = note.value("api_digest");
  facts.toolchain = note.value("toolchain");
  facts.summary = note.value("summary");
}

}  // namespace

std::variant<PluginFacts, RefusalGrounds> parse_plugin_note(std::string_view text) {
  if (text.size() > note_text_size_max) {
    return RefusalGrounds{RefusalReason::NoteMalformed, "a note of at most 262144 bytes",
                          std::to_string(text.size()) + " bytes", rebuild};
  }
  NoteReader note{text};
  PluginFacts facts;
  read_abi(note, facts);
  if (!note.ok()) return note.refusal();
  const PluginFacts only_abi = facts;
  read_facts(note, facts);
  read_tables(note, facts);
  if (note.ok()) return facts;
  // A note of another ABI may have another shape: then its ABI is the reason to
  // refuse it, not its shape.
  const std::optional<RefusalGrounds> verdict = judge(only_abi);
  const bool foreign = verdict && (verdict->reason == RefusalReason::AbiMajorDiffers ||
                                   verdict->reason == RefusalReason::AbiMinorNewer);
  return foreign ? *verdict : note.refusal();
}

}  // namespace parley
