// SPDX-License-Identifier: Apache-2.0
//
// Little-endian, length-prefixed encoding. Writer appends; Reader never reads
// past the end: the first short or malformed field makes it fail for good, so
// a decoder checks once, at the end. One value has one encoding: non-minimal
// varints are refused.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "core/base/bytes.h"
#include "core/base/principal_set.h"

namespace parley {

class Writer {
 public:
  explicit Writer(Bytes& out) : out_(out) {}

  void u8(std::uint8_t value) { out_.push_back(value); }
  void u16(std::uint16_t value) { fixed(value); }
  void u32(std::uint32_t value) { fixed(value); }
  void u64(std::uint64_t value) { fixed(value); }

  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) out_.push_back(static_cast<std::uint8_t>(value | 0x80));
    out_.push_back(static_cast<std::uint8_t>(value));
  }

  void raw(ByteView bytes) { out_.insert(out_.end(), bytes.begin(), bytes.end()); }
  /// A varint length, then the bytes.
  void bytes(ByteView bytes) {
    varint(bytes.size());
    raw(bytes);
  }
  void text(std::string_view text) { bytes(view_of(text)); }

  /// A varint count, then ascending gaps: small sets are small.
  void principals(const PrincipalSet& set) {
    varint(set.size());
    std::uint32_t next = 0;
    set.for_each([&](PrincipalId member) {
      varint(member.value - next);
      next = member.value + 1;
    });
  }

  std::size_t size() const { return out_.size(); }

 private:
  template <class Number>
  void fixed(Number value) {
    for (std::size_t i = 0; i < sizeof(Number); ++i) {
      out_.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
    }
  }

  Bytes& out_;
};

class Reader {
 public:
  explicit Reader(ByteView in) : in_(in) {}

  std::uint8_t u8() { return fixed<std::uint8_t>(); }
  std::uint16_t u16() { return fixed<std::uint16_t>(); }
  std::uint32_t u32() { return fixed<std::uint32_t>(); }
  std::uint64_t u64() { return fixed<std::uint64_t>(); }
  std::uint64_t varint();

  /// The next `size` bytes; borrowed from the input. Empty after a failure.
  ByteView raw(std::uint64_t size) {
    if (failed_ || size > in_.size()) return fail();
    const ByteView taken = in_.first(static_cast<std::size_t>(size));
    in_ = in_.subspan(taken.size());
    return taken;
  }
  ByteView bytes() { return raw(varint()); }
  std::string_view text() { return text_of(bytes()); }

  /// Members at or above `bound` fail the reader, so a hostile set stays small.
  PrincipalSet principals(std::uint32_t bound);

  ByteView rest() { return raw(in_.size()); }
  std::size_t remaining() const { return in_.size(); }
  bool ok() const { return !failed_; }
  /// Whether all was well and nothing is left over.
  bool finished() const { return !failed_ && in_.empty(); }
  /// Marks the input as malformed; used by decoders that find a bad value.
  ByteView fail() {
    failed_ = true;
    in_ = {};
    return {};
  }

 private:
  template <class Number>
  Number fixed() {
    const ByteView taken = raw(sizeof(Number));
    if (taken.size() != sizeof(Number)) return 0;
    Number value = 0;
    for (std::size_t i = 0; i < sizeof(Number); ++i) {
      value = static_cast<Number>(value | static_cast<Number>(Number{taken[i]} << (8 * i)));
    }
    return value;
  }

  ByteView in_;
  bool failed_ = false;
};

}  // namespace parley
