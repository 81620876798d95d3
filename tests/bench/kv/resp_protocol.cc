// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <optional>

#include "tests/bench/kv/protocol.h"

namespace parley::bench {
namespace {

void append_word(std::string_view word, std::string& out) {
  out.append("$").append(std::to_string(word.size())).append("\r\n").append(word).append("\r\n");
}

/// One reply of SET or GET: a line, or a line and a bulk.
struct Reply {
  std::size_t size = 0;  ///< 0: not all of it is here yet.
  bool failed = false;
  bool malformed = false;
  std::string_view line;
};

Reply read_reply(std::string_view bytes) {
  const std::size_t end = bytes.find("\r\n");
  if (end == std::string_view::npos) return {};
  Reply reply{.size = end + 2, .line = bytes.substr(0, end)};
  if (bytes.front() == '+') return reply;
  reply.failed = true;
  if (bytes.front() == '-') return reply;
  std::int64_t length = -2;
  const char* const last = bytes.data() + end;
  const auto [stop, error] = std::from_chars(bytes.data() + 1, last, length);
  reply.malformed = bytes.front() != '$' || error != std::errc{} || stop != last || length < -1;
  if (reply.malformed || length == -1) return reply;
  reply.failed = false;
  const std::size_t whole = end + 2 + static_cast<std::size_t>(length) + 2;
  reply.size = bytes.size() < whole ? 0 : whole;
  return reply;
}

class Resp final : public Protocol {
 public:
  void open(std::string& /*out*/) override {}

  void request(Operation operation, std::string_view key, std::string_view value,
               std::string& out) override {
    const bool put = operation == Operation::Put;
    out += put ? "*3\r\n$3\r\nSET\r\n" : "*2\r\n$3\r\nGET\r\n";
    append_word(key, out);
    if (put) append_word(value, out);
  }

  bool receive(std::string_view bytes, std::string& /*out*/, Outcomes& outcomes) override {
    input_ += bytes;
    std::size_t at = 0;
    while (at < input_.size()) {
      const Reply reply = read_reply(std::string_view{input_}.substr(at));
      if (reply.malformed) return false;
      if (reply.size == 0) break;
      ++outcomes.done;
      if (reply.failed) {
        ++outcomes.failed;
        error_ = reply.line;
      }
      at += reply.size;
    }
    input_.erase(0, at);
    return true;
  }

 private:
  std::string input_;
};

}  // namespace

std::unique_ptr<Protocol> make_resp() {
  return std::make_unique<Resp>();
}

}  // namespace parley::bench
