// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "apps/lab/history/model.h"
#include "tests/unit/lab/history/random_history.h"

namespace parley::history::testing {
namespace {

const std::string good = R"({"process":1,"type":"invoke","f":"set","key":"x","value":1,"time":5})";

struct Fault {
  std::string text;
  SourcePlace at;
  std::string says;
};

TEST(ReaderTest, EveryFaultHasItsPlaceAndWhatWasExpected) {
  const std::string answer = R"({"process":1,"type":"ok","f":"set"})";
  const std::vector<Fault> faults = {
      {"nonsense", {1, 1}, "expected an object"},
      {good + "\n[]", {2, 1}, "expected an object"},
      {R"({"process":1.5,"type":"ok","f":"x"})", {1, 12}, "expected an integer; fractions"},
      {R"({"process":99999999999999999999,"type":"ok"})", {1, 12}, "an integer of 64 bits"},
      {R"({"process":1,"type":"ok","f":"x})", {1, 33}, "'\"' at the end of the text"},
      {R"({"process":1,"type":"ok","f":"\q"})", {1, 31}, "expected one of"},
      {R"({"process":1,"type":"ok","f":"\ud800"})", {1, 37}, "surrogate pair"},
      {R"({"process":1,"type":"ok","f":"x"} {})", {1, 35}, "the end of the line"},
      {R"({"type":"invoke","f":"set"})", {1, 1}, "expected a member 'process', found none"},
      {R"({"process":"a","type":"invoke","f":"set"})", {1, 12}, "process: expected an integer"},
      {R"({"process":1,"type":"invok","f":"set"})", {1, 21}, "type: expected 'invoke'"},
      {R"({"process":1,"type":"invoke","f":"set","tim":3})", {1, 40}, "found 'tim'"},
      {R"({"process":1,"type":"invoke","f":"set","f":"get"})", {1, 40}, "found a second"},
      {good + '\n' + good, {2, 34}, "found another invoke"},
      {answer, {1, 30}, "expected an invoke of process 1"},
      {good + "\n" + R"({"process":1,"type":"ok","f":"get"})", {2, 30}, "found one to 'get'"},
      {good + "\n" + R"({"process":1,"type":"ok","f":"set","time":4})", {2, 1}, "not before 5"},
      {std::string(line_size_max + 1, ' '), {1, 1}, "expected a line of at most"},
      {"{\"process\":1,\"type\":\"ok\",\"f\":\"\xFF\"}", {1, 31}, "UTF-8"},
      {R"({"process":1,"type":"ok","f":[[[[[[[[[1]]]]]]]]]})", {1, 38}, "at most 8 deep"},
  };
  for (const Fault& fault : faults) {
    Diagnostics found;
    read_history(fault.text, found);
    const std::vector<Diagnostic> sorted = found.sorted();
    ASSERT_FALSE(sorted.empty()) << fault.text.substr(0, 80);
    EXPECT_NE(sorted[0].message.find(fault.says), std::string::npos)
        << sorted[0].message << "\n  expected " << fault.says;
    EXPECT_EQ(sorted[0].primary.span.begin.line, fault.at.line) << sorted[0].message;
    EXPECT_EQ(sorted[0].primary.span.begin.column, fault.at.column) << sorted[0].message;
  }
}

TEST(ReaderTest, AllFaultsAreFoundInOneGo) {
  Diagnostics found;
  read_history("x\n" + good + "\ny\n{}\n", found);
  EXPECT_EQ(found.size(), 5U);  // The empty object lacks three members.
}

TEST(ReaderTest, OperationsThatTheModelDoesNotHaveAreRefused) {
  const std::vector<Fault> faults = {
      {R"({"process":1,"type":"invoke","f":"gett","key":"x"})", {1, 34}, "expected 'get'"},
      {R"({"process":1,"type":"invoke","f":"get"})", {1, 34}, "expected a key"},
      {R"({"process":1,"type":"invoke","f":"get","key":[1]})", {1, 46}, "expected a key"},
      {R"({"process":1,"type":"invoke","f":"set","key":"x"})", {1, 34}, "a value to write"},
      {R"({"process":1,"type":"invoke","f":"cas","key":"x","value":[1]})", {1, 58}, "[expected"},
      {R"({"process":1,"type":"invoke","f":"txn","value":[["gt","x"]]})", {1, 48}, "operation on"},
      {R"({"process":1,"type":"invoke","f":"mget","key":"x"})", {1, 47}, "a list of keys"},
      {R"({"process":1,"type":"invoke","f":"append","key":"x","value":1})", {1, 61}, "a text"},
  };
  for (const Fault& fault : faults) {
    Diagnostics found;
    const History history = read_history(fault.text, found);
    understand(history, Model::KeyValue, found);
    const std::vector<Diagnostic> sorted = found.sorted();
    ASSERT_EQ(sorted.size(), 1U) << fault.text;
    EXPECT_NE(sorted[0].message.find(fault.says), std::string::npos) << sorted[0].message;
    EXPECT_EQ(sorted[0].primary.span.begin, fault.at) << sorted[0].message;
  }
}

TEST(ReaderTest, WhatIsWrittenIsReadBackWhereverThePiecesEnd) {
  RandomShape shape{.operations = 40};
  std::vector<Event> events = RandomHistory{shape, 3}.make();
  events[0].key = Value{Scalar{std::string{"tab\t \"quote\" \\ \x01 \xC3\xA9 \xF0\x9F\x98\x80"}}};
  const std::string text = as_text(events);
  Diagnostics faults;
  const History whole = read_history(text, faults);
  Reader reader{faults};
  for (const char c : text) reader.feed({&c, 1});
  const History pieces = reader.finish();
  ASSERT_EQ(whole.operations.size(), pieces.operations.size());
  EXPECT_EQ(whole.events, events.size());
  EXPECT_EQ(whole.operations[0].invoke.key, events[0].key);
  for (std::size_t i = 0; i < whole.operations.size(); ++i) {
    EXPECT_EQ(as_json_line(whole.operations[i].invoke), as_json_line(pieces.operations[i].invoke));
    EXPECT_EQ(whole.operations[i].end, pieces.operations[i].end);
  }
}

TEST(ReaderTest, AnyBytesGiveFaultsOrAHistory) {
  const std::string text = as_text(RandomHistory{RandomShape{.operations = 10}, 9}.make());
  Prng random{17};
  std::size_t refused = 0;
  for (int i = 0; i < 5'000; ++i) {
    std::string bytes = text;
    for (std::uint64_t n = 1 + random.below(4); n > 0; --n) {
      const std::size_t at = random.below(bytes.size());
      if (random.below(3) == 0)
        bytes.erase(at, 1 + random.below(20));
      else
        bytes[at] = static_cast<char>(random.below(256));
      if (bytes.empty()) bytes = "{";
    }
    Diagnostics faults;
    const History history = read_history(bytes, faults);
    understand(history, Model::KeyValue, faults);
    refused += faults.has_errors() ? 1 : 0;
  }
  EXPECT_GT(refused, 2'500U);
}

}  // namespace
}  // namespace parley::history::testing
