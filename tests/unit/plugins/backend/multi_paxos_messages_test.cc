// SPDX-License-Identifier: Apache-2.0
//
// What multi_paxos says and keeps, as bytes: whole, cut, extended and absurd.
#include "plugins/backend/multi_paxos/messages.h"

#include <gtest/gtest.h>

#include "core/api/reconfigure.h"
#include "plugins/backend/multi_paxos/records.h"

namespace parley::multi_paxos {
namespace {

constexpr Ballot b1 = 1 * owners_max + 1;
constexpr Ballot b2 = 2 * owners_max + 2;

SharedBytes bytes_of(std::string_view text) {
  return SharedBytes{view_of(text)};
}

/// Every prefix and every extension is refused, the whole is what it was.
template <class Message>
void expect_exact(const Message& message) {
  const Bytes whole = to_bytes(encode(message).view());
  const auto decoded = decode<Message>(whole);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(to_bytes(encode(*decoded).view()), whole);
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_FALSE(decode<Message>(ByteView{whole}.first(length))) << length;
  }
  Bytes longer = whole;
  longer.push_back(0);
  EXPECT_FALSE(decode<Message>(longer));
}

TEST(MultiPaxosMessagesTest, EveryMessageDecodesToItselfAndNothingElseDoes) {
  expect_exact(AskVote{b2, true, {b1, 7}, {b1}});
  expect_exact(Vote{b1, false});
  expect_exact(Refused{b1, true, b2, 0});
  expect_exact(AcceptEntries{
      b2, 9, 4, b1, 3, {{b1, EntryKind::Method, bytes_of("a")}, {b2, EntryKind::NoOp, {}}}});
  expect_exact(Accepted{b1, 3, true, 12});
  expect_exact(Committed{b1, 12});
  expect_exact(AskResign{b1, true});
  expect_exact(ResignAnswer{b1, false});
  expect_exact(ImageChunk{b2, 1, 5, b1, 10, 4, bytes_of("abc")});
  expect_exact(ChunkReceived{b1, 1, 5, 7});
}

template <class Message>
bool refused(const Message& message) {
  return !decode<Message>(encode(message));
}

TEST(MultiPaxosMessagesTest, WhatNoCorrectMemberSendsIsRefused) {
  EXPECT_TRUE(refused(Vote{0, false}));
  EXPECT_TRUE(refused(Vote{owners_max - 1, false}));  // Round 0.
  EXPECT_TRUE(refused(Vote{ballot_max + 1, false}));
  EXPECT_TRUE(refused(AskVote{b1, false, {b1, 1}, {}}));  // Its own ballot is in its log.
  EXPECT_TRUE(refused(AskVote{b2, false, {b1, 0}, {}}));
  EXPECT_TRUE(refused(AskVote{b2, false, {}, {b2, b1}}));
  EXPECT_TRUE(refused(AskVote{b2, false, {}, std::vector<Ballot>(resigned_max + 1, b1)}));
  EXPECT_TRUE(refused(AcceptEntries{b2, 0, 0, 0, 0, {}}));   // Rounds count from 1.
  EXPECT_TRUE(refused(AcceptEntries{b2, 1, 1, 0, 0, {}}));   // A place without a time.
  EXPECT_TRUE(refused(AcceptEntries{b1, 1, 1, b2, 0, {}}));  // A log from the future.
  EXPECT_TRUE(refused(AcceptEntries{b1, 1, 0, 0, 0, {{b2, EntryKind::NoOp, {}}}}));
  EXPECT_TRUE(refused(AcceptEntries{b2, 1, 1, b2, 0, {{b1, EntryKind::NoOp, {}}}}));
  EXPECT_TRUE(refused(AcceptEntries{b2, 1, index_max + 1, b1, 0, {}}));
  EXPECT_TRUE(refused(AcceptEntries{b1, 1, 0, 0, 0, {{b1, EntryKind::NoOp, bytes_of("x")}}}));
  EXPECT_TRUE(
      refused(AcceptEntries{b1, 1, 0, 0, 0, {{b1, EntryKind::Configuration, bytes_of("x")}}}));
  EXPECT_TRUE(refused(ImageChunk{b2, 1, 5, b1, 10, 8, bytes_of("abc")}));  // Beyond its end.
  EXPECT_TRUE(refused(ImageChunk{b2, 1, 5, b1, 10, 0, {}}));
  EXPECT_TRUE(refused(ImageChunk{b2, 1, 5, b1, image_bytes_max + 1, 0, bytes_of("abc")}));
  const SharedBytes large{Bytes(method_size_max + 1, 1)};
  EXPECT_TRUE(refused(AcceptEntries{b1, 1, 0, 0, 0, {{b1, EntryKind::Method, large}}}));
}

TEST(MultiPaxosMessagesTest, ACountThatIsLargerThanTheMessageIsRefusedAtOnce) {
  Bytes bytes;
  Writer out{bytes};
  for (const std::uint64_t field : {b1, std::uint64_t{1}, std::uint64_t{0}, std::uint64_t{0},
                                    std::uint64_t{0}, std::uint64_t{1} << 60}) {
    out.varint(field);
  }
  EXPECT_FALSE(decode<AcceptEntries>(bytes));
}

TEST(MultiPaxosMessagesTest, RecordsAndImagesDecodeToThemselves) {
  const auto promise = decode_record(encode(PromiseRecord{b2}));
  ASSERT_TRUE(promise);
  EXPECT_EQ(std::get<PromiseRecord>(*promise).promised, b2);
  const Entry entry{b1, EntryKind::Method, bytes_of("a")};
  const auto entries = decode_record(encode(EntriesRecord{3, 2, {entry}}));
  ASSERT_TRUE(entries);
  EXPECT_EQ(std::get<EntriesRecord>(*entries).entries, std::vector{entry});
  EXPECT_FALSE(decode_record({}));

  Membership membership;
  membership.epoch = Epoch{4};
  membership.members = {PrincipalId{1}, PrincipalId{5}};
  membership.order = {PrincipalId{5}, PrincipalId{1}};
  const Image image{9, {b1, 3}, 7, membership, to_bytes("state")};
  const Bytes bytes = encode(image);
  const auto again = decode_image(bytes);
  ASSERT_TRUE(again);
  EXPECT_EQ(encode(*again), bytes);
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(decode_image(ByteView{bytes}.first(length))) << length;
  }

