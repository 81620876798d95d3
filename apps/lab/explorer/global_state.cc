// SPDX-License-Identifier: Apache-2.0
#include "apps/lab/explorer/global_state.h"

namespace parley {
namespace {

constexpr std::size_t number_size_max = 5;

std::uint8_t* put(std::uint8_t* at, std::uint32_t value) {
  for (; value >= 0x80; value >>= 7) *at++ = static_cast<std::uint8_t>(value | 0x80);
  *at++ = static_cast<std::uint8_t>(value);
  return at;
}

const std::uint8_t* take(const std::uint8_t* at, std::uint32_t& value) {
  value = 0;
  for (unsigned shift = 0;; shift += 7) {
    value |= static_cast<std::uint32_t>(*at & 0x7F) << shift;
    if ((*at++ & 0x80) == 0) return at;
  }
}

}  // namespace

void append_state(Bytes& out, const GlobalState& state) {
  const std::size_t begin = out.size();
  out.resize(begin + (state.locals.size() + state.messages.size() + 2) * number_size_max);
  std::uint8_t* at = out.data() + begin;
  at = put(at, state.history);
  at = put(at, state.crashes_left);
  for (const LocalId local : state.locals) at = put(at, local);
  MessageId before = 0;
  for (const MessageId message : state.messages) {
    at = put(at, message - before);  // Sorted, so gaps are small.
    before = message;
  }
  out.resize(static_cast<std::size_t>(at - out.data()));
}

void read_state(ByteView bytes, std::size_t principals_count, GlobalState& state) {
  const std::uint8_t* at = bytes.data();
  const std::uint8_t* const end = at + bytes.size();
  at = take(at, state.history);
  at = take(at, state.crashes_left);
  state.locals.resize(principals_count);
  for (LocalId& local : state.locals) at = take(at, local);
  state.messages.clear();
  for (MessageId message = 0; at != end;) {
    std::uint32_t gap = 0;
    at = take(at, gap);
    message += gap;
    state.messages.push_back(message);
  }
}

}  // namespace parley
