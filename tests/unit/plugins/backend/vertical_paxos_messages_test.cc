// SPDX-License-Identifier: Apache-2.0
//
// Every message and every record has one encoding and refuses what no correct node
// says.
#include "plugins/backend/vertical_paxos/messages.h"

#include <gtest/gtest.h>

#include "core/base/prng.h"
#include "plugins/backend/vertical_paxos/quorums.h"
#include "plugins/backend/vertical_paxos/records.h"

namespace parley::vertical_paxos {
namespace {

SharedBytes bytes(std::string_view text) {
  return SharedBytes{view_of(text)};
}

Membership epoch_of(std::uint64_t epoch, std::initializer_list<std::uint32_t> order) {
  Membership membership{.epoch = Epoch{epoch}};
  for (const std::uint32_t member : order) {
    membership.members.insert(PrincipalId{member});
    membership.order.push_back(PrincipalId{member});
  }
  return membership;
}

History two_epochs() {
  History history{{epoch_of(3, {0, 1, 2}), epoch_of(4, {2, 0})}};
  history.epochs[1].learners = {PrincipalId{5}};
  return history;
}

std::vector<Entry> entries() {
  return {{2, EntryKind::Method, bytes("old")}, {4, EntryKind::Barrier, {}}};
}

/// Decodes whole, not cut and not longer; mangled, it never comes to harm.
template <class Encode, class Decode>
void expect_one_form(const SharedBytes& record, const Encode& encode_it, const Decode& decode_it) {
  ASSERT_TRUE(decode_it(record.view()));
  EXPECT_EQ(SharedBytes{encode_it(*decode_it(record.view()))}, record);
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
      EXPECT_TRUE(decode_it(SharedBytes{encode_it(*decoded)}.view()));
    }
  }
}

template <class Message>
void expect_canonical(const Message& message) {
  expect_one_form(
      encode(message), [](const Message& decoded) { return encode(decoded); },
      [](ByteView record) { return decode<Message>(record); });
}

TEST(VerticalPaxosMessagesTest, HaveOneEncoding) {
  expect_canonical(Epochs{two_epochs()});
  expect_canonical(Promise{4, {}});
  expect_canonical(Promise{4, {3, 300}});
  expect_canonical(Accept{4, 9, 0, 0, 0, {}});
  expect_canonical(Accept{4, 9, 7, 2, 5, entries()});
  expect_canonical(Accepted{4, 9, true, 300});
  expect_canonical(Hello{4});
  expect_canonical(Fetch{4, 300, {290, 310}, 77});
  expect_canonical(Chunk{4, {290, 310}, 9, 4, bytes("chunk")});
}

TEST(VerticalPaxosMessagesTest, RecordsHaveOneEncoding) {
  const auto again = [](const auto& decoded) { return encode(decoded); };
  expect_one_form(encode(Record{7, two_epochs(), 3, 2, entries()}), again, decode_record);
  expect_one_form(encode(Record{7, std::nullopt, 0, 2, {}}), again, decode_record);
  const Image image{12, {2, 9}, 11, to_bytes("state")};
  expect_one_form(SharedBytes{encode(Portion{image, 12, entries()})}, again, decode_portion);
  expect_one_form(SharedBytes{encode(Portion{std::nullopt, 12, entries()})}, again, decode_portion);
}

TEST(VerticalPaxosMessagesTest, ALargeSnapshotIsKeptInChunks) {
  const DurableSnapshot snapshot{7, two_epochs(), Bytes(3 * chunk_bytes_max, 1)};
  std::vector<Bytes> chunks;
  for (const SharedBytes& chunk : encode(snapshot)) chunks.push_back(to_bytes(chunk.view()));
  EXPECT_EQ(chunks.size(), 4u);
  const auto decoded = decode_snapshot(chunks);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->life, 7u);
  EXPECT_EQ(decoded->history, two_epochs());
  EXPECT_EQ(decoded->portion, snapshot.portion);
  chunks.pop_back();
  EXPECT_FALSE(decode_snapshot(chunks));
}

