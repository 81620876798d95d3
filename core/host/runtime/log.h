// SPDX-License-Identifier: Apache-2.0
//
// What the host tells the operator, on stderr, a line each. Protocol code never
// logs: it has notes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace parley {

/// `level`: trace, debug, info, warn, error or off. False: no such level.
bool set_log_level(std::string_view level);

/// Whether to log the `count`th of a thing that may come in floods: the first, then
/// each time the count has doubled.
inline bool worth_saying(std::uint64_t count) {
  return (count & (count - 1)) == 0;
}

/// `who`: the node's name, or the process's part that speaks. Any thread.
void log_debug(std::string_view who, const std::string& message);
void log_info(std::string_view who, const std::string& message);
void log_warning(std::string_view who, const std::string& message);
void log_error(std::string_view who, const std::string& message);

}  // namespace parley
