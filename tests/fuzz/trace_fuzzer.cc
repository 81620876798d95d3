// SPDX-License-Identifier: Apache-2.0
#include "core/kernel/trace.h"

#include "tests/fuzz/fuzzer.h"

namespace parley::fuzz {
namespace {

constexpr std::uint32_t principals_count = 100;

std::vector<NodeInput> example_inputs() {
  Boot boot;
  boot.recovered[InstanceId{1}] = {.snapshot_index = LogIndex{4},
                                   .snapshot_chunks = {to_bytes("snapshot"), {}},
                                   .records = {{LogIndex{5}, to_bytes("vote")}}};
  static const Bytes value = to_bytes("value");
  static const Bytes frame = frame_seeds()[1];
  std::vector<NodeInput> inputs = {
      Boot{},
      boot,
      Request{InstanceId{1}, RequestId{300}, PortId{2}, value},
      NodeTimerFired{{InstanceId{1}, TimerKey::Owner::Publication, 12}},
      PeerRestarted{PrincipalId{2}},
      NodeMembershipChanged{InstanceId{1}, std::make_shared<const Membership>(Membership{
                                               .epoch = Epoch{3},
                                               .members = {PrincipalId{0}, PrincipalId{1}},
                                               .learners = {PrincipalId{70}},
                                               .order = {PrincipalId{1}, PrincipalId{0}},
                                           })},
  };
  if (const Result<FrameView> view = decode_frame(frame, principals_count)) {
    inputs.push_back(Arrived{PrincipalId{0}, *view});
  }
  return inputs;
}

/// Reads to the end. Returns the events that were whole.
std::vector<TraceEvent> read_all(TraceReader& reader) {
  std::vector<TraceEvent> events;
  for (;;) {
    Result<std::optional<TraceEvent>> event = reader.next();
    if (!event || !*event) return events;
    events.push_back(**event);
  }
}

}  // namespace

int fuzz_trace(ByteView bytes) {
  Result<TraceReader> reader = TraceReader::open(bytes);
  if (!reader) return reader.error().message.empty() ? 1 : refused;
  const std::vector<TraceEvent> events = read_all(*reader);

  // What was read and written again is read as the same: no event is lost.
  Bytes again;
  append_header(again, reader->header());
  for (const TraceEvent& event : events) append_event(again, event);
  Result<TraceReader> second = TraceReader::open(again);
  if (!second) return 2;
  if (read_all(*second).size() != events.size() || second->torn()) return 3;
  return equal(bytes.first(std::min(bytes.size(), again.size())), again) ? accepted : 4;
}

std::vector<Bytes> trace_seeds() {
  Bytes trace;
  append_header(trace, {.principal = PrincipalId{1}, .deployment = "register"});
  Bytes header_only = trace;
  std::uint64_t at = 0;
  for (const NodeInput& input : example_inputs()) {
    append_event(trace, {.at = Duration{++at * 1000},
                         .input = encode_input(input),
                         .chosen = {0, at},
                         .output_digest = at * 0x9E3779B97F4A7C15,
                         .notes = {{InstanceId{1}, "single_paxos_promised", {1, 2}}}});
  }
  return {std::move(header_only), std::move(trace)};
}

int fuzz_input(ByteView bytes) {
  const std::optional<OwnedInput> input = decode_input(bytes, principals_count);
  if (!input) return refused;
  // Writing settles on one form, however oddly the input was written.
  const Bytes once = encode_input(input->input);
  const std::optional<OwnedInput> again = decode_input(once, principals_count);
  if (!again) return 1;
  return equal(encode_input(again->input), once) ? accepted : 2;
}

std::vector<Bytes> input_seeds() {
  std::vector<Bytes> seeds;
  for (const NodeInput& input : example_inputs()) seeds.push_back(encode_input(input));
  return seeds;
}

}  // namespace parley::fuzz
