// SPDX-License-Identifier: Apache-2.0
#include "core/base/codec.h"

#include <gtest/gtest.h>

#include <limits>

namespace parley {
namespace {

Bytes varint_of(std::uint64_t value) {
  Bytes out;
  Writer(out).varint(value);
  return out;
}

TEST(CodecTest, NumbersAreLittleEndian) {
  Bytes out;
  Writer writer(out);
  writer.u8(0x01);
  writer.u16(0x0302);
  writer.u32(0x07060504);
  writer.u64(0x0F0E0D0C0B0A0908);
  EXPECT_EQ(out, (Bytes{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}));
}

TEST(CodecTest, EveryFieldReadsBackAsWritten) {
  Bytes out;
  Writer writer(out);
  writer.u8(255);
  writer.u16(65'535);
  writer.u32(4'294'967'295);
  writer.u64(std::numeric_limits<std::uint64_t>::max());
  writer.varint(300);
  writer.bytes(Bytes{1, 2, 3});
  writer.text("parley");
  writer.raw(Bytes{9});

  Reader reader(out);
  EXPECT_EQ(reader.u8(), 255);
  EXPECT_EQ(reader.u16(), 65'535);
  EXPECT_EQ(reader.u32(), 4'294'967'295);
  EXPECT_EQ(reader.u64(), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(reader.varint(), 300u);
  EXPECT_TRUE(equal(reader.bytes(), Bytes{1, 2, 3}));
  EXPECT_EQ(reader.text(), "parley");
  EXPECT_TRUE(equal(reader.rest(), Bytes{9}));
  EXPECT_TRUE(reader.finished());
}

TEST(CodecTest, VarintsOfEveryLengthReadBack) {
  for (unsigned bits = 0; bits <= 64; ++bits) {
    const std::uint64_t value = bits == 0 ? 0 : ~std::uint64_t{0} >> (64 - bits);
    const Bytes encoded = varint_of(value);
    EXPECT_EQ(encoded.size(), std::max(1u, (bits + 6) / 7)) << value;
    Reader reader(encoded);
    EXPECT_EQ(reader.varint(), value);
    EXPECT_TRUE(reader.finished()) << value;
  }
}

TEST(CodecTest, ATruncatedVarintFails) {
  for (const std::uint64_t value : {128ULL, 1ULL << 20, ~0ULL}) {
    Bytes encoded = varint_of(value);
    encoded.pop_back();
    Reader reader(encoded);
    EXPECT_EQ(reader.varint(), 0u);
    EXPECT_FALSE(reader.ok());
  }
}

// Goal: one value has one encoding, so that equal states are equal bytes.
TEST(CodecTest, ALongerFormOfAVarintIsRefused) {
  for (const Bytes& padded : {Bytes{0x80, 0x00}, Bytes{0xFF, 0x80, 0x00}, Bytes{0x81, 0x00}}) {
    Reader reader(padded);
    reader.varint();
    EXPECT_FALSE(reader.ok());
  }
}

TEST(CodecTest, AVarintOfMoreThan64BitsIsRefused) {
  Bytes overlong(9, 0xFF);
  overlong.push_back(0x02);
  Reader reader(overlong);
  EXPECT_EQ(reader.varint(), 0u);
  EXPECT_FALSE(reader.ok());

  const Bytes endless(64, 0xFF);
  Reader another(endless);
  another.varint();
  EXPECT_FALSE(another.ok());
}

TEST(CodecTest, ALengthBeyondTheEndFails) {
  Bytes out;
  Writer(out).varint(std::numeric_limits<std::uint64_t>::max());
  out.push_back(1);
  Reader reader(out);
  EXPECT_TRUE(reader.bytes().empty());
  EXPECT_FALSE(reader.ok());
}

// Goal: a decoder may check once, at the end.
TEST(CodecTest, AReaderThatFailedStaysFailed) {
  const Bytes in{1, 2, 3};
  Reader reader(in);
  EXPECT_EQ(reader.u32(), 0u);
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.u8(), 0);
  EXPECT_TRUE(reader.rest().empty());
  EXPECT_EQ(reader.remaining(), 0u);
  EXPECT_FALSE(reader.finished());
}

TEST(CodecTest, LeftoverBytesAreNotFinished) {
  const Bytes in{1, 2};
  Reader reader(in);
  reader.u8();
  EXPECT_TRUE(reader.ok());
  EXPECT_FALSE(reader.finished());
}

TEST(CodecTest, AnEmptyInputIsFinishedAtOnce) {
  EXPECT_TRUE(Reader(ByteView{}).finished());
}

TEST(CodecTest, PrincipalsReadBackInAnyMix) {
  const PrincipalSet cases[] = {
      {},
      {PrincipalId{0}},
      {PrincipalId{63}, PrincipalId{64}},
      {PrincipalId{0}, PrincipalId{1}, PrincipalId{2}, PrincipalId{500}, PrincipalId{999}},
  };
  for (const PrincipalSet& set : cases) {
    Bytes out;
    Writer(out).principals(set);
    Reader reader(out);
    EXPECT_EQ(reader.principals(1000), set);
    EXPECT_TRUE(reader.finished());
  }
}

TEST(CodecTest, APrincipalAtTheBoundIsRefused) {
  Bytes out;
  Writer(out).principals({PrincipalId{3}, PrincipalId{10}});
  Reader accepts(out);
  EXPECT_EQ(accepts.principals(11).size(), 2u);
  EXPECT_TRUE(accepts.finished());
  Reader refuses(out);
  EXPECT_TRUE(refuses.principals(10).empty());
  EXPECT_FALSE(refuses.ok());
}

// Goal: a few hostile bytes can neither make a large set nor a long loop.
TEST(CodecTest, AHostileCountOrGapOfPrincipalsIsRefused) {
  Bytes count;
  Writer(count).varint(std::numeric_limits<std::uint64_t>::max());
  count.insert(count.end(), 10, 0);
  Reader many(count);
  EXPECT_TRUE(many.principals(1'000'000).empty());
  EXPECT_FALSE(many.ok());

  Bytes gap;
  Writer writer(gap);
  writer.varint(2);
  writer.varint(1);
  writer.varint(std::numeric_limits<std::uint64_t>::max());
  Reader wide(gap);
  EXPECT_TRUE(wide.principals(1000).empty());
  EXPECT_FALSE(wide.ok());
}

}  // namespace
}  // namespace parley