TEST(VerticalPaxosMessagesTest, RefuseHistoriesThatNoMasterDecides) {
  const auto refused = [](const History& history) {
    return !decode<Epochs>(SharedBytes{encode_history(history)});
  };
  EXPECT_FALSE(refused(two_epochs()));
  EXPECT_TRUE(refused({{epoch_of(3, {0}), epoch_of(5, {0})}})) << "a gap";
  EXPECT_TRUE(refused({{epoch_of(0, {0})}})) << "no epoch is 0";
  EXPECT_TRUE(refused({{epoch_of(3, {})}})) << "nobody leads";
  EXPECT_TRUE(refused({{epoch_of(time_max + 1, {0})}}));
  History learns = two_epochs();
  learns.epochs[1].learners.insert(PrincipalId{2});
  EXPECT_TRUE(refused(learns)) << "a member that learns";
  const Bytes empty = encode_configuration(ConfigurationAnswer{});
  EXPECT_FALSE(decode<Epochs>(empty));
  const Bytes other = encode_configuration(ConfigurationAnswer{Epoch{2}, two_epochs().epochs});
  EXPECT_FALSE(decode<Epochs>(other)) << "it begins with the completed epoch";
}

TEST(VerticalPaxosMessagesTest, RefuseTimesThatFallAndSizesThatLie) {
  EXPECT_FALSE(decode<Hello>(encode(Hello{0})));
  EXPECT_FALSE(decode<Hello>(encode(Hello{time_max + 1})));
  EXPECT_FALSE(decode<Promise>(encode(Promise{4, {5, 1}}))) << "a log beyond its promise";
  EXPECT_FALSE(decode<Promise>(encode(Promise{4, {3, 0}}))) << "no log ends at an election";
  EXPECT_FALSE(decode<Accept>(encode(Accept{3, 9, 7, 2, 5, entries()}))) << "a later entry";
  EXPECT_FALSE(decode<Accept>(encode(Accept{4, 9, 7, 3, 5, entries()}))) << "an earlier entry";
  EXPECT_FALSE(decode<Accept>(encode(Accept{4, 9, 7, 0, 5, {}}))) << "an entry of no epoch";
  EXPECT_FALSE(decode<Accepted>(encode(Accepted{4, 9, true, index_max + 1})));
  EXPECT_FALSE(decode<Fetch>(encode(Fetch{4, 0, {5, 4}, 0})));
  EXPECT_FALSE(decode<Chunk>(encode(Chunk{4, {0, 5}, 4, 0, bytes("chunk")}))) << "beyond its size";
  EXPECT_FALSE(decode<Chunk>(encode(Chunk{4, {0, 5}, 4, 0, {}})));
  const SharedBytes large{Bytes(method_size_max + 1)};
  EXPECT_FALSE(decode<Accept>(encode(Accept{4, 9, 0, 0, 0, {{4, EntryKind::Method, large}}})));
}

TEST(VerticalPaxosQuorumsTest, ReadAndWriteQuorumsOfAnEpochAlwaysMeet) {
  for (const char* word : {"all", "majority", "one"}) {
    const auto quorum = write_quorum_of(word);
    ASSERT_TRUE(quorum);
    for (std::size_t members = 1; members < 20; ++members) {
      EXPECT_EQ(read_size(*quorum, members) + write_size(*quorum, members), members + 1);
      EXPECT_GE(read_size(*quorum, members), 1u);
    }
  }
  EXPECT_EQ(write_size(WriteQuorum::Majority, 4), 3u);
  EXPECT_EQ(read_size(WriteQuorum::Majority, 4), 2u);
  EXPECT_FALSE(write_quorum_of("most"));
}

}  // namespace
}  // namespace parley::vertical_paxos
