// SPDX-License-Identifier: Apache-2.0
#include "core/host/runtime/link_frame.h"

#include <gtest/gtest.h>

#include "core/base/limits.h"

namespace parley {
namespace {

using Next = LinkParser::Next;

/// Gives the bytes to the parser as one read.
void give(LinkParser& parser, ByteView bytes) {
  while (!bytes.empty()) {
    const auto room = parser.room();
    const std::size_t size = std::min(room.size(), bytes.size());
    std::copy_n(bytes.begin(), size, room.begin());
    parser.received(size);
    bytes = bytes.subspan(size);
  }
}

Bytes message_of(std::string_view text) {
  Bytes out;
  append_link_message(out, view_of(text));
  return out;
}

TEST(LinkParserTest, FindsMessagesHoweverTheBytesAreCut) {
  Bytes stream = message_of("one");
  const Bytes second = message_of("");
  const Bytes third = message_of("three");
  stream.insert(stream.end(), second.begin(), second.end());
  stream.insert(stream.end(), third.begin(), third.end());
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    LinkParser parser{100};
    std::vector<std::string> found;
    for (const ByteView part : {ByteView{stream}.first(cut), ByteView{stream}.subspan(cut)}) {
      give(parser, part);
      ByteView message;
      Next next = parser.next(message);
      for (; next == Next::Message; next = parser.next(message)) {
        found.emplace_back(text_of(message));
      }
      ASSERT_EQ(next, Next::Incomplete);
    }
    EXPECT_EQ(found, (std::vector<std::string>{"one", "", "three"})) << "cut at " << cut;
  }
}

TEST(LinkParserTest, TakesMessagesLongerThanItsBuffer) {
  const std::string text(5 * link_read_size, 'x');
  LinkParser parser{text.size()};
  give(parser, message_of(text));
  ByteView message;
  ASSERT_EQ(parser.next(message), Next::Message);
  EXPECT_EQ(text_of(message), text);
}

// A length is believed only within the maximum, and memory follows the bytes that came.
TEST(LinkParserTest, RefusesALengthOverTheMaximumBeforeItAllocates) {
  LinkParser parser{limits::frame_size_max};
  give(parser, Bytes{0xFF, 0xFF, 0xFF, 0x7F, 0, 0, 0, 0});
  ByteView message;
  EXPECT_EQ(parser.next(message), Next::TooLong);
  EXPECT_LE(parser.room().size(), link_read_size);
}

TEST(LinkParserTest, AllocatesAsBytesArriveNotAsLengthsPromise) {
  LinkParser parser{limits::frame_size_max};
  give(parser, Bytes{0, 0, 0, 1, 0, 0, 0, 0});  // Promises the maximum, sends nothing.
  ByteView message;
  EXPECT_EQ(parser.next(message), Next::Incomplete);
  EXPECT_LE(parser.room().size(), link_read_size);
}

TEST(LinkParserTest, HoldsLittleMoreThanTheLongestMessageAndGivesItBack) {
  const std::size_t longest = std::size_t{3} << 20;
  LinkParser parser{longest};
  Bytes stream = message_of(std::string(longest, 'x'));
  stream.resize(stream.size() - 1);
  give(parser, stream);
  ByteView message;
  ASSERT_EQ(parser.next(message), Next::Incomplete);
  EXPECT_TRUE(parser.partial());
  EXPECT_LE(parser.capacity(), longest + 2 * link_read_size);

  give(parser, view_of("x"));
  const Bytes second = message_of("second");
  give(parser, ByteView{second}.first(10));
  ASSERT_EQ(parser.next(message), Next::Message);
  EXPECT_EQ(text_of(message), std::string(longest, 'x'));
  ASSERT_EQ(parser.next(message), Next::Incomplete);
  give(parser, ByteView{second}.subspan(10));
  EXPECT_LE(parser.capacity(), link_read_size);
  ASSERT_EQ(parser.next(message), Next::Message);
  EXPECT_EQ(text_of(message), "second");
  EXPECT_FALSE(parser.partial());
}

TEST(LinkParserTest, NoticesEveryFlippedBit) {
  const Bytes good = message_of("statement");
  for (std::size_t bit = 4 * 8; bit < good.size() * 8; ++bit) {
    Bytes bad = good;
    bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ (1u << (bit % 8)));
    LinkParser parser{100};
    give(parser, bad);
    ByteView message;
    EXPECT_EQ(parser.next(message), Next::Corrupt) << "bit " << bit;
  }
}

TEST(LinkMessagesTest, EndAtTheFirstBrokenMessage) {
  Bytes datagram = message_of("whole");
  Bytes torn = message_of("torn");
  torn.pop_back();
  datagram.insert(datagram.end(), torn.begin(), torn.end());
  LinkMessages messages{datagram};
  const auto first = messages.next();
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(text_of(*first), "whole");
  EXPECT_FALSE(messages.next().has_value());
  EXPECT_FALSE(messages.finished());
}

TEST(HelloTest, ComesBackAsItWent) {
  const Hello hello{.deployment = deployment_number("kv"),
                    .principal = PrincipalId{2},
                    .wanted = PrincipalId{1},
                    .incarnation = 0x1234'5678'9ABC'DEF0};
  const Result<Hello> decoded = decode_hello(encode_hello(hello), 3);
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(decoded.value().deployment, hello.deployment);
  EXPECT_EQ(decoded.value().principal, hello.principal);
  EXPECT_EQ(decoded.value().wanted, hello.wanted);
  EXPECT_EQ(decoded.value().incarnation, hello.incarnation);
  EXPECT_LE(encode_hello(hello).size(), hello_size_max);
}

TEST(HelloTest, RefusesStrangersAndOtherVersions) {
  const Bytes good = encode_hello({.principal = PrincipalId{1}});
  EXPECT_FALSE(decode_hello(view_of("GET / HTTP/1.1\r\n"), 2).ok());
  EXPECT_FALSE(decode_hello(ByteView{good}.first(good.size() - 1), 2).ok());
  EXPECT_FALSE(decode_hello(good, 1).ok()) << "a principal that the deployment does not have";
  Bytes newer = good;
  newer[8] = link_version + 1;
  const auto refused = decode_hello(newer, 2);
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("expected link version 1, found 2"), std::string::npos);
}

TEST(HelloTest, IsWelcomeOnlyFromAPeerOfThisDeploymentThatMeansThisNode) {
  const Hello fitting{.deployment = 7, .principal = PrincipalId{1}, .wanted = PrincipalId{0}};
  EXPECT_EQ(hello_objection(fitting, 7, PrincipalId{0}), "");
  EXPECT_NE(hello_objection(fitting, 8, PrincipalId{0}), "");
  EXPECT_NE(hello_objection(fitting, 7, PrincipalId{1}), "") << "this node's own name";
  EXPECT_NE(hello_objection(fitting, 7, PrincipalId{2}), "") << "meant for another node";
}

}  // namespace
}  // namespace parley
