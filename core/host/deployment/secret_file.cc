// SPDX-License-Identifier: Apache-2.0
#include "core/host/deployment/secret_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace parley {

std::optional<SecretFileFault> check_secret_file(const std::filesystem::path& file) {
  struct stat facts {};
  if (stat(file.c_str(), &facts) != 0) {
    return SecretFileFault{"cannot read " + file.string() + ": " + std::strerror(errno), {}};
  }
  if (!S_ISREG(facts.st_mode)) {
    return SecretFileFault{"expected a regular file at " + file.string(),
                           "name a file that holds the secret and nothing else"};
  }
  if (facts.st_uid != geteuid() && facts.st_uid != 0) {
    return SecretFileFault{file.string() + " belongs to somebody else",
                           "chown " + std::to_string(geteuid()) + ' ' + file.string()};
  }
  if ((facts.st_mode & 077) != 0) {
    return SecretFileFault{file.string() + " holds a secret and others can read or write it",
                           "chmod 600 " + file.string()};
  }
  return std::nullopt;
}

}  // namespace parley
