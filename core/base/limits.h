// SPDX-License-Identifier: Apache-2.0
//
// Bounds on everything that a peer, a file or a user can make large. Deployments
// may lower some of them under [limits]; none is ever exceeded.
#pragma once

#include <cstddef>
#include <cstdint>

namespace parley::limits {

inline constexpr std::size_t frame_size_max = std::size_t{16} << 20;
inline constexpr std::size_t evidence_size_max = std::size_t{64} << 10;
inline constexpr std::size_t link_queue_bytes_max = std::size_t{64} << 20;
inline constexpr std::size_t toml_size_max = std::size_t{4} << 20;
inline constexpr std::size_t principals_count_max = 65'536;
inline constexpr std::size_t instances_count_max = 4'096;
inline constexpr std::size_t publications_count_max = 65'536;
inline constexpr std::uint32_t local_steps_max = 1'024;  ///< Machine steps of one input.
inline constexpr std::uint32_t draws_max = 1'024;        ///< Draws one step may chain.

}  // namespace parley::limits
