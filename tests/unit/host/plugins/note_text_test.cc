// SPDX-License-Identifier: Apache-2.0
//
// The text of a note has one form; everything else is refused with its line.
#include <gtest/gtest.h>

#include "core/host/plugins/elf_note.h"

namespace parley {
namespace {

const std::string facts_text =
    "abi_major=1\nabi_minor=0\nkind=4\nname=sample\nversion=0.1.0\nmaturity=1\nfault_model=1\n"
    "guarantees=64\napi_digest=d\ntoolchain=t\nsummary=S.\n";
const std::string field_text = "field=size|3|0|4KiB|1|1048576|How large.\n";
const std::string note_text = "note=sample_done|from|It is done.\n";

/// What was expected and found; empty when the text is taken.
std::string refusal(const std::string& text) {
  const auto result = parse_plugin_note(text);
  const auto* grounds = std::get_if<RefusalGrounds>(&result);
  return grounds == nullptr ? "" : grounds->expected + " / " + grounds->found;
}

/// The facts with one line replaced.
std::string with(const std::string& line, const std::string& replacement) {
  std::string text = facts_text;
  return text.replace(text.find(line), line.size(), replacement);
}

TEST(NoteTextTest, TakesFactsFieldsAndNotesInThisOrder) {
  EXPECT_EQ(refusal(facts_text), "");
  EXPECT_EQ(refusal(facts_text + field_text + field_text + note_text + note_text), "");
  EXPECT_EQ(refusal(facts_text + note_text + field_text),
            "'note=' in line 13 of its note / 'field=size|3|0|4KiB|1|1048576|How large.'");
}

TEST(NoteTextTest, RefusesMissingAndMisplacedKeys) {
  EXPECT_EQ(refusal(""), "'abi_major=' and a newline in line 1 of its note / the end");
  EXPECT_EQ(refusal(with("kind=4\n", "")), "'kind=' in line 3 of its note / 'name=sample'");
  EXPECT_EQ(refusal("abi_minor=0\nabi_major=1\n"),
            "'abi_major=' in line 1 of its note / 'abi_minor=0'");
  EXPECT_EQ(refusal(facts_text.substr(0, facts_text.size() - 1)),
            "'summary=' and a newline in line 11 of its note / an unended line");
}

TEST(NoteTextTest, RefusesNumbersThatAreNotInTheirOneForm) {
  for (const char* number :
       {"", "+1", "01", " 1", "1 ", "0x1", "1e0", "-0", "99999999999999999999"}) {
    EXPECT_NE(refusal(with("guarantees=64", std::string("guarantees=") + number)), "") << number;
  }
  EXPECT_EQ(refusal(with("abi_major=1", "abi_major=65536")),
            "abi_major from 0 to 65535 in line 1 of its note / '65536'");
}

TEST(NoteTextTest, RefusesUnknownEnumerators) {
  EXPECT_EQ(refusal(with("maturity=1", "maturity=4")),
            "maturity from 1 to 3 in line 6 of its note / '4'");
  EXPECT_EQ(refusal(with("fault_model=1", "fault_model=0")),
            "fault_model from 1 to 3 in line 7 of its note / '0'");
  EXPECT_EQ(refusal(facts_text + "field=a|7|0||0|0|H.\n"),
            "field type from 1 to 6 in line 12 of its note / '7'");
}

// A name becomes a TOML key, a file name, a metric.
TEST(NoteTextTest, RefusesNamesThatAreNotWords) {
  for (const char* name : {"", "Sample", "9lives", "a b", "../x", "a-b"}) {
    EXPECT_NE(refusal(with("name=sample", std::string("name=") + name)), "") << name;
  }
}

// A note is printed on people's terminals.
TEST(NoteTextTest, RefusesWhatIsNotPrintable) {
  for (const char* summary : {"\x1b[2J", "\t", "\x7f", "\xc2\x9b", "\xff", "\xc0\xaf", "\xe2\x82",
                              "\xed\xa0\x80", "\xf4\x90\x80\x80"}) {
    EXPECT_EQ(refusal(with("summary=S.", std::string("summary=") + summary)),
              "printable UTF-8 in line 11 of its note / other bytes");
  }
  EXPECT_EQ(
      refusal(with("summary=S.", "summary=Gr\xc3\xbc\xc3\x9f\x65 \xe2\x82\xac \xf0\x9f\x99\x82")),
      "");
}

TEST(NoteTextTest, RefusesRowsWithOtherColumns) {
  EXPECT_EQ(refusal(facts_text + "field=a|1|0|true\n"), "7 columns in line 12 of its note / 4");
  EXPECT_EQ(refusal(facts_text + "note=sample_x|a|b|c\n"), "3 columns in line 12 of its note / 4");
  EXPECT_EQ(refusal(facts_text + "field=a|2|0|1|9|3|H.\n"),
            "min <= max in line 12 of its note / a with min > max");
  EXPECT_EQ(refusal(facts_text + "field=a|2|1|5|0|0|H.\n"),
            "no default in line 12 of its note / a with one");
}

TEST(NoteTextTest, BoundsTablesAndText) {
  std::string many = facts_text;
  for (int i = 0; i < 1'025; ++i) many += note_text;
  EXPECT_EQ(refusal(many), "at most 1024 rows in each table in line 1035 of its note / more");
  EXPECT_EQ(refusal(std::string(300'000, 'x')), "a note of at most 262144 bytes / 300000 bytes");
}

// The shape of a note is its ABI's own business.
TEST(NoteTextTest, SaysThatTheAbiIsForeignBeforeItComplainsOfTheShape) {
  EXPECT_EQ(refusal("abi_major=2\nabi_minor=0\nflavour=mint\n"), "plugin ABI 1.0 / plugin ABI 2.0");
  EXPECT_EQ(refusal("abi_major=1\nabi_minor=9\nflavour=mint\n"),
            "plugin ABI 1.0 or an older minor / plugin ABI 1.9");
}

}  // namespace
}  // namespace parley
