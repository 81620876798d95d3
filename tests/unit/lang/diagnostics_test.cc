// SPDX-License-Identifier: Apache-2.0
#include "core/lang/diagnostics.h"

#include <nlohmann/json.hpp>

#include "core/lang/json_writer.h"
#include "core/lang/suggestion.h"

namespace parley {
namespace {

SourceSpan at(std::uint32_t line, std::uint32_t column, std::uint32_t end) {
  return {0, {line, column}, {line, end}};
}

std::string render(const Diagnostics& diagnostics, const std::string& text) {
  const std::vector<SourceText> sources{{"file.toml", text}};
  return render_diagnostics(diagnostics.sorted(), sources);
}

TEST(DiagnosticsTest, PointsAtTheRangeAndAddsHelp) {
  Diagnostics diagnostics;
  diagnostics.error("D0001", at(2, 1, 4), "unknown key 'kye'")
      .label("not a key")
      .suggest("did you mean 'key'?");
  EXPECT_EQ(render(diagnostics, "a = 1\nkye = 2\n"),
            "error[D0001]: unknown key 'kye'\n"
            " --> file.toml:2:1\n"
            "  |\n"
            "2 | kye = 2\n"
            "  | ^^^ not a key\n"
            "  |\n"
            "  = help: did you mean 'key'?\n"
            "\n"
            "file.toml: 1 error\n");
}

TEST(DiagnosticsTest, ShowsRelatedPlacesInTheOrderOfTheText) {
  Diagnostics diagnostics;
  diagnostics.error("D0002", at(10, 5, 8), "name is taken").relate(at(1, 1, 4), "first here");
  EXPECT_EQ(render(diagnostics, "one\n\n\n\n\n\n\n\n\nyes one\n"),
            "error[D0002]: name is taken\n"
            "  --> file.toml:10:5\n"
            "   |\n"
            " 1 | one\n"
            "   | --- first here\n"
            "...\n"
            "10 | yes one\n"
            "   |     ^^^\n"
            "\n"
            "file.toml: 1 error\n");
}

TEST(DiagnosticsTest, ExpandsTabsAndCountsCodePoints) {
  Diagnostics diagnostics;
  diagnostics.error("D0003", at(1, 4, 6), "here");
  EXPECT_NE(render(diagnostics, "\té\txx\n").find("1 |     é   xx\n  |         ^^\n"),
            std::string::npos);
}

TEST(DiagnosticsTest, SortsByPlaceAndShowsTwenty) {
  Diagnostics diagnostics;
  for (std::uint32_t line = 25; line > 0; --line) {
    diagnostics.error("D0004", at(line, 1, 2), "error of line " + std::to_string(line));
  }
  const std::string shown = render(diagnostics, std::string(25, '\n'));
  EXPECT_LT(shown.find("error of line 1\n"), shown.find("error of line 2\n"));
  EXPECT_NE(shown.find("error of line 20\n"), std::string::npos);
  EXPECT_EQ(shown.find("error of line 21\n"), std::string::npos);
  EXPECT_NE(shown.find("file.toml: 25 errors, the first 20 shown\n"), std::string::npos);
}

TEST(DiagnosticsTest, KeepsABoundedNumberAndForgetsNoError) {
  Diagnostics diagnostics;
  for (std::size_t i = 0; i < diagnostics_kept_max; ++i) diagnostics.warning("D0004", {}, "many");
  EXPECT_FALSE(diagnostics.has_errors());
  diagnostics.error("D0004", {}, "one more").suggest("nothing");
  EXPECT_EQ(diagnostics.size(), diagnostics_kept_max);
  EXPECT_TRUE(diagnostics.has_errors());
}

// Goal: a file cannot send escape sequences to the terminal of who checks it.
TEST(DiagnosticsTest, PassesOnNoControlCharacters) {
  Diagnostics diagnostics;
  diagnostics.error("D0005", at(1, 1, 2), "found '\x1b[31m'").label("\x07");
  const std::string shown = render(diagnostics,
                                   "\x1b[2J\xff\xc2\x9b"
                                   "m = 1\n");
  for (const char c : shown) EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 || c == '\n');
  EXPECT_EQ(shown.find("\xc2\x9b"), std::string::npos);
  EXPECT_EQ(shown.find('\xff'), std::string::npos);
}

TEST(DiagnosticsTest, ShowsTheSurroundingsOfTheCaretInALongLine) {
  Diagnostics diagnostics;
  diagnostics.error("D0006", at(1, 5001, 5003), "here");
  const std::string line = std::string(5000, 'a') + "bb" + std::string(5000, 'c');
  const std::string shown = render(diagnostics, line);
  EXPECT_LT(shown.size(), 1000u);
  const std::size_t source = shown.find("1 | ");
  const std::size_t carets = shown.find("  | ", source);
  EXPECT_EQ(shown.find("bb", source) - source, shown.find("^^", carets) - carets);
}

TEST(DiagnosticsTest, PlacesBeyondTheTextDoNoHarm) {
  Diagnostics diagnostics;
  diagnostics.error("D0007", at(99, 99, 3), "nowhere");
  diagnostics.error("D0008", SourceSpan{}, "the whole file");
  diagnostics.error("D0009", SourceSpan{7, {1, 1}, {1, 1}}, "unknown file");
  EXPECT_NE(render(diagnostics, "a").find("3 errors"), std::string::npos);
}

TEST(DiagnosticsTest, NamesTheOtherFileOfARelatedPlace) {
  Diagnostics diagnostics;
  diagnostics.error("P0001", at(1, 1, 2), "clash").relate({1, {2, 1}, {2, 2}}, "the other");
  const std::vector<SourceText> sources{{"a.pf", "x\n"}, {"b.pf", "\ny\n"}};
  const std::string shown = render_diagnostics(diagnostics.sorted(), sources);
  EXPECT_NE(shown.find(" ::: b.pf:2:1\n"), std::string::npos);
  EXPECT_NE(shown.find("2 | y\n  | - the other\n"), std::string::npos);
}

TEST(DiagnosticsTest, JsonHoldsWhatTheTextShows) {
  Diagnostics diagnostics;
  diagnostics.error("D0001", at(2, 1, 4), "bad \"key\"\n\xff").note("why").suggest("so");
  diagnostics.warning("D0002", at(1, 1, 2), "hm");
  const std::vector<SourceText> sources{{"file.toml", "a\nkye\n"}};
  const auto json = nlohmann::json::parse(diagnostics_json(diagnostics.sorted(), sources));
  ASSERT_EQ(json.size(), 2u);
  EXPECT_EQ(json[0]["severity"], "warning");
  EXPECT_EQ(json[1]["code"], "D0001");
  EXPECT_EQ(json[1]["file"], "file.toml");
  EXPECT_EQ(json[1]["line"], 2);
  EXPECT_EQ(json[1]["column"], 1);
  EXPECT_EQ(json[1]["end_column"], 4);
  EXPECT_EQ(json[1]["message"], "bad \"key\"\n\xef\xbf\xbd");
  EXPECT_EQ(json[1]["notes"][0], "why");
  EXPECT_EQ(json[1]["help"][0], "so");
}

TEST(SuggestionTest, CountsExchangesAsOne) {
  EXPECT_EQ(edit_distance("adress", "address"), 1u);
  EXPECT_EQ(edit_distance("tpye", "type"), 1u);
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(edit_distance("abc", "abc"), 0u);
}

TEST(SuggestionTest, SuggestsOnlyWhatIsNear) {
  const std::vector<std::string> names{"address", "metrics", "resp"};
  EXPECT_EQ(did_you_mean("adress", names), "did you mean 'address'?");
  EXPECT_EQ(did_you_mean("rsep", names), "did you mean 'resp'?");
  EXPECT_EQ(did_you_mean("colour", names), "");
  EXPECT_EQ(did_you_mean("x", names), "");
}

TEST(SuggestionTest, ListsNames) {
  const std::vector<std::string> names{"a", "b", "c"};
  EXPECT_EQ(listed(names), "'a', 'b' or 'c'");
  EXPECT_EQ(listed(std::vector<std::string>(20, "n")).substr(78), " and 4 more");
}

TEST(JsonWriterTest, NestsAndIndents) {
  JsonWriter json;
  json.begin_object().key("a").begin_array().number(1).boolean(true).null().end_array();
  json.key("b").begin_object().end_object().end_object();
  EXPECT_EQ(json.take(), "{\n  \"a\": [\n    1,\n    true,\n    null\n  ],\n  \"b\": {}\n}\n");
}

}  // namespace
}  // namespace parley
