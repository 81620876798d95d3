// SPDX-License-Identifier: Apache-2.0
//
// Quantities as people write them: "20ms", "4KiB", "200ppm". Whole numbers with
// a unit; nothing is guessed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/duration.h"

namespace parley {

/// Units: ns us ms s m h. nullopt: malformed or too large.
std::optional<Duration> parse_duration(std::string_view text);
/// Units: B KiB MiB GiB.
std::optional<std::int64_t> parse_size(std::string_view text);
/// Unit: ppm.
std::optional<std::int64_t> parse_drift(std::string_view text);

/// The shortest form that parses back to the same value.
std::string duration_text(Duration duration);
std::string size_text(std::int64_t bytes);

}  // namespace parley
