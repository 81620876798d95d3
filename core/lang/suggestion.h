// SPDX-License-Identifier: Apache-2.0
//
// "Did you mean": the nearest of the names that would have been right.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace parley {

/// Insertions, deletions, replacements and exchanges of neighbours that turn one
/// word into the other (Damerau-Levenshtein, optimal string alignment).
std::size_t edit_distance(std::string_view left, std::string_view right);

/// "did you mean 'x'?" when a candidate is within a third of the word's length,
/// otherwise empty.
std::string did_you_mean(std::string_view word, std::span<const std::string> candidates);

/// 'a', 'b' or 'c'; at most sixteen, then how many more.
std::string listed(std::span<const std::string> names);

}  // namespace parley
