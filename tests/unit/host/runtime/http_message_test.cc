// SPDX-License-Identifier: Apache-2.0
#include "core/host/runtime/http_message.h"

#include <gtest/gtest.h>

namespace parley {
namespace {

std::optional<HttpRequest> parsed(std::string_view text) {
  HttpParser parser;
  parser.received(text);
  return parser.next();
}

int refusal_of(std::string_view text) {
  HttpParser parser;
  parser.received(text);
  EXPECT_FALSE(parser.next().has_value());
  return parser.bad();
}

TEST(HttpParserTest, ReadsMethodPathAndBody) {
  const auto request = parsed(
      "POST /objects/kv/invoke?x=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nput hello");
  ASSERT_TRUE(request.has_value());
  EXPECT_EQ(request->method, "POST");
  EXPECT_EQ(request->path, "/objects/kv/invoke");
  EXPECT_EQ(request->query, "x=1");
  EXPECT_EQ(request->body, "put hello");
  EXPECT_TRUE(request->keep_alive);
}

TEST(HttpParserTest, FindsRequestsHoweverTheBytesAreCut) {
  const std::string text = "POST /a HTTP/1.1\r\nContent-Length: 2\r\n\r\nhiGET /b HTTP/1.1\r\n\r\n";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    HttpParser parser;
    std::vector<std::string> paths;
    for (const std::string& part : {text.substr(0, cut), text.substr(cut)}) {
      parser.received(part);
      while (const auto request = parser.next()) paths.push_back(request->path);
    }
    EXPECT_EQ(paths, (std::vector<std::string>{"/a", "/b"})) << "cut at " << cut;
  }
}

TEST(HttpParserTest, KnowsWhenTheConnectionEnds) {
  EXPECT_FALSE(parsed("GET / HTTP/1.1\r\nConnection: close\r\n\r\n")->keep_alive);
  EXPECT_FALSE(parsed("GET / HTTP/1.0\r\n\r\n")->keep_alive);
  EXPECT_TRUE(parsed("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n")->keep_alive);
}

TEST(HttpParserTest, SaysWhomTheCallerMeansAndWhetherAPageAsks) {
  const auto direct = parsed("GET / HTTP/1.1\r\nhost: localhost:1\r\n\r\n");
  EXPECT_EQ(direct->host, "localhost:1");
  EXPECT_FALSE(direct->origin);
  EXPECT_TRUE(parsed("GET / HTTP/1.1\r\nORIGIN: null\r\n\r\n")->origin);
}

// Names that a web page's owner chooses must not pass for this machine.
TEST(NamesLoopbackTest, OnlyThisMachinesOwnNamesDo) {
  for (const char* own :
       {"localhost", "LocalHost:9401", "127.0.0.1", "127.1.2.3:80", "[::1]", "[::1]:9401"}) {
    EXPECT_TRUE(names_loopback(own)) << own;
  }
  for (const char* other : {"", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example",
                            "128.0.0.1", "[::2]", "::1", "localhost:evil", "127.0.0.1:80:80"}) {
    EXPECT_FALSE(names_loopback(other)) << other;
  }
}

TEST(HttpParserTest, RefusesWhatIsMalformed) {
  EXPECT_EQ(refusal_of("\r\n\r\n"), 400);
  EXPECT_EQ(refusal_of("GET\r\n\r\n"), 400);
  EXPECT_EQ(refusal_of("GET / SPDY/3\r\n\r\n"), 400);
  EXPECT_EQ(refusal_of("GET / HTTP/2.0\r\n\r\n"), 505);
  EXPECT_EQ(refusal_of("G@T / HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(refusal_of("GET nowhere HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(refusal_of("GET / HTTP/1.1\r\nno colon\r\n\r\n"), 400);
  EXPECT_EQ(refusal_of("GET / HTTP/1.1\r\nA : b\r\n\r\n"), 400);
}

// Bodies whose length two readers could understand differently smuggle requests.
TEST(HttpParserTest, RefusesBodiesOfDoubtfulLength) {
  const std::string head = "POST / HTTP/1.1\r\n";
  EXPECT_EQ(refusal_of(head + "Content-Length: -1\r\n\r\n"), 400);
  EXPECT_EQ(refusal_of(head + "Content-Length: 1x\r\n\r\n"), 400);
  EXPECT_EQ(refusal_of(head + "Content-Length: 1\r\nContent-Length: 1\r\n\r\na"), 400);
  EXPECT_EQ(refusal_of(head + "Transfer-Encoding: chunked\r\n\r\n"), 501);
}

TEST(HttpParserTest, BoundsHeadAndBody) {
  EXPECT_EQ(refusal_of("GET /" + std::string(http_head_size_max, 'a')), 431);
  EXPECT_EQ(refusal_of("POST / HTTP/1.1\r\nContent-Length: " +
                       std::to_string(http_body_size_max + 1) + "\r\n\r\n"),
            413);
  EXPECT_EQ(refusal_of("POST / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n"), 413);
}

TEST(JsonQuotedTest, EscapesWhatJsonCannotHold) {
  EXPECT_EQ(json_quoted("a\"b\\c\n"), "\"a\\\"b\\\\c\\u000a\"");
  EXPECT_EQ(json_quoted("\xC3\xA9"), "\"\xC3\xA9\"");
  EXPECT_EQ(json_quoted("\xFF\xC3"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
  EXPECT_EQ(json_quoted("\xED\xA0\x80").substr(1, 3), "\xEF\xBF\xBD") << "a lone surrogate";
}

}  // namespace
}  // namespace parley
