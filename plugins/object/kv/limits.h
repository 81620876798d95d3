// SPDX-License-Identifier: Apache-2.0
//
// Bounds on what a client can make large. Each has an error that names it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace parley::kv {

inline constexpr std::size_t key_size_max = std::size_t{64} << 10;
inline constexpr std::size_t value_size_max = std::size_t{512} << 10;
/// A whole method, encoded. Below the largest frame, so that it can be replicated.
inline constexpr std::size_t method_size_max = std::size_t{8} << 20;
/// What one method answers, near enough; a command that would say more fails
/// before it changes anything.
inline constexpr std::size_t reply_size_max = std::size_t{8} << 20;
/// Each may answer with an error, which no other bound counts.
inline constexpr std::size_t transaction_commands_max = 16'384;
/// Stamps beyond are a broken host's: they would expire every key at once.
inline constexpr std::int64_t stamp_ms_max = std::int64_t{1} << 48;
/// Expired keys that one writing command really removes. A command adds at most
/// one key that expires, so that more than one keeps memory bounded.
inline constexpr std::size_t expired_per_write_max = 16;

}  // namespace parley::kv
