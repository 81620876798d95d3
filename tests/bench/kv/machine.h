// SPDX-License-Identifier: Apache-2.0
//
// Where figures come from: processor, kernel, file system, build, and what one
// append with its sync costs there.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>

namespace parley::bench {

nlohmann::json machine_facts(const std::filesystem::path& directory);

}  // namespace parley::bench
