// SPDX-License-Identifier: Apache-2.0
//
// The thin layer between the note reader and the disk: opens a file once, looks
// at what was opened, reads it whole.
#pragma once

#include <filesystem>
#include <variant>

#include "core/base/bytes.h"
#include "core/host/plugins/refusal.h"

namespace parley {

inline constexpr std::uint64_t plugin_file_size_max = std::uint64_t{256} << 20;

/// The bytes of a plugin file: a regular one, not writable by others, not empty,
/// of at most plugin_file_size_max bytes. Never waits (a FIFO is refused).
std::variant<Bytes, RefusalGrounds> read_plugin_file(const std::filesystem::path& file);

}  // namespace parley
