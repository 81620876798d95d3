// SPDX-License-Identifier: Apache-2.0
#include "core/kernel/frame.h"

#include <gtest/gtest.h>

#include "core/base/prng.h"

namespace parley {
namespace {

Statement example() {
  return {.instance = InstanceId{3},
          .type = StatementType{7},
          .issuer = PrincipalId{1},
          .verifiers = {PrincipalId{0}, PrincipalId{2}},
          .auditors = {PrincipalId{2}},
          .record = SharedBytes{view_of("record")}};
}

Bytes encoded(const Statement& statement, const FrameHeader& header, std::string_view evidence) {
  Bytes bytes;
  append_frame(bytes, {encode_body(statement, header), SharedBytes{view_of(evidence)}});
  return bytes;
}

TEST(FrameTest, DecodesWhatItEncoded) {
  const Bytes bytes =
      encoded(example(), {.mechanism = 4, .acknowledge = true, .publication = 900}, "proof");
  const Result<FrameView> frame = decode_frame(bytes, 3);
  ASSERT_TRUE(frame) << frame.error().message;
  EXPECT_EQ(frame->mechanism, 4);
  EXPECT_TRUE(frame->acknowledge);
  EXPECT_EQ(frame->publication, 900u);
  EXPECT_EQ(frame->instance, InstanceId{3});
  EXPECT_EQ(frame->type, StatementType{7});
  EXPECT_EQ(frame->issuer, PrincipalId{1});
  EXPECT_EQ(frame->verifiers, example().verifiers);
  EXPECT_EQ(frame->auditors, example().auditors);
  EXPECT_EQ(text_of(frame->record), "record");
  EXPECT_EQ(text_of(frame->evidence), "proof");
}

TEST(FrameTest, RefusesEveryTruncationAndEveryTail) {
  Bytes bytes = encoded(example(), {}, "proof");
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode_frame(ByteView{bytes}.first(size), 3)) << size;
  }
  bytes.push_back(0);
  EXPECT_FALSE(decode_frame(bytes, 3));
}

TEST(FrameTest, RefusesPrincipalsOutsideTheDeployment) {
  EXPECT_FALSE(decode_frame(encoded(example(), {}, ""), 2));
}

TEST(FrameTest, SizeIsWhatIsAppended) {
  for (const std::size_t size : {0u, 1u, 127u, 128u, 20'000u}) {
    const Frame frame{encode_body(example(), {}), SharedBytes{Bytes(size, 1)}};
    Bytes bytes;
    append_frame(bytes, frame);
    EXPECT_EQ(frame_size(frame), bytes.size());
  }
}

// One statement has one encoding, or evidence could be made to mean two things.
TEST(FrameTest, AcceptedBytesAreCanonical) {
  const Bytes original = encoded(example(), {.mechanism = 1, .publication = 300}, "proof");
  Prng prng{1};
  int accepted = 0;
  for (int i = 0; i < 200'000; ++i) {
    Bytes bytes = original;
    const auto flips = prng.between(1, 3);
    for (std::int64_t flip = 0; flip < flips; ++flip) {
      bytes[prng.below(bytes.size())] = static_cast<std::uint8_t>(prng.next());
    }
    const Result<FrameView> frame = decode_frame(bytes, 3);
    if (!frame) continue;
    ++accepted;
    const Statement statement{.instance = frame->instance,
                              .type = frame->type,
                              .issuer = frame->issuer,
                              .verifiers = frame->verifiers,
                              .auditors = frame->auditors,
                              .record = SharedBytes{frame->record}};
    ASSERT_EQ(encoded(statement,
                      {.mechanism = frame->mechanism,
                       .acknowledge = frame->acknowledge,
                       .publication = frame->publication},
                      text_of(frame->evidence)),
              bytes);
  }
  EXPECT_GT(accepted, 1'000);  // Otherwise the loop proved nothing.
}

TEST(FrameTest, SealedMessagesDifferBetweenDeploymentsAndEpochs) {
  const SharedBytes body = encode_body(example(), {});
  Bytes first;
  Bytes second;
  Bytes third;
  SealDomain{"kv", 1}.message(body, first);
  SealDomain{"kw", 1}.message(body, second);
  SealDomain{"kv", 2}.message(body, third);
  EXPECT_NE(first, second);
  EXPECT_NE(first, third);
}

}  // namespace
}  // namespace parley
