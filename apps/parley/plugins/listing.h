// SPDX-License-Identifier: Apache-2.0
//
// What `parley plugins list` and `inspect` print: static facts, for people or as
// JSON. No code of a plugin runs.
#pragma once

#include <filesystem>
#include <vector>

namespace parley {

/// Returns the exit code. Without directories: the default ones.
int list_plugins(const std::vector<std::filesystem::path>& directories, bool json);

int inspect_plugin(const std::filesystem::path& file, bool json);

}  // namespace parley
