// SPDX-License-Identifier: Apache-2.0
//
// One node's keys, read into memory before it starts.
#pragma once

#include <filesystem>
#include <memory>

#include "core/base/result.h"
#include "core/kernel/node.h"
#include "core/kernel/tables.h"

namespace parley {

/// The rings of every mechanism of `tables`, from data_dir/keys/<node>. When keys
/// are missing, the error says which command makes them.
Result<std::unique_ptr<Keys>> load_keys(const Tables& tables, PrincipalId self,
                                        const std::filesystem::path& data_dir);

}  // namespace parley
