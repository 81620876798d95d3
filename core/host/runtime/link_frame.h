// SPDX-License-Identifier: Apache-2.0
//
// What travels over a link. Pure: bytes in, frames out; any bytes may come.
//
//   stream  = hello { message }            both ends greet; the dialler sends frames
//   message = length:u32 checksum:u32 bytes
//   hello   = a message of: magic:"PRLYLINK" version:u8 deployment:u64
//             principal:varint wanted:varint incarnation:u64
//
// The checksum is the low half of the fingerprint of the bytes: it finds broken
// memory, software and wires. Against an adversary there is the evidence.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/kernel/frame.h"

namespace parley {

inline constexpr std::uint8_t link_version = 1;
inline constexpr std::size_t link_header_size = 8;
inline constexpr std::size_t hello_size_max = 64;
inline constexpr std::size_t link_read_size = std::size_t{64} << 10;

void append_link_message(Bytes& out, ByteView bytes);
void append_link_frame(Bytes& out, const Frame& frame);

/// Who speaks, in which deployment, and since which start of its process.
struct Hello {
  std::uint64_t deployment = 0;
  PrincipalId principal{};
  PrincipalId wanted{};  ///< Who the speaker believes to be at the other end.
  std::uint64_t incarnation = 0;
};

/// The number that stands for a deployment's name in hellos and datagrams.
std::uint64_t deployment_number(std::string_view name);

Bytes encode_hello(const Hello& hello);
Result<Hello> decode_hello(ByteView bytes, std::uint32_t principals_count);

/// Why a hello is not welcome; empty when it is.
std::string hello_objection(const Hello& hello, std::uint64_t deployment, PrincipalId self);

/// Cuts a byte stream into messages. Nothing is allocated for a length before it
/// is known to be permitted, and then only as the bytes arrive; what a long message
/// needed is given back behind it. Precondition of room: next has been asked until
/// it said Incomplete.
class LinkParser {
 public:
  enum class Next { Message, Incomplete, TooLong, Corrupt };

  explicit LinkParser(std::size_t message_size_max) : message_size_max_(message_size_max) {}

  /// Where to read to next; never empty. Invalidates messages.
  std::span<std::uint8_t> room();
  /// `size` bytes of room are filled.
  void received(std::size_t size) { end_ += size; }
  /// The next whole message, valid until room is called.
  Next next(ByteView& message);
  /// Whether a message has begun and is not complete.
  bool partial() const { return begin_ < end_; }
  /// How much memory it holds.
  std::size_t capacity() const { return buffer_.capacity(); }
  /// Effect: another maximum, once the other end is known.
  void limit(std::size_t message_size_max) { message_size_max_ = message_size_max; }

 private:
  std::size_t message_size_max_;
  Bytes buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

/// The messages of one datagram; a broken one ends them.
class LinkMessages {
 public:
  explicit LinkMessages(ByteView datagram) : rest_(datagram) {}
  std::optional<ByteView> next();
  /// Whether all bytes were whole messages.
  bool finished() const { return rest_.empty(); }

 private:
  ByteView rest_;
};

}  // namespace parley
