// SPDX-License-Identifier: Apache-2.0
#include "core/kernel/trace.h"

#include <gtest/gtest.h>

#include "core/base/prng.h"
#include "core/kernel/kernel_notes.h"

namespace parley {
namespace {

TraceEvent example() {
  return {.at = 5ms,
          .input = to_bytes(std::string_view{"input"}),
          .chosen = {1, 2},
          .output_digest = 77,
          .notes = {{InstanceId{1}, "note_name", {4, 5}}}};
}

Bytes file_of(int events) {
  Bytes bytes;
  append_header(bytes, {PrincipalId{2}, "kv"});
  for (int i = 0; i < events; ++i) append_event(bytes, example());
  return bytes;
}

TEST(TraceTest, ReadsWhatItWrote) {
  const Bytes bytes = file_of(2);
  Result<TraceReader> reader = TraceReader::open(bytes);
  ASSERT_TRUE(reader);
  EXPECT_EQ(reader->header().principal, PrincipalId{2});
  EXPECT_EQ(reader->header().deployment, "kv");
  for (int i = 0; i < 2; ++i) {
    Result<std::optional<TraceEvent>> event = reader->next();
    ASSERT_TRUE(event && event->has_value());
    EXPECT_EQ((*event)->at, 5ms);
    EXPECT_EQ((*event)->output_digest, 77u);
    EXPECT_EQ((*event)->chosen, (std::vector<std::uint64_t>{1, 2}));
    EXPECT_EQ((*event)->notes[0].name, "note_name");
  }
  EXPECT_FALSE(reader->next()->has_value());
  EXPECT_FALSE(reader->torn());
}

TEST(TraceTest, ATornLastEventIsAnEnd) {
  const Bytes whole = file_of(2);
  const std::size_t first = file_of(1).size();
  for (std::size_t size = first + 1; size < whole.size(); ++size) {
    Result<TraceReader> reader = TraceReader::open(ByteView{whole}.first(size));
    ASSERT_TRUE(reader->next()->has_value());
    ASSERT_TRUE(reader->next());
    EXPECT_TRUE(reader->torn());
  }
}

TEST(TraceTest, DamageBeforeTheEndIsAnError) {
  Bytes bytes = file_of(2);
  bytes[file_of(0).size() + 14] ^= 1;
  Result<TraceReader> reader = TraceReader::open(bytes);
  EXPECT_FALSE(reader->next());
}

TEST(TraceTest, InputsSurviveTheirEncoding) {
  Boot boot;
  boot.recovered[InstanceId{1}] = {LogIndex{4}, {{1, 2}}, {{LogIndex{5}, {9}}}};
  const Bytes value{1, 2, 3};
  const std::vector<NodeInput> inputs{
      boot,
      Request{InstanceId{1}, RequestId{8}, PortId{2}, value},
      NodeTimerFired{{InstanceId{1}, TimerKey::Owner::Publication, 99}},
      PeerRestarted{PrincipalId{2}},
      Dropped{PrincipalId{1}, &kernel_notes::frame_refused},
  };
  for (const NodeInput& input : inputs) {
    const Bytes bytes = encode_input(input);
    const std::optional<OwnedInput> decoded = decode_input(bytes, 3);
    ASSERT_TRUE(decoded.has_value());
    EXPECT_EQ(encode_input(decoded->input), bytes);
  }
}

TEST(TraceTest, AnyBytesAreReadWithoutHarm) {
  const Bytes whole = file_of(3);
  Prng prng{7};
  int damaged = 0;
  for (int i = 0; i < 20'000; ++i) {
    Bytes bytes = whole;
    bytes[prng.below(bytes.size())] ^= static_cast<std::uint8_t>(1 + prng.below(255));
    Result<TraceReader> reader = TraceReader::open(bytes);
    if (!reader) {
      ++damaged;
      continue;
    }
    for (int step = 0; step < 4; ++step) {
      Result<std::optional<TraceEvent>> event = reader->next();
      if (!event) ++damaged;
      if (!event || !event->has_value()) break;
      static_cast<void>(decode_input((*event)->input, 3));
    }
  }
  EXPECT_GT(damaged, 1'000);
}

}  // namespace
}  // namespace parley
