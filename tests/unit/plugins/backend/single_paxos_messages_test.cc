// SPDX-License-Identifier: Apache-2.0
//
// Every message has one encoding and refuses every other.
#include "plugins/backend/single_paxos/messages.h"

#include <gtest/gtest.h>

#include "core/base/prng.h"

namespace parley::single_paxos {
namespace {

SharedBytes bytes(std::string_view text) {
  return SharedBytes{view_of(text)};
}

/// Whatever decodes encodes to the same bytes: no second form of a message.
template <class Message>
void expect_canonical(const Message& message) {
  const SharedBytes record = encode(message);
  ASSERT_TRUE(decode<Message>(record));
  EXPECT_EQ(encode(*decode<Message>(record)), record);
  for (std::size_t size = 0; size < record.size(); ++size) {
    EXPECT_FALSE(decode<Message>(record.view().first(size))) << "cut to " << size;
  }
  Bytes longer = to_bytes(record.view());
  longer.push_back(0);
  EXPECT_FALSE(decode<Message>(longer));

  Prng random{1};
  for (int i = 0; i < 2'000; ++i) {
    Bytes mangled = to_bytes(record.view());
    mangled[random.below(mangled.size())] = static_cast<std::uint8_t>(random.next());
    const auto decoded = decode<Message>(mangled);
    if (decoded) {
      EXPECT_EQ(to_bytes(encode(*decoded).view()), mangled);
    }
  }
}

TEST(SinglePaxosMessagesTest, HaveOneEncoding) {
  expect_canonical(Prepare{300});
  expect_canonical(Promise{300, {}});
  expect_canonical(Promise{300, Vote{7, bytes("value")}});
  expect_canonical(Accept{300, {}});
  expect_canonical(Accept{300, bytes("value")});
  expect_canonical(Accepted{300});
  expect_canonical(Refused{300, 301});
  expect_canonical(Decided{bytes("value")});
  expect_canonical(Memory{300, Vote{7, bytes("value")}, bytes("value")});
  expect_canonical(Memory{});
}

TEST(SinglePaxosMessagesTest, RefuseBallotsOutOfRange) {
  EXPECT_FALSE(decode<Prepare>(encode(Prepare{0})));
  EXPECT_TRUE(decode<Prepare>(encode(Prepare{ballot_max})));
  EXPECT_FALSE(decode<Prepare>(encode(Prepare{ballot_max + 1})));
  EXPECT_FALSE(decode<Promise>(encode(Promise{5, Vote{ballot_max + 1, {}}})));
  EXPECT_FALSE(decode<Refused>(encode(Refused{5, 5}))) << "a refusal names a later promise";
}

TEST(SinglePaxosMessagesTest, RefuseMethodsTooLarge) {
  const SharedBytes huge{Bytes(method_size_max + 1)};
  EXPECT_FALSE(decode<Accept>(encode(Accept{5, huge})));
  EXPECT_FALSE(decode<Decided>(encode(Decided{huge})));
}

TEST(SinglePaxosMessagesTest, RefuseAVoteAboveThePromise) {
  EXPECT_FALSE(decode<Memory>(encode(Memory{.promised = 3, .accepted = Vote{4, {}}})));
}

}  // namespace
}  // namespace parley::single_paxos
