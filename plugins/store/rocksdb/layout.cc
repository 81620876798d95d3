// SPDX-License-Identifier: Apache-2.0
#include "plugins/store/rocksdb/layout.h"

#include "core/base/codec.h"
#include "core/base/digest.h"

namespace parley::rocksdb {
namespace {

constexpr std::size_t checksum_size = 8;

std::uint64_t checksum(std::string_view key, ByteView content) {
  Fingerprint sum;
  sum.add(view_of(key));
  sum.add(content);
  return sum.value();
}

void put_big_endian(std::string& out, std::uint64_t number, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>(number >> shift));
  }
}

}  // namespace

std::string key_of(InstanceId instance, Part part, std::uint64_t number) {
  std::string key;
  put_big_endian(key, instance.value, 2);
  put_big_endian(key, static_cast<std::uint8_t>(part), 1);
  put_big_endian(key, number, 8);
  return key;
}

std::uint64_t number_of(std::string_view key) {
  std::uint64_t number = 0;
  for (const char byte : key.substr(3)) number = (number << 8) | static_cast<std::uint8_t>(byte);
  return number;
}

std::string seal_value(std::string_view key, ByteView content) {
  Bytes value;
  value.reserve(checksum_size + content.size());
  Writer writer{value};
  writer.u64(checksum(key, content));
  writer.raw(content);
  return std::string{text_of(value)};
}

std::optional<ByteView> open_value(std::string_view key, ByteView value) {
  Reader reader{value};
  const std::uint64_t expected = reader.u64();
  const ByteView content = reader.rest();
  if (!reader.ok() || checksum(key, content) != expected) return std::nullopt;
  return content;
}

Bytes encode_head(const Head& head) {
  Bytes out;
  Writer writer{out};
  writer.varint(head.trimmed);
  writer.varint(head.snapshot_index);
  writer.varint(head.chunks_count);
  return out;
}

std::optional<Head> decode_head(ByteView content) {
  Reader reader{content};
  Head head;
  head.trimmed = reader.varint();
  head.snapshot_index = reader.varint();
  head.chunks_count = reader.varint();
  if (!reader.finished()) return std::nullopt;
  return head;
}

}  // namespace parley::rocksdb
