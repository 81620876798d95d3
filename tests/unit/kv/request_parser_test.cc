// SPDX-License-Identifier: Apache-2.0
#include "apps/kv/request_parser.h"

#include <gtest/gtest.h>

namespace parley::resp {
namespace {

struct Parsed {
  std::vector<Words> requests;
  std::string fault;
};

Parsed parse(std::string_view bytes, const RequestLimits& limits = {}, std::size_t piece = 0) {
  RequestParser parser{limits};
  Parsed parsed;
  const std::size_t step = piece == 0 ? std::max<std::size_t>(bytes.size(), 1) : piece;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    parser.receive(view_of(bytes.substr(at, step)));
    while (auto words = parser.next()) parsed.requests.push_back(*std::move(words));
  }
  parsed.fault = parser.fault();
  return parsed;
}

using Requests = std::vector<Words>;

TEST(RequestParserTest, ReadsArraysAndInlineCommandsInOrder) {
  const Parsed parsed = parse(
      "*2\r\n$3\r\nGET\r\n$1\r\nk\r\nPING\r\n  set  k \"a b\\n\\x41\"  'c \\' d'\n\r\n"
      "*0\r\n*-1\r\n*1\r\n$0\r\n\r\n");
  EXPECT_EQ(parsed.fault, "");
  EXPECT_EQ(parsed.requests,
            (Requests{{"GET", "k"}, {"PING"}, {"set", "k", "a b\nA", "c ' d"}, {""}}));
}

TEST(RequestParserTest, IsTheSameHoweverTheBytesArrive) {
  using namespace std::string_literals;
  const std::string full = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$6\r\na\r\nb\0c\r\nPING x\r\n"s;
  const Parsed at_once = parse(full);
  ASSERT_EQ(at_once.requests, (Requests{{"SET", "k", "a\r\nb\0c"s}, {"PING", "x"}}));
  for (std::size_t piece = 1; piece < 8; ++piece) {
    EXPECT_EQ(parse(full, {}, piece).requests, at_once.requests) << piece;
  }
}

TEST(RequestParserTest, SaysWhatIsMalformed) {
  const std::pair<std::string, std::string> cases[] = {
      {"*x\r\n", "invalid multibulk length"},
      {"*1\n", "invalid multibulk length"},
      {"*+1\r\n", "invalid multibulk length"},
      {"*9999999999999999999\r\n", "invalid multibulk length"},
      {"*" + std::string(40, '1'), "invalid multibulk length"},
      {"*1\r\n:3\r\n", "expected '$', got ':'"},
      {"*1\r\n\x01", "expected '$', got '?'"},
      {"*1\r\n$-1\r\n", "invalid bulk length: 0 to 1048576 bytes are accepted, found -1"},
      {"*1\r\n$a\r\n", "invalid bulk length"},
      {"*1\r\n$1\r\nabc", "expected CRLF behind a bulk string of 1 bytes"},
      {"get \"k\r\n", "unbalanced quotes in request"},
      {"get 'k\r\n", "unbalanced quotes in request"},
      {"get \"k\"x\r\n", "unbalanced quotes in request"},
  };
  for (const auto& [bytes, fault] : cases) {
    const Parsed parsed = parse(bytes);
    EXPECT_EQ(parsed.fault, "Protocol error: " + fault) << bytes;
    EXPECT_TRUE(parsed.requests.empty());
  }
}

TEST(RequestParserTest, HoldsEveryLimit) {
  const RequestLimits limits{.bulk_max = 4, .request_max = 8, .words_max = 3};
  EXPECT_EQ(parse("*1\r\n$4\r\nabcd\r\n", limits).requests.size(), 1u);
  EXPECT_EQ(parse("*1\r\n$5\r\n", limits).fault,
            "Protocol error: invalid bulk length: 0 to 4 bytes are accepted, found 5");
  EXPECT_EQ(parse("abcde\r\n", limits).fault,
            "Protocol error: invalid bulk length: at most 4 bytes are accepted, found 5");
  EXPECT_EQ(parse("*4\r\n", limits).fault,
            "Protocol error: invalid multibulk length: at most 3 words are accepted, found 4");
  EXPECT_EQ(parse("a b c d\r\n", limits).fault,
            "Protocol error: request too long: at most 8 bytes in 3 words are accepted");
  EXPECT_EQ(parse("*3\r\n$4\r\nabcd\r\n$4\r\nabcd\r\n$1\r\na\r\n", limits).fault,
            "Protocol error: request too long: at most 8 bytes in 3 words are accepted");
  const std::string line(RequestParser::inline_max, 'a');
  const RequestLimits wide{.bulk_max = RequestParser::inline_max};
  EXPECT_EQ(parse(line + "\n", wide).requests.size(), 1u);
  EXPECT_EQ(parse(line + "a", wide).fault,
            "Protocol error: too big inline request: at most 65536 bytes are accepted");
}

// Goal: the sum counts one request, not all of a connection.
TEST(RequestParserTest, LimitsAreOfOneRequest) {
  const RequestLimits limits{.bulk_max = 4, .request_max = 8, .words_max = 3};
  std::string bytes;
  for (int i = 0; i < 10; ++i) bytes += "*2\r\n$4\r\nabcd\r\n$4\r\nabcd\r\n";
  EXPECT_EQ(parse(bytes, limits).requests.size(), 10u);
}

TEST(RequestParserTest, NothingIsReadBehindAFault) {
  RequestParser parser{{}};
  parser.receive(view_of("*1\r\n:\r\n*1\r\n$4\r\nPING\r\n"));
  EXPECT_FALSE(parser.next());
  EXPECT_FALSE(parser.fault().empty());
  parser.receive(view_of("PING\r\n"));
  EXPECT_FALSE(parser.next());
  EXPECT_EQ(parser.buffered(), 0u);
}

TEST(RequestParserTest, TakenBytesAreGivenBack) {
  RequestParser parser{{}};
  std::string many;
  for (int i = 0; i < 50'000; ++i) many += "PING\r\n";
  parser.receive(view_of(many + "*1\r\n$4\r\nPI"));
  int count = 0;
  while (parser.next()) ++count;
  EXPECT_EQ(count, 50'000);
  EXPECT_LE(parser.buffered(), 10u);
}

}  // namespace
}  // namespace parley::resp
