// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/mutation.h"

#include <array>

namespace parley::fuzz {
namespace {

constexpr std::size_t size_max = 1 << 16;
constexpr std::array<std::uint8_t, 9> border_bytes = {0x00, 0x01, 0x7F, 0x80, 0x81,
                                                      0xC0, 0xFE, 0xFF, 0x10};

std::size_t place_in(const Bytes& bytes, Prng& prng) {
  return static_cast<std::size_t>(prng.below(bytes.size()));
}

/// A piece of `bytes`, usually short.
ByteView piece_of(ByteView bytes, Prng& prng) {
  if (bytes.empty()) return {};
  const auto start = static_cast<std::size_t>(prng.below(bytes.size()));
  const std::uint64_t longest = prng.below(4) == 0 ? bytes.size() - start : 16;
  const auto size = static_cast<std::size_t>(1 + prng.below(longest));
  return bytes.subspan(start, std::min(size, bytes.size() - start));
}

void insert(Bytes& bytes, ByteView piece, Prng& prng) {
  const Bytes copy = to_bytes(piece);  // The piece may lie in `bytes` itself.
  const auto at = static_cast<std::ptrdiff_t>(prng.below(bytes.size() + 1));
  bytes.insert(bytes.begin() + at, copy.begin(), copy.end());
}

void cut(Bytes& bytes, Prng& prng) {
  const ByteView piece = piece_of(bytes, prng);
  const auto start = bytes.begin() + (piece.data() - bytes.data());
  bytes.erase(start, start + static_cast<std::ptrdiff_t>(piece.size()));
}

void overwrite_number(Bytes& bytes, Prng& prng) {
  const std::size_t at = place_in(bytes, prng);
  const std::size_t width = std::min(std::size_t{1} << prng.below(4), bytes.size() - at);
  const std::uint8_t fill = border_bytes[prng.below(border_bytes.size())];
  std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), width, fill);
}

}  // namespace

void mutate(Bytes& bytes, ByteView other, Prng& prng) {
  if (bytes.empty()) {
    bytes.push_back(static_cast<std::uint8_t>(prng.next()));
    return;
  }
  switch (prng.below(8)) {
    case 0:
      bytes[place_in(bytes, prng)] ^= static_cast<std::uint8_t>(1u << prng.below(8));
      break;
    case 1:
      bytes[place_in(bytes, prng)] = static_cast<std::uint8_t>(prng.next());
      break;
    case 2: {
      const auto change = static_cast<std::uint8_t>(prng.between(-4, 4));
      std::uint8_t& byte = bytes[place_in(bytes, prng)];
      byte = static_cast<std::uint8_t>(byte + change);
      break;
    }
    case 3:
      overwrite_number(bytes, prng);
      break;
    case 4:
      cut(bytes, prng);
      break;
    case 5:
      insert(bytes, piece_of(bytes, prng), prng);
      break;
    case 6:
      insert(bytes, piece_of(other, prng), prng);
      break;
    default:
      bytes.resize(place_in(bytes, prng) + 1);
      break;
  }
  if (bytes.size() > size_max) bytes.resize(size_max);
}

std::optional<Broken> run_mutated(const Fuzzer& fuzzer, std::uint64_t seed) {
  const std::vector<Bytes> seeds = fuzzer.seeds();
  PARLEY_ASSERT(!seeds.empty());
  Prng prng(seed);
  for (std::uint64_t iteration = 1; iteration <= fuzzer.mutants; ++iteration) {
    Bytes bytes = seeds[prng.below(seeds.size())];
    const Bytes& other = seeds[prng.below(seeds.size())];
    for (std::uint64_t left = 1 + prng.below(4); left > 0; --left) mutate(bytes, other, prng);
    const int property = fuzzer.run(bytes);
    if (property > 0) return Broken{property, iteration, std::move(bytes)};
  }
  return std::nullopt;
}

}  // namespace parley::fuzz
