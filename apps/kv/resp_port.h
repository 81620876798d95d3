// SPDX-License-Identifier: Apache-2.0
//
// The Redis port of one node: sockets, limits, deadlines and counters around
// sessions. Serves the object that the deployment's [resp] names.
#pragma once

#include "core/host/runtime/client_port.h"

namespace parley::resp {

/// For HostOptions: null for a node without a Redis address. The error says what of
/// [resp] cannot be had.
Result<std::unique_ptr<ClientPort>> make_resp_port(const ClientPortParts& parts);

}  // namespace parley::resp
