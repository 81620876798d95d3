// SPDX-License-Identifier: Apache-2.0
#include "core/base/digest.h"

#include <bit>

namespace parley {

std::string to_hex(ByteView bytes) {
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    text.push_back(digits[byte >> 4]);
    text.push_back(digits[byte & 15]);
  }
  return text;
}

void Fingerprint::add(ByteView bytes) {
  static_assert(std::endian::native == std::endian::little, "words are read as they lie in memory");
  add(bytes.size());
  while (bytes.size() >= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), 8);
    add(word);
    bytes = bytes.subspan(8);
  }
  std::uint64_t tail = 0;
  if (!bytes.empty()) std::memcpy(&tail, bytes.data(), bytes.size());
  add(tail);
}

}  // namespace parley
