// SPDX-License-Identifier: Apache-2.0
#include "core/host/runtime/link_frame.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "core/base/codec.h"
#include "core/base/digest.h"

namespace parley {
namespace {

constexpr std::string_view hello_magic = "PRLYLINK";

std::uint32_t checksum(ByteView bytes) {
  return static_cast<std::uint32_t>(fingerprint(bytes));
}

void store_u32(std::uint8_t* out, std::uint32_t value) {
  for (int i = 0; i < 4; ++i) out[i] = static_cast<std::uint8_t>(value >> (8 * i));
}

std::uint32_t load_u32(const std::uint8_t* in) {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value |= static_cast<std::uint32_t>(in[i]) << (8 * i);
  return value;
}

/// Fills in the header of the message whose bytes lie behind `start`.
void seal_header(Bytes& out, std::size_t start) {
  const ByteView bytes = ByteView{out}.subspan(start + link_header_size);
  store_u32(out.data() + start, static_cast<std::uint32_t>(bytes.size()));
  store_u32(out.data() + start + 4, checksum(bytes));
}

}  // namespace

void append_link_message(Bytes& out, ByteView bytes) {
  const std::size_t start = out.size();
  out.resize(start + link_header_size);
  out.insert(out.end(), bytes.begin(), bytes.end());
  seal_header(out, start);
}

void append_link_frame(Bytes& out, const Frame& frame) {
  const std::size_t start = out.size();
  out.resize(start + link_header_size);
  append_frame(out, frame);
  seal_header(out, start);
}

std::uint64_t deployment_number(std::string_view name) {
  return fingerprint(view_of(name));
}

Bytes encode_hello(const Hello& hello) {
  Bytes out;
  Writer writer{out};
  writer.raw(view_of(hello_magic));
  writer.u8(link_version);
  writer.u64(hello.deployment);
  writer.varint(hello.principal.value);
  writer.varint(hello.wanted.value);
  writer.u64(hello.incarnation);
  return out;
}

Result<Hello> decode_hello(ByteView bytes, std::uint32_t principals_count) {
  Reader reader{bytes};
  if (text_of(reader.raw(hello_magic.size())) != hello_magic) {
    return Error{ErrorCode::BadSource, "hello: expected a Parley link, found other bytes"};
  }
  const std::uint8_t version = reader.u8();
  if (reader.ok() && version != link_version) {
    return Error{ErrorCode::BadSource, "hello: expected link version " +
                                           std::to_string(link_version) + ", found " +
                                           std::to_string(version)};
  }
  Hello hello;
  hello.deployment = reader.u64();
  const std::uint64_t principal = reader.varint();
  const std::uint64_t wanted = reader.varint();
  hello.incarnation = reader.u64();
  if (!reader.finished() || principal >= principals_count || wanted >= principals_count) {
    return Error{ErrorCode::BadSource, "hello: malformed, or of a principal not in the deployment"};
  }
  hello.principal = PrincipalId{static_cast<std::uint32_t>(principal)};
  hello.wanted = PrincipalId{static_cast<std::uint32_t>(wanted)};
  return hello;
}

std::string hello_objection(const Hello& hello, std::uint64_t deployment, PrincipalId self) {
  if (hello.deployment != deployment) return "it belongs to another deployment";
  if (hello.principal == self) return "it claims to be this node";
  if (hello.wanted != self) return "it looks for another node at this address";
  return {};
}

std::span<std::uint8_t> LinkParser::room() {
  if (begin_ == end_) begin_ = end_ = 0;
  const std::size_t held = end_ - begin_;
  if (held < link_read_size / 2 && buffer_.size() > link_read_size) {
    // A long message has gone through: its memory is not kept for the next one.
    const auto first = buffer_.begin() + static_cast<std::ptrdiff_t>(begin_);
    Bytes smaller(link_read_size);
    std::copy(first, first + static_cast<std::ptrdiff_t>(held), smaller.begin());
    buffer_.swap(smaller);
    begin_ = 0;
    end_ = held;
  } else if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  // A message longer than the buffer makes it double as its bytes arrive, up to
  // the longest message there may be.
  if (buffer_.size() - end_ < link_read_size / 2) {
    const std::size_t size_max = link_header_size + message_size_max_ + link_read_size;
    Bytes larger(std::max(link_read_size, std::min(buffer_.size() * 2, size_max)));
    std::copy_n(buffer_.begin(), end_, larger.begin());
    buffer_.swap(larger);
  }
  return std::span{buffer_}.subspan(end_);
}

LinkParser::Next LinkParser::next(ByteView& message) {
  const std::size_t available = end_ - begin_;
  if (available < link_header_size) return Next::Incomplete;
  const std::uint8_t* header = buffer_.data() + begin_;
  const std::size_t size = load_u32(header);
  if (size > message_size_max_) return Next::TooLong;
  if (available < link_header_size + size) return Next::Incomplete;
  message = ByteView{buffer_}.subspan(begin_ + link_header_size, size);
  if (checksum(message) != load_u32(header + 4)) return Next::Corrupt;
  begin_ += link_header_size + size;
  return Next::Message;
}

std::optional<ByteView> LinkMessages::next() {
  if (rest_.size() < link_header_size) return std::nullopt;
  const std::size_t size = load_u32(rest_.data());
  if (size > rest_.size() - link_header_size) return std::nullopt;
  const ByteView message = rest_.subspan(link_header_size, size);
  if (checksum(message) != load_u32(rest_.data() + 4)) return std::nullopt;
  rest_ = rest_.subspan(link_header_size + size);
  return message;
}

}  // namespace parley
