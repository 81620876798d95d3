// SPDX-License-Identifier: Apache-2.0
//
// A connection under arbitrary bytes, on the real key-value object.
#include "apps/kv/session.h"
#include "plugins/object/kv/kv.h"
#include "tests/fuzz/fuzzer.h"

namespace parley::fuzz {
namespace {

using namespace resp;

class QuietHost final : public SessionHost {
 public:
  std::uint64_t wall_clock_ms() override { return 1'000'000; }
  PortStatus status() override { return {}; }
  std::string clients_text() override { return {}; }
  void count_command(bool, std::size_t) override {}
  void count_error(ErrorKind) override {}
};

const kv::KeyValues& empty_object() {
  static const kv::KeyValues object;
  return object;
}

const PortFacts& facts() {
  static const PortFacts made{.node = "r1",
                              .deployment = "fuzz",
                              .object_name = "kv",
                              .object_type = "kv",
                              .backend = "none",
                              .version = "0",
                              .object = empty_object(),
                              .replicated = empty_object(),
                              .commands = DataCommands{empty_object()},
                              .request_timeout = 1s,
                              .limits = {.bulk_max = 1'024, .request_max = 4'096, .words_max = 64},
                              .clients_max = 1};
  return made;
}

/// The answer of a backend that commits everything, and of branches that are over.
Bytes answer_of(Object& object, const Ask& ask) {
  if (ask.port != port_call) return encode_outcome({.kind = OutcomeKind::Stale});
  const std::optional<Call> call = decode_call(ask.value);
  if (!call) return {};
  return encode_result({CallResultKind::Ok, object.apply(call->method)});
}

std::string said(ByteView bytes, std::size_t piece) {
  QuietHost host;
  const std::unique_ptr<Object> object = empty_object().clone();
  Session session{facts(), host, 1, "peer"};
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    session.receive(bytes.subspan(at, std::min(piece, bytes.size() - at)));
    while (const std::optional<Ask> ask = session.advance()) {
      const Bytes answer = answer_of(*object, *ask);
      session.answer(answer);
    }
  }
  return std::move(session.output());
}

}  // namespace

int fuzz_resp_session(ByteView bytes) {
  const std::string whole = said(bytes, std::max<std::size_t>(bytes.size(), 1));
  // Together or byte by byte, joined into a batch or alone: the same replies.
  if (said(bytes, 1) != whole) return 1;
  return whole.empty() || whole.find("Protocol error") != std::string::npos ? refused : accepted;
}

std::vector<Bytes> resp_session_seeds() {
  return {to_bytes("SET k 1\r\nINCR k\r\nGET k\r\nDEL k\r\nMGET k j\r\nPING\r\nSCAN 0\r\n"),
          to_bytes("WATCH k\r\nMULTI\r\nSET k 2\r\nGET k\r\nPING\r\nEXEC\r\nGET k\r\n"),
          to_bytes("HELLO 3\r\nCLIENT REPLY SKIP\r\nSET k 1\r\nCLIENT SETNAME x\r\nCLIENT INFO\r\n"
                   "INFO\r\nCOMMAND COUNT\r\nCONFIG GET *\r\nRESET\r\nPARLEY.PULL STATE\r\n"),
          to_bytes("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nhello\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"
                   "parley.exec 0 2 get k\r\nparley.batch 2 get k\r\nFROB\r\nQUIT\r\n")};
}

}  // namespace parley::fuzz
