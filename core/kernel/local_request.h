// SPDX-License-Identifier: Apache-2.0
//
// The request id that a Local effect gets on its way to another instance: it
// says who asks, so that the Reply finds back without a table of open calls.
#pragma once

#include <cstdint>
#include <optional>

#include "core/base/assert.h"
#include "core/base/ids.h"

namespace parley {

/// Bit 63, the asking instance (16 bits), its own request (47 bits).
inline constexpr std::uint64_t local_request_bit = std::uint64_t{1} << 63;
inline constexpr unsigned local_request_bits = 47;

struct LocalRequest {
  InstanceId asker;
  RequestId request;  ///< As the asker knows it.
};

/// Precondition: request < 2^47.
constexpr RequestId local_request(InstanceId asker, RequestId request) {
  PARLEY_ASSERT(request.value >> local_request_bits == 0);
  return RequestId{local_request_bit | std::uint64_t{asker.value} << local_request_bits |
                   request.value};
}

/// Who asked; nullopt: the request came from outside the node.
constexpr std::optional<LocalRequest> local_request_of(RequestId request) {
  if ((request.value & local_request_bit) == 0) return std::nullopt;
  const std::uint64_t mask = (std::uint64_t{1} << local_request_bits) - 1;
  return LocalRequest{InstanceId{static_cast<std::uint16_t>(request.value >> local_request_bits)},
                      RequestId{request.value & mask}};
}

}  // namespace parley
