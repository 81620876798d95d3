// SPDX-License-Identifier: Apache-2.0
#include "apps/kv/request_parser.h"
#include "tests/fuzz/fuzzer.h"

namespace parley::fuzz {
namespace {

using resp::RequestLimits;
using resp::RequestParser;
using resp::Words;

constexpr RequestLimits small{.bulk_max = 64, .request_max = 128, .words_max = 8};

struct Parsed {
  std::vector<Words> requests;
  std::string fault;
};

Parsed parse(ByteView bytes, std::size_t piece) {
  RequestParser parser{small};
  Parsed parsed;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    parser.receive(bytes.subspan(at, std::min(piece, bytes.size() - at)));
    while (auto words = parser.next()) parsed.requests.push_back(*std::move(words));
  }
  parsed.fault = parser.fault();
  return parsed;
}

bool within_limits(const Words& words) {
  std::size_t size = 0;
  for (const std::string& word : words) {
    if (word.size() > small.bulk_max) return false;
    size += word.size();
  }
  return !words.empty() && words.size() <= small.words_max && size <= small.request_max;
}

std::string encoded(const Words& words) {
  std::string out = "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string& word : words) {
    out += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
  }
  return out;
}

}  // namespace

int fuzz_resp(ByteView bytes) {
  const Parsed whole = parse(bytes, std::max<std::size_t>(bytes.size(), 1));
  std::string again;
  for (const Words& words : whole.requests) {
    if (!within_limits(words)) return 1;
    again += encoded(words);
  }
  // However the bytes arrive, they say the same.
  for (const std::size_t piece : {std::size_t{1}, std::size_t{5}}) {
    const Parsed pieces = parse(bytes, piece);
    if (pieces.requests != whole.requests || pieces.fault != whole.fault) return 2;
  }
  // What was understood can be said in the plain form.
  if (parse(view_of(again), again.size() + 1).requests != whole.requests) return 3;
  return whole.requests.empty() || !whole.fault.empty() ? refused : accepted;
}

std::vector<Bytes> resp_seeds() {
  return {to_bytes("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nhello\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"),
          to_bytes("PING\r\nset k \"a \\x41\\n\" 'b \\' c'\r\n"),
          to_bytes("*1\r\n$0\r\n\r\n*0\r\n*-1\r\nECHO x\n")};
}

}  // namespace parley::fuzz