  const DurableSnapshot snapshot{b2, 9, Bytes(chunk_bytes_max * 2, 3), {entry}};
  std::vector<Bytes> chunks;
  for (const SharedBytes& chunk : encode(snapshot)) chunks.push_back(to_bytes(chunk.view()));
  EXPECT_EQ(chunks.size(), 3u);
  const auto whole = decode_snapshot(chunks);
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->image, snapshot.image);
  EXPECT_EQ(whole->entries, snapshot.entries);
  chunks.pop_back();
  EXPECT_FALSE(decode_snapshot(chunks));
}

TEST(MultiPaxosMessagesTest, AReconfigurationNamesEachMemberOnce) {
  Membership membership;
  membership.epoch = Epoch{2};
  membership.members = {PrincipalId{0}, PrincipalId{1}};
  membership.order = {PrincipalId{1}, PrincipalId{0}};
  membership.learners = {PrincipalId{2}};
  const auto decoded = decode_reconfiguration(encode_reconfiguration(membership));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->order, membership.order);
  EXPECT_EQ(decoded->learners, membership.learners);
  Membership twice = membership;
  twice.order = {PrincipalId{1}, PrincipalId{1}};
  EXPECT_FALSE(decode_reconfiguration(encode_reconfiguration(twice)));
  Membership both = membership;
  both.learners = {PrincipalId{1}};
  EXPECT_FALSE(decode_reconfiguration(encode_reconfiguration(both)));
  EXPECT_FALSE(decode_reconfiguration(encode_reconfiguration(Membership{})));
}

TEST(MultiPaxosMessagesTest, BallotsAreUniqueAndTheirOwnersReadable) {
  for (const std::uint32_t owner : {0u, 1u, 65'535u}) {
    Ballot ballot = 0;
    for (int i = 0; i < 5; ++i) {
      const Ballot next = next_ballot(ballot, PrincipalId{owner});
      EXPECT_GT(next, ballot);
      EXPECT_GT(round_of(next), 0u);
      EXPECT_EQ(owner_of(next), PrincipalId{owner});
      ballot = next + 1;
    }
  }
  EXPECT_GT(next_ballot(ballot_max, PrincipalId{3}), ballot_max);
}

}  // namespace
}  // namespace parley::multi_paxos
