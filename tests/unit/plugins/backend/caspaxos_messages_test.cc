// SPDX-License-Identifier: Apache-2.0
//
// Every message and every record has one encoding and refuses every other.
#include "plugins/backend/caspaxos/messages.h"

#include <gtest/gtest.h>

#include "core/base/prng.h"
#include "plugins/backend/caspaxos/records.h"

namespace parley::caspaxos {
namespace {

SharedBytes bytes(std::string_view text) {
  return SharedBytes{view_of(text)};
}

SharedBytes value(std::uint64_t count = 3) {
  return encode(Value{count, bytes("state"), {bytes("before"), bytes("method")}});
}

/// Whatever decodes encodes to the same bytes: no second form of a message.
template <class Encode, class Decode>
void expect_one_form(const SharedBytes& record, const Encode& encode_it, const Decode& decode_it) {
  ASSERT_TRUE(decode_it(record.view()));
  EXPECT_EQ(encode_it(*decode_it(record.view())), record);
  for (std::size_t size = 0; size < record.size(); ++size) {
    EXPECT_FALSE(decode_it(record.view().first(size))) << "cut to " << size;
  }
  Bytes longer = to_bytes(record.view());
  longer.push_back(0);
  EXPECT_FALSE(decode_it(longer));
  Prng random{1};
  for (int i = 0; i < 2'000; ++i) {
    Bytes mangled = to_bytes(record.view());
    mangled[random.below(mangled.size())] = static_cast<std::uint8_t>(random.next());
    if (const auto decoded = decode_it(mangled)) {
      EXPECT_EQ(to_bytes(encode_it(*decoded).view()), mangled);
    }
  }
}

template <class Message>
void expect_canonical(const Message& message) {
  expect_one_form(
      encode(message), [](const Message& decoded) { return encode(decoded); },
      [](ByteView record) { return decode<Message>(record); });
}

TEST(CasPaxosMessagesTest, HaveOneEncoding) {
  expect_canonical(Prepare{"key", 300});
  expect_canonical(Prepare{"", 300});
  expect_canonical(Promise{"key", 300, {}});
  expect_canonical(Promise{"key", 300, Vote{7, value()}, true});
  expect_canonical(Accept{"key", 300, 0, 0, value()});
  expect_canonical(Accept{"key", 300, 303, 297, value()});
  expect_canonical(Accepted{"key", 300});
  expect_canonical(Refused{"key", 300, 301});
  expect_canonical(Committed{"key", 300});
  expect_canonical(Learn{"key", Vote{7, value()}});
  expect_canonical(Confirm{"key", 300, 9});
  expect_canonical(Confirmed{"key", 300, 9});
}

TEST(CasPaxosMessagesTest, RecordsHaveOneEncoding) {
  for (const Record& record :
       {Record{PromiseRecord{"key", 300}}, Record{VoteRecord{"key", 303, {300, value()}}},
        Record{BranchRecord{4'097}}}) {
    expect_one_form(
        encode(record), [](const Record& decoded) { return encode(decoded); }, decode_record);
  }
}

TEST(CasPaxosMessagesTest, RefuseBallotsThatNoMemberUses) {
  EXPECT_FALSE(decode<Prepare>(encode(Prepare{"key", 0})));
  EXPECT_TRUE(decode<Prepare>(encode(Prepare{"key", ballot_max})));
  EXPECT_FALSE(decode<Prepare>(encode(Prepare{"key", ballot_max + 1})));
  EXPECT_FALSE(decode<Promise>(encode(Promise{"key", 5, Vote{5, value()}})))
      << "a promise tells of earlier votes";
  EXPECT_FALSE(decode<Promise>(encode(Promise{"key", 5, {}, true}))) << "nothing is committed";
  EXPECT_FALSE(decode<Refused>(encode(Refused{"key", 5, 5}))) << "a refusal names a later promise";
  EXPECT_FALSE(decode<Accept>(encode(Accept{"key", 5, 5, 0, value()})))
      << "the next ballot is later";
  EXPECT_FALSE(decode<Accept>(encode(Accept{"key", 5, 8, 5, value()}))) << "a base is earlier";
  EXPECT_FALSE(decode<Learn>(encode(Learn{"key", Vote{0, value()}})));
  EXPECT_FALSE(decode_record(encode(Record{VoteRecord{"key", 4, {5, value()}}})))
      << "a vote is a promise";
}

TEST(CasPaxosMessagesTest, RefuseValuesThatTellTooMuchOrTooLittle) {
  const auto decodes = [](const Value& decoded) { return decode<Value>(encode(decoded)); };
  EXPECT_TRUE(decodes({1, bytes("s"), {bytes("m")}}));
  EXPECT_FALSE(decodes({1, bytes("s"), {}})) << "the last method is always told";
  EXPECT_FALSE(decodes({1, bytes("s"), {bytes("m"), bytes("n")}})) << "more methods than counted";
  EXPECT_TRUE(decodes({99, bytes("s"), std::vector<SharedBytes>(tail_count_max, bytes("m"))}));
  EXPECT_FALSE(decodes({99, bytes("s"), std::vector<SharedBytes>(tail_count_max + 1)}));
  const SharedBytes large{Bytes(method_size_max + 1)};
  EXPECT_FALSE(decodes({1, bytes("s"), {large}}));
  EXPECT_FALSE(decode<Accept>(encode(Accept{"key", 5, 0, 0, bytes("no value")})));
  EXPECT_FALSE(decode<Prepare>(encode(Prepare{Partition(partition_size_max + 1, 'k'), 5})));
}

}  // namespace
}  // namespace parley::caspaxos
