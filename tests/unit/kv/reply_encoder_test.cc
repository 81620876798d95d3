// SPDX-License-Identifier: Apache-2.0
#include "apps/kv/reply_encoder.h"

#include <gtest/gtest.h>

#include <limits>

namespace parley::resp {
namespace {

std::string encoded(const CommandReply& reply, Protocol protocol) {
  std::string out;
  append_reply(out, reply, protocol);
  return out;
}

TEST(ReplyEncoderTest, EveryValueHasItsFormInBothVersions) {
  struct Case {
    CommandReply reply;
    std::string two;
    std::string three;
  };
  const CommandReply text{std::string{"a\r\n"}};
  const Case cases[] = {
      {{}, "$-1\r\n", "_\r\n"},
      {{std::int64_t{-5}}, ":-5\r\n", ":-5\r\n"},
      {{std::numeric_limits<std::int64_t>::min()},
       ":-9223372036854775808\r\n",
       ":-9223372036854775808\r\n"},
      {text, "$3\r\na\r\n\r\n", "$3\r\na\r\n\r\n"},
      {{std::string{}}, "$0\r\n\r\n", "$0\r\n\r\n"},
      {ok_reply(), "+OK\r\n", "+OK\r\n"},
      {failure("ERR no"), "-ERR no\r\n", "-ERR no\r\n"},
      {{CommandReply::Array{{std::int64_t{1}}, {}}}, "*2\r\n:1\r\n$-1\r\n", "*2\r\n:1\r\n_\r\n"},
      {{CommandReply::Array{}}, "*0\r\n", "*0\r\n"},
      {{CommandReply::Map{{{std::string{"k"}}, {std::int64_t{1}}}}},
       "*2\r\n$1\r\nk\r\n:1\r\n",
       "%1\r\n$1\r\nk\r\n:1\r\n"},
      {{true}, ":1\r\n", "#t\r\n"},
      {{false}, ":0\r\n", "#f\r\n"},
      {{1.5}, "$3\r\n1.5\r\n", ",1.5\r\n"},
      {{-std::numeric_limits<double>::infinity()}, "$4\r\n-inf\r\n", ",-inf\r\n"},
      {{std::numeric_limits<double>::quiet_NaN()}, "$3\r\nnan\r\n", ",nan\r\n"},
  };
  for (const Case& each : cases) {
    EXPECT_EQ(encoded(each.reply, Protocol::Resp2), each.two);
    EXPECT_EQ(encoded(each.reply, Protocol::Resp3), each.three);
  }
}

// Goal: what a client put into an error cannot end it and begin a reply of its own.
TEST(ReplyEncoderTest, ALineCannotBeEndedFromInside) {
  EXPECT_EQ(encoded(failure("ERR a\r\n+OK\r\n"), Protocol::Resp2), "-ERR a  +OK  \r\n");
  EXPECT_EQ(encoded({CommandReply::Status{"a\nb"}}, Protocol::Resp3), "+a b\r\n");
}

TEST(ReplyEncoderTest, NoArrayIsNull) {
  std::string out;
  append_null_array(out, Protocol::Resp2);
  append_null_array(out, Protocol::Resp3);
  EXPECT_EQ(out, "*-1\r\n_\r\n");
}

}  // namespace
}  // namespace parley::resp
