// SPDX-License-Identifier: Apache-2.0
#include "core/host/crypto/system_entropy.h"

#include <botan/system_rng.h>

namespace parley {

Result<Bytes> system_entropy(std::size_t size) {
  try {
    Bytes bytes(size);
    Botan::system_rng().randomize(bytes.data(), bytes.size());
    return bytes;
  } catch (const std::exception& failure) {
    return Error{ErrorCode::Io,
                 std::string{"expected random bytes from the operating system: "} + failure.what()};
  }
}

}  // namespace parley
