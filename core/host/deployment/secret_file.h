// SPDX-License-Identifier: Apache-2.0
//
// Whether a file may hold a secret: a regular file of ours that nobody else can
// touch. Only its metadata is looked at.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace parley {

struct SecretFileFault {
  std::string message;
  std::string help;
};

std::optional<SecretFileFault> check_secret_file(const std::filesystem::path& file);

}  // namespace parley
